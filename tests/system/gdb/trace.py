# SPDX-License-Identifier: GPL-2.0-or-later
#
# Caught system-register writes and the flight recorder of /dev/trapline, with
# tests/guest/mmu.S, which turns its MMU on and off.

import os
import sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tl import *

connect()
has("nothing is recorded by default", run("monitor flight"),
    "nothing is recorded")
run("monitor flight on 64")
has("no such register", run("monitor catch-sysreg TTBR7"),
    "usage: monitor catch-sysreg")
has("registers to catch", run("monitor catch-sysreg sctlr,TTBR0_EL1"),
    "catch-sysreg SCTLR_EL1 TTBR0_EL1")
go()
table = value("$x3")
check("stopped before TTBR0_EL1 is written",
      value("$pc") < value("(long)&mmu_on"), hex(value("$pc")))
has("monitor status names the register and the values", run("monitor status"),
    r"TTBR0_EL1 is about to change from 0x0 to 0x%x" % table)
pc = value("$pc")
run("stepi")
check("a step does the write", value("$pc") == pc + 4, hex(value("$pc")))
has("the register has the new value",
    run("monitor regs"), r"TTBR0_EL1 +0x0*%x\b" % table)
go()
check("the MMU is about to be turned on",
      value("$pc") == value("(long)&mmu_on"), hex(value("$pc")))
go()
check("the MMU is about to be turned off",
      value("$pc") == value("(long)&mmu_off"), hex(value("$pc")))
out = run("monitor flight 0 40")
has("the flight recorder has the write", out, r"MSR SCTLR_EL1 = 0x[0-9a-f]+$")
has("the flight recorder has set/way operations", out, r"MSR S1_0_C7_C14_2")
has("the records' times increase", out, r"^ +\d+\.\d+ 0x")
has("the recorder is off", run("monitor flight off") + run("monitor flight"),
    "nothing is recorded")
run("monitor catch-sysreg none")
go()
done()
