# SPDX-License-Identifier: GPL-2.0-or-later
#
# The guest was ended by one of examples/ (TL_CRASHER) and has stopped: frame
# TL_FRAME is at the top of the backtrace, TL_MORE further down.

import os
import sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tl import *

crasher = os.environ["TL_CRASHER"]
frame = os.environ["TL_FRAME"]
more = os.environ.get("TL_MORE", "")
connect()
run("bt 10")
names = functions(16)
check(crasher + ": frame #0 is " + frame, names[:1] == [frame], names)
if more:
	check(crasher + ": called by " + more, more in names, names)
if frame in names:
	run("frame function " + frame)
	has(crasher + ": its source line", run("frame"),
	    re.escape(crasher) + r"\.c:\d+")
if crasher == "crash_cpu1":
	check("crash_cpu1: the stop is thread 2's",
	      gdb.selected_thread().num == 2, run("info threads"))
run("kill")
done()
