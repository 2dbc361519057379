# SPDX-License-Identifier: GPL-2.0-or-later
#
# --wait: gdb attaches before the first instruction, with the MMU off. It sets a
# hardware breakpoint there. Once the kernel has relocated itself, it sets one
# on a kernel function. At the end the guest oopses. The script prints the time
# from the guest's last output to gdb's prompt.

import os
import sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tl import *

connect()
check("at EL1, MMU off", exception_level() == 1 and value("$pc") < 1 << 40,
      hex(value("$pc")))
pc = value("$pc")
has("the first instructions", run("x/2i $pc"), r"^=> 0x[0-9a-f]+:\t")
run("stepi")
check("stepi before the MMU is on", value("$pc") != pc, hex(value("$pc")))
out = run("info threads")
has("the second CPU is off", out, r"\boff\b")
last_word = Sighting("crash_null: probing")
out = go()
prompt = time.monotonic()
has("the guest runs to the crash", out, r"SIG")
last_word.join(60 * PATIENCE)
if check("the module prints before it crashes", last_word.time):
	print("oops_to_prompt %.2f s" % (prompt - last_word.time))
run("bt 4")
check("gdb sees the crash", "crash_null_probe" in functions(4) or
      symbol(value("$pc")), functions(8))
run("kill")
done()
