# SPDX-License-Identifier: GPL-2.0-or-later
#
# Break and watch points, stepping, and Ctrl-C, on a guest that reads
# /proc/uptime five times a second. No file is given to gdb.

import os
import sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tl import *


# The offsets of these members in struct seq_file.
COUNT = int(os.environ["TL_SEQ_COUNT"])
BUF = int(os.environ["TL_SEQ_BUF"])


def hit(what, breakpoint, where="uptime_proc_show"):
	out = run(breakpoint)
	check(what + " is set", "error" not in out, out)
	out = go(20)
	check(what + " is hit", function() == where, out)
	return out


connect()
target = value("&uptime_proc_show")

# Software breakpoints are hidden from memory reads, and hit again after a step
# off the address.
before = run("x/2i uptime_proc_show")
hit("a software breakpoint", "break *uptime_proc_show")
check("the PC is on the breakpoint", value("$pc") == target, hex(value("$pc")))
run("set breakpoint always-inserted on")
after = run("x/2i uptime_proc_show")
check("memory reads do not show the breakpoint", before.replace("=> ", "   ") ==
      after.replace("=> ", "   "), after)
run("set breakpoint always-inserted off")
check("the backtrace reaches the system call",
      "el0_svc" in " ".join(functions()) or "el0t_64" in " ".join(functions()),
      functions())
hit("the breakpoint is hit again", "echo")
run("tbreak seq_printf")
out = go(20)
check("the next function is reached", "seq_printf" in functions(3), out)
run("delete")

# Single steps stay in the function: no interrupt handler runs.
hit("a temporary breakpoint", "tbreak *uptime_proc_show")
pc = value("$pc")
path = []
for _ in range(6):
	run("stepi")
	path.append(value("$pc"))
check("six steps execute six instructions",
      all(0 < b - a <= 64 for a, b in zip([pc] + path, path)),
      [hex(p) for p in path])
run("thread 1")

# Hardware.
hit("a hardware breakpoint", "hbreak *uptime_proc_show")
hit("a hardware breakpoint again", "echo")
run("delete")
# More hardware breakpoints than there are registers.
run("set breakpoint always-inserted on")
for n in range(8):
	run("hbreak *%d" % (target + 4 * (8 - n)))
for n in range(1, 9):
	out = go(20)
	check("hardware breakpoint %d is hit" % n,
	      value("$pc") == target + 4 * n, hex(value("$pc")))
has("breakpoints without a register are BRKs",
    run("monitor status"), "as a BRK")
run("delete")
run("set breakpoint always-inserted off")

# Printing into a seq_file writes its "count" and reads its "buf".
hit("a breakpoint", "tbreak *uptime_proc_show")
seq = value("$x0")
run("watch *(unsigned long *)%d" % (seq + COUNT))
out = go(20)
has("a hardware watchpoint is hit", out, r"Hardware watchpoint \d+")
has("old and new value", out, r"Old value = \d+\s+New value = \d+")
check("the writer has hit the watchpoint",
      "seq" in " ".join(functions(4)), functions())
run("delete")
hit("a breakpoint", "tbreak *uptime_proc_show")
seq = value("$x0")
run("rwatch *(unsigned long *)%d" % (seq + BUF))
out = go(20)
has("a read watchpoint is hit", out, r"Hardware read watchpoint \d+")
check("the reader has hit the watchpoint",
      "seq" in " ".join(functions(4)), functions())
run("delete")

# Registers and memory can be written.
hit("a breakpoint", "tbreak *uptime_proc_show")
old = value("$x9")
run("set $x9 = 0x1122334455667788")
run("maintenance flush register-cache")
check("a register is set", value("$x9") == 0x1122334455667788)
run("set $x9 = 0x%x" % old)
where = value("$sp") - 64
run("set *(unsigned int *)%d = 0x7e57" % where)
check("memory is set", value("*(unsigned int *)%d" % where) == 0x7e57)
v0 = run("info registers v0 fpsr")
has("FP registers", v0, r"^v0 ")
run("set $v0.d.u[1] = 77")
run("maintenance flush register-cache")
check("an FP register is set", value("$v0.d.u[1]") == 77)
out = run("x/2x 8")
has("an address that is not mapped is an error", out, r"[Cc]annot access")

# Ctrl-C.
out = go_for(1)
has("Ctrl-C stops the guest", out, r"SIGINT")
run("bt 4")
run("detach")
done()
