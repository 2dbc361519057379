# SPDX-License-Identifier: GPL-2.0-or-later
#
# One guest that is hurt by several of examples/ one after the other, none of
# which stops it for good: each is a stop of its own, in the faulting function,
# with its source line from the user's .ko. Ends with the one that nothing
# stops at: two kworkers' worth of spinlock, seen by Ctrl-C.

import os
import sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tl import *

# faulting function: its caller, and whether it is frame #0
EXPECTED = {
	"crash_bug_step": ("crash_bug_init", True),
	"crash_warn_put": ("crash_warn_init", False),
	"crash_uaf_account": ("crash_uaf_tick", True),
	"crash_oob_deliver": ("crash_oob_mailbox_tick", True),
}


def look_at(frame):
	crasher = "_".join(frame.split("_")[:2])
	caller, top = EXPECTED[frame]
	names = functions(16)
	if top:
		check(crasher + ": frame #0 is " + frame, names[0] == frame,
		      names)
	check(crasher + ": called by " + caller, caller in names, names)
	run("frame function " + frame)
	has(crasher + ": its source line", run("frame"),
	    re.escape(crasher) + r"\.c:\d+")
	if crasher == "crash_uaf":
		check("crash_uaf: the pointer is text",
		      value("s->stats") == 0x4a4a4a4a4a4a4a4a,
		      run("print *s"))


connect()
run("break __warn")
seen = set()
for _ in range(8):
	run("bt 8")
	frame = next((n for n in functions(16) if n in EXPECTED), None)
	if check("a crash that is expected", frame and frame not in seen,
		 functions(16)):
		look_at(frame)
		seen.add(frame)
	if len(seen) == len(EXPECTED):
		break
	go(60)
check("all of them", len(seen) == len(EXPECTED), seen)

# Nothing stops at a deadlock: look for it.
run("delete")
for _ in range(6):
	go(3)
	spinning = []
	for thread in threads():
		run("thread %d" % thread)
		names = functions(12)
		if "crash_lockup_trim" in names:
			spinning = names
			break
	if spinning:
		break
check("crash_lockup: Ctrl-C shows the second lock", spinning,
      run("info threads"))
check("crash_lockup: and the first", "crash_lockup_add" in spinning, spinning)
if spinning:
	run("bt 8")
	run("frame function crash_lockup_trim")
	has("crash_lockup: its source line", run("frame"), r"crash_lockup\.c:\d+")
run("kill")
done()
