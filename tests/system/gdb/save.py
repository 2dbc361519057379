# SPDX-License-Identifier: GPL-2.0-or-later
#
# Save the ELF file that the stub serves for a guest without KASLR. The symbols
# of this file have the kernel's link-time addresses, as in a vmlinux.

import os
import sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tl import *

connect()
name = gdb.current_progspace().filename or ""
check("gdb names the symbol file", "/trapline/kernel-" in name, name)
path = name.replace("target:", "")
run("remote get %s %s/vmlinux" % (path, os.environ["TL_WORK"]))
check("the symbol file is saved",
      os.path.getsize(os.environ["TL_WORK"] + "/vmlinux") > 1e6)
run("kill")
done()
