# SPDX-License-Identifier: GPL-2.0-or-later
#
# tests/guest/step.S, one instruction after the other. An interrupt is pending
# all the time. A step must not take the interrupt, and its results must not
# show it.

import os
import sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tl import *

PSTATE_I = 0x80


def at(label):
	return value("(unsigned long)&" + label)


def step(what, to=None):
	"""stepi; the PC must move by one instruction, or to a label."""
	pc = value("$pc")
	expect = pc + 4 if to is None else to
	run("stepi")
	check("step over " + what, value("$pc") == expect,
	      "0x%x, not 0x%x" % (value("$pc"), expect))
	check("no interrupt came", value("$x19") == 0)


def raw_step(what, to, action="s"):
	"""Send one vCont packet to the stub."""
	run("maintenance packet vCont;%s:1" % action)
	run("maintenance flush register-cache")
	check("step over " + what, value("$pc") == to,
	      "0x%x, not 0x%x" % (value("$pc"), to))
	check("no interrupt came", value("$x19") == 0)


def masked(what, expect):
	check("%s: PSTATE.I is %d" % (what, expect),
	      bool(value("$cpsr") & PSTATE_I) == bool(expect),
	      hex(value("$cpsr")))


def register(name, expect):
	check("%s is 0x%x" % (name, expect), value("$" + name) == expect,
	      hex(value("$" + name)))


connect()
run("hbreak begin")
out = go(20)
check("begin is reached", value("$pc") == at("begin"), out)
run("delete")
step("nop")
masked("before", 1)
step("msr daifclr")
masked("msr daifclr", 0)
step("mrs daif")
register("x0", 0x340)
step("msr daifset")
masked("msr daifset", 1)
step("mrs daif")
register("x1", 0x3c0)
step("msr daif")
masked("msr daif", 0)
step("mrs daif")
register("x2", 0x340)
step("ldr")
register("x3", 41)
step("str to the UART")
step("ldr from the UART")
masked("a device access", 0)
step("wfi")
step("mov")
step("movk")
step("hvc")
check("PSCI answers", value("$x0") & 0xffff0000 == 0x10000, hex(value("$x0")))
masked("hvc", 0)

# Exceptions that the step takes: the handler sees PSTATE as it was.
step("svc", at("table") + 0x200)
masked("svc", 1)
step("b", at("sync"))
step("mrs spsr")
check("SPSR_EL1.I is clear", not value("$x10") & PSTATE_I, hex(value("$x10")))
check("SPSR_EL1.SS is clear", not value("$x10") & 1 << 21, hex(value("$x10")))
for insn in ("mrs", "mrs", "ubfx", "cmp"):
	step(insn)
step("b.eq", value("$pc") + 12)
step("eret", at("back"))
masked("eret", 0)
step("a foreign brk", at("table") + 0x200)
step("b", at("sync"))
step("mrs spsr")
check("SPSR_EL1.I is clear", not value("$x10") & PSTATE_I, hex(value("$x10")))
step("mrs elr")
register("x11", at("back"))
step("mrs esr")
register("x12", 0xf2000007)
for insn in ("ubfx", "cmp", "b.eq", "add", "msr elr"):
	step(insn)
step("eret", at("back2"))

# An exclusive sequence is one step. gdb would run through the sequence by
# itself, so send the packet to the stub directly.
step("mov")
raw_step("an exclusive sequence", at("excl_end"))
register("x6", 42)
register("x7", 0)
step("cbnz")
raw_step("a sequence that branches out", at("excl2_out"))
register("x5", 1)
masked("an exclusive sequence", 0)
step("mov")
step("isb")
if value("$x20"):
	step("cbz")
	# The register shows the pending interrupt, though it cannot be taken.
	step("mrs ICC_HPPIR1_EL1")
	register("x6", 27)
	step("mrs ISR_EL1")
	register("x7", 0x80)
	step("mrs ICC_IAR1_EL1")
	register("x6", 27)
	step("mrs ISR_EL1")
	register("x7", 0)
	step("msr ICC_EOIR1_EL1")
	step("mrs ISR_EL1")
	register("x7", 0x80)
	step("msr daifclr")
else:
	step("cbz", at("end"))
check("the end is reached", value("$pc") == at("end"))

# A load from an address without memory stops, and changes neither PC nor register.
for insn in ("nop", "movz", "movk"):
	step(insn)
run("set $x9 = 1234")
out = run("stepi")
check("an unknown device stops", value("$pc") == at("bad"), out)
register("x9", 1234)
# The next step does the access again: now it gets the external abort.
state = value("$cpsr")
out = run("stepi")
check("the access is aborted", value("$pc") == at("table") + 0x200, out)
check("the abort is an external one",
      value("$ESR_EL1.v") & 0xfc00003f == 0x94000010, hex(value("$ESR_EL1.v")))
check("the abort names the address", value("$FAR_EL1") == value("$x8"),
      "%x %x" % (value("$FAR_EL1"), value("$x8")))
check("the abort names the instruction", value("$ELR_EL1") == at("bad"),
      hex(value("$ELR_EL1")))
register("x9", 1234)
run("set $pc = %d" % (at("bad") + 4))
run("set $cpsr = %d" % state)
step("nop behind it")
step("mov")
count = value("*(unsigned long *)$x22")
raw_step("a range that contains exclusives", at("xloop_end"),
	 "r%x,%x" % (at("xloop"), at("xloop_end")))
check("all stores have been done", value("*(unsigned long *)$x22") == count + 3)
step("nop")
check("no interrupt was taken", value("$x19") == 0)

# A range step that waits for the effect of an interrupt. The interrupt is taken
# once, and gdb does not stop in its handler.
out = go(60, "next")
check("a range step that waits ends", value("$pc") == at("waited"), out)
register("x19", 1)
out = go(20)
check("the guest powers off", gdb.selected_inferior().pid == 0, out)
done()
