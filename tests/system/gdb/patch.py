# SPDX-License-Identifier: GPL-2.0-or-later
#
# Breakpoints on instructions that the kernel rewrites. They are set before the
# kernel has relocated itself, on instructions that ftrace changes during the
# boot; while a tracer uses these; and on a kprobe. With TL_HIDES gdb's
# breakpoint is set before the guest's kprobe, and the guest must not see it.

import os
import sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tl import *

HIDES = os.environ.get("TL_HIDES")

run("set breakpoint pending on")
connect()
run("break do_sys_openat2")
has("the kernel is a new program", go(), "executing new program")
if function() != "do_sys_openat2":
	go()
check("the breakpoint has survived the boot", function() == "do_sys_openat2",
      functions(4))
entry = value("(long)&do_sys_openat2")
print("it is at do_sys_openat2+%d" % (value("$pc") - entry))
# Also set a breakpoint at the address of the later kprobe.
run("condition 1 $x0 == 0x12345678")
probe = "*(%s + 16)" % hex(entry)
if HIDES:
	run("break %s if $x0 == 0x12345678" % probe)
# Continue until the guest has finished with ftrace and its kprobe is set.
probed, out = go_until(lambda: "guest: kprobe has hit" in console(), 200)
check("the guest runs on", probed, out)
if HIDES:
	run("condition 2")
else:
	# gdb would take a breakpoint that is set now for a BRK of the program
	# itself, and skip the instruction.
	out = run("monitor walk 0x%x" % (entry + 16))
	run("monitor pbreak " + re.search(r"IPA (0x[0-9a-f]+)", out)[1])
out = go(20)
check("a breakpoint on a kprobe is hit", value("$pc") == entry + 16, out)
run("condition 1")
out = go(20)
check("a breakpoint at the rewritten entry is hit",
      function() == "do_sys_openat2" and value("$pc") < entry + 16, out)
run("stepi")
check("a step leaves the breakpoint",
      function() == "do_sys_openat2", functions(4))
run("monitor pbreak delete 1")
run("delete")
run("detach")
done()
