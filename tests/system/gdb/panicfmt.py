# SPDX-License-Identifier: GPL-2.0-or-later
#
# crash_panicfmt has called panic(), and the guest has stopped before the kernel
# has printed the message. Compare trapline's message with the kernel's.

import os
import re
import sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tl import *

PRINTED = r"Kernel panic - not syncing: (?:\x010)?(.*?)\r*\n"

connect()
names = functions(4)
check("frame #0 is the caller of panic()",
      names[:1] == ["crash_panicfmt_fail"], names)
said = re.search(r"trapline: Panic: (.*) at crash_panicfmt_fail\+0x",
		 console())
seen, _ = go_until(lambda: re.search(PRINTED, console()))
check("the kernel prints its message", seen)
printed = re.search(PRINTED, console())
if said and printed:
	check("trapline has printed the same message",
	      said.group(1) == printed.group(1),
	      said.group(1) + " | " + printed.group(1))
	has("the message has all arguments", said.group(1),
	    r"^panicfmt: mailbox at crash_panicfmt_fail\+0x0/0x[0-9a-f]+ "
	    r"\[crash_panicfmt\], port 52:54:00:12:34:56, code   -42, ok$")
else:
	check("both have a message", False, console()[-400:])
done()
