# SPDX-License-Identifier: GPL-2.0-or-later
#
# --wait: gdb attaches before the kernel has relocated itself. A break point by
# name waits for the relocation, then hits. A false condition causes no stop.
# All of this works again after a reset, when the kernel may have another
# address.

import os
import sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tl import *

run("set breakpoint pending on")
connect()
check("no symbols yet", not symbol(value("$pc")), hex(value("$pc")))
# Break points by physical address and by name, before the MMU is on.
entry = value("$pc")
run("monitor pbreak 0x%x" % (entry + 4))
has("a breakpoint without RAM is refused", run("monitor pbreak 0x4"),
    "there is no RAM at IPA 0x4")
run("monitor break rest_init")
run("monitor break no_such_function")
out = run("monitor pbreak")
has("the monitor lists its breakpoints", out, r"IPA 0x[0-9a-f]+ rest_init")
has("the breakpoint by name waits", out, "no_such_function, not found yet")
go()
check("a physical breakpoint is hit", value("$pc") == entry + 4,
      hex(value("$pc")))
run("stepi")
check("a step leaves the breakpoint",
      value("$pc") != entry + 4, hex(value("$pc")))
run("monitor pbreak delete 3")
run("monitor pbreak delete 1")
has("the break point is pending", run("break do_sys_openat2"), "pending")
out = go()
has("the kernel is a new program", out, r"executing new program: .*kernel-")
check("the monitor's breakpoint by name has been hit",
      function() == "rest_init", functions(4))
has("the stop names the monitor's breakpoint",
    out, r"breakpoint at IPA 0x[0-9a-f]+ rest_init")
run("monitor break delete 1")
go()
check("the break point has been hit", function() == "do_sys_openat2",
      functions(4))
text = value("(long)&_text")
check("gdb has the kernel's symbols", text >> 63 == 1, hex(text))

run("condition 1 $x2 == 0x12345678")
out = go_for(4)
has("a condition that is false does not stop", out, "SIGINT")
run("condition 1 $x2 != 0 && *(long *)$x2 != 0x12345678")
go()
check("a condition that is true stops",
      function() == "do_sys_openat2", functions(4))
run("condition 1")

run("monitor reset")
# gdb does not know of the reset. Its registers are old, and it may step off the
# break point on a CPU that is now off.
run("maintenance flush register-cache")
for thread in gdb.selected_inferior().threads():
	if thread.name == "cpu0":
		thread.switch()
out = go()
has("after a reset the kernel is a new program again",
    out, r"executing new program: .*kernel-")
check("the break point has been hit again", function() == "do_sys_openat2",
      functions(4))
print("_text was 0x%x, is 0x%x" % (text, value("(long)&_text")))
run("kill")
done()
