# SPDX-License-Identifier: GPL-2.0-or-later
#
# Ctrl-C while the guest spins in user space: a CPU is at EL0, with KPTI's
# trampoline in TTBR1 if KPTI is on. gdb must reach the kernel's memory anyway.

import os
import sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tl import *

connect()
found = thread_in_user_space()
if check("a CPU is at EL0", found, run("info threads")):
	run("thread %d" % found)
	check("its PC is in user space", value("$pc") < 1 << 48)
	has("x/i $pc", run("x/i $pc"), r"^=> 0x[0-9a-f]+:\t[a-z]")
	out = run("x/i panic")
	has("kernel text can be read", out, r"<panic>:\t[a-z]")
	out = run("info threads")
	has("the process has a name", out, r"^\*.*(init|sh|busybox)")
	run("break hrtimer_interrupt")
	out = go(20)
	has("a kernel breakpoint set there is hit", out,
	    r"Breakpoint \d+, .*hrtimer_interrupt")
	run("bt 6")
	run("delete")
run("detach")
done()
