# SPDX-License-Identifier: GPL-2.0-or-later
#
# gdb has a vmlinux whose link-time address differs from the address of the
# guest's kernel. With TL_WRONG it is the vmlinux of another kernel.

import os
import sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tl import *

linked = value("&panic")
out = connect()
if os.environ.get("TL_WRONG"):
	has("gdb warns of a wrong vmlinux", out, r"(?i)build.id|mismatch")
else:
	check("gdb does not warn of the right vmlinux",
	      not re.search("(?i)mismatch", out),
	      out)
	loaded = value("&panic")
	check("KASLR has moved the kernel", loaded != linked, hex(loaded))
	run("bt 6")
	check("the vmlinux is relocated: the backtrace has names",
	      "really_probe" in functions(), functions())
	has("the kernel's text has its names", run("x/i panic"),
	    r"%x <panic>:\t[a-z]" % loaded)
done()
