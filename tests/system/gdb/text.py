# SPDX-License-Identifier: GPL-2.0-or-later
#
# tests/guest/text.S rewrites an instruction that has a breakpoint on it. The
# breakpoint stays, and the guest then runs the instruction that it has written.
# If it has written a BRK, the guest takes this BRK. With TL_HIDES the guest
# reads back what it has written.

import os
import sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tl import *

HOW = ("", "a store", "a pair", "a SIMD register", "bytes", "an exclusive",
       "its own BRK", "a store")
PATCHED = "*(unsigned *)&patched"


def label(name):
	return value("(unsigned long)&" + name)


def word(n):
	return 0xd42000e0 if n == 6 else 0xd2800005 | n << 5


connect()
run("hbreak begin")
go(20)
run("delete")
run("break *&patched")
for n in range(1, 6):
	out = go(20)
	check("the breakpoint has survived " + HOW[n],
	      value("$pc") == label("patched") and value("$x21") == n, out)
	check("memory reads what was written", value(PATCHED) == word(n),
	      hex(value(PATCHED)))
	run("stepi")
	check("the written instruction runs",
	      value("$x5") == n, hex(value("$x5")))
# The guest's own BRK is under gdb's: gdb's hits first, then the guest's.
out = go(20)
check("the breakpoint has survived the guest's own BRK",
      value("$pc") == label("patched") and value("$x21") == 6, out)
check("a read shows the guest's own BRK",
      value(PATCHED) == word(6), hex(value(PATCHED)))
run("stepi")
check("the guest takes its own BRK", value("$pc") == label("table") + 0x200,
      hex(value("$pc")))
run("break *&called")
out = go(20)
check("the guest's handler has run", value("$pc") == label("called") and
      value("$x19") == 1, out)
# Remove gdb's breakpoint and set it again while the guest's BRK is there.
run("delete")
check("without gdb's BRK the guest's own is there", value(PATCHED) == word(6))
run("set $pc = &call")
run("break *&called")
out = go(20)
check("the guest takes its own BRK without a stop", value("$x19") == 2, out)
run("set $x19 = 1")
run("delete")
# gdb would take a breakpoint set now for a part of the program, and skip it.
run("monitor pbreak 0x%x" % label("patched"))
out = go(20)
check("a new breakpoint stays when the guest removes its own BRK",
      value("$pc") == label("patched") and value("$x21") == 7, out)
check("memory reads what was written", value(PATCHED) == word(7),
      hex(value(PATCHED)))
run("stepi")
check("the guest's new word runs", value("$x5") == 7, hex(value("$x5")))
run("monitor pbreak delete 1")
run("break *&checked")
out = go(20)
check("the guest reports no error", value("$pc") == label("checked"), out)
if os.environ.get("TL_HIDES"):
	check("the guest has never seen gdb's BRK", value("$x25") == 0,
	      value("$x25"))
else:
	print("the guest has seen gdb's BRK %d times" % value("$x25"))
run("delete")
out = go(20)
check("the guest powers off", gdb.selected_inferior().pid == 0, out)
done()
