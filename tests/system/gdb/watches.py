# SPDX-License-Identifier: GPL-2.0-or-later
#
# Watchpoints by stage 2 on a running kernel: reads, a page table (refused), and
# a user's stack.

import os
import sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tl import *


connect()
# A hundred bytes that every tick reads.
addr = value("(unsigned long)&jiffies") & ~7
out = run("rwatch *(char(*)[100])0x%x" % addr)
has("a read watchpoint of 100 bytes", out, r"Hardware read watchpoint \d+")
out = go(20)
has("is hit", out, r"Hardware read watchpoint \d+")
run("delete")
out = run("awatch *(char(*)[100])0x%x" % addr)
has("an access watchpoint of 100 bytes", out,
    r"Hardware access \(read/write\) watchpoint \d+")
out = go(20)
has("is hit", out, r"Hardware access \(read/write\) watchpoint \d+")
run("delete")

# A page table in use.
table = "monitor watch %d 8" % value("(unsigned long)&swapper_pg_dir")
if "memory slots" in run("monitor watchpoints"):
	refused("a page table", table, "page table in use.*set_pte")
else:
	has("a page table can be watched", run(table), "8 bytes .* are watched")
	run("monitor unwatch all")

# The stack of a process, which belongs to its address space.
found = thread_in_user_space()
if check("a CPU is at EL0", found, run("info threads")):
	run("thread %d" % found)
	sp = value("$sp") & ~7
	out = run("watch *(char(*)[256])0x%x" % (sp - 128))
	has("a user's stack is watched", out, r"Hardware watchpoint \d+")
	out = go(20)
	has("a write to it is seen", out, r"Hardware watchpoint \d+")
	has("by stage 2", run("monitor watchpoints"), r"[1-9]\d* pages protected")
	has("by the process", run("monitor lastwatch"), r", \S+ pid \d+$")
	run("delete")
run("kill")
done()
