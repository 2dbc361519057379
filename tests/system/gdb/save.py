# SPDX-License-Identifier: GPL-2.0-or-later
#
# Keep the ELF file that the stub serves, of a guest without KASLR: what the
# stub serves then is linked to where the kernel is, as a vmlinux is.

import os
import sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tl import *

connect()
name = gdb.current_progspace().filename or ""
check("the file's name", "/trapline/kernel-" in name, name)
path = name.replace("target:", "")
run("remote get %s %s/vmlinux" % (path, os.environ["TL_WORK"]))
check("the file", os.path.getsize(os.environ["TL_WORK"] + "/vmlinux") > 1e6)
run("kill")
done()
