# SPDX-License-Identifier: GPL-2.0-or-later
#
# Several vCPUs: each is a thread with its own registers, all of them stop, and
# a single one can be stepped.

import os
import sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tl import *

vcpus = int(os.environ["TL_VCPUS"])
connect()
go_for(1)
out = run("info threads")
check("%d threads" % vcpus, threads() == list(range(1, vcpus + 1)), out)
for thread in threads():
	has("thread %d is CPU %d" % (thread, thread - 1), out,
	    r"Thread %d .*CPU *%d\b" % (thread, thread - 1))
stacks = set()
for thread in threads():
	run("thread %d" % thread)
	stacks.add(value("$sp"))
	has("thread %d has a backtrace" % thread, run("bt 3"), r"^#0 .* in \w+")
check("each CPU has its own stack", len(stacks) == vcpus, stacks)

# With scheduler-locking on, no other vCPU runs.
run("set scheduler-locking on")
last = threads()[-1]
others = {}
for thread in threads()[:-1]:
	run("thread %d" % thread)
	others[thread] = value("$pc")
run("thread %d" % last)
pc = value("$pc")
run("stepi")
check("the last thread steps", gdb.selected_thread().num == last and
      value("$pc") != pc, hex(pc))
for thread, pc in others.items():
	run("thread %d" % thread)
	check("thread %d did not move" % thread, value("$pc") == pc)
run("set scheduler-locking off")
run("detach")
done()
