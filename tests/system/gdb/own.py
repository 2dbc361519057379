# SPDX-License-Identifier: GPL-2.0-or-later
#
# tests/guest/own.S uses its own debug registers and single step, and gdb uses
# them at the same time. gdb's break and watch points are set before the guest
# begins to use the registers, so gdb's points have to leave the debug
# registers. One watchpoint is set after the MMU is on. Another is set before,
# and uses stage 2 from the beginning.

import os
import sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tl import *


def label(name):
	return value("(unsigned long)&" + name)


connect()
run("set breakpoint always-inserted on")
run("hbreak *&g")
run("watch *(unsigned long *)&word2")
run("break *&f")
run("tbreak *&mapped")
has("debug registers are in use", run("monitor status"),
    r"debug registers: 1 of \d+ breakpoints, 0 of")
go(20)
run("delete 2")
run("watch *(unsigned long *)0x%x" % value("$x25"))
run("tbreak *&begin")
has("a watchpoint uses a debug register, too", run("monitor status"),
    r"debug registers: 1 of \d+ breakpoints, 1 of")
go(20)
check("begin is reached", value("$pc") == label("begin"), hex(value("$pc")))
for n in range(1, 4):
	out = go(20)
	check("round %d: a breakpoint" % n, value("$pc") == label("f"), out)
	out = go(20)
	check("a hardware breakpoint", value("$pc") == label("g"), out)
	out = go(20)
	has("a watchpoint", out, r"New value = %d$" % n)
	check("the guest has got its own exceptions", value("$x19") == n and
	      value("$x23") == n, (value("$x19"), value("$x23")))
has("gdb's points use no debug register any more", run("monitor status"),
    r"debug registers: 0 of \d+ breakpoints, 0 of")
run("delete")
out = go(20)
check("the guest powers off", gdb.selected_inferior().pid == 0, out)
done()
