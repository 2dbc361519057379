# SPDX-License-Identifier: GPL-2.0-or-later
#
# A module of examples/ (TL_CRASHER) has crashed the guest, which has stopped.
# TL_FRAME is at the top of the backtrace, TL_MORE further down. TL_DUMP is the
# name of the dump to write.

import os
import sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tl import *

crasher = os.environ["TL_CRASHER"]
frame = os.environ["TL_FRAME"]
more = os.environ.get("TL_MORE", "")
run("set breakpoint pending on")
connect()


def select_thread_in(function):
	"""Select the vCPU whose backtrace has the function, if one has."""
	for thread in threads():
		run("thread %d" % thread)
		if function in functions(12):
			return True
	return False


if crasher == "crash_warn":
	run("break __warn")
	for _ in range(4):
		go(100)
		if frame in functions(16):
			break
elif crasher == "crash_lockup":
	# The two CPUs need some time until one waits for the other.
	for attempt in range(100):
		if select_thread_in(frame):
			break
		go_for(1)
run("bt 10")
names = functions(16)
if crasher in ("crash_warn", "crash_lockup"):
	check(crasher + ": the backtrace has " + frame, frame in names, names)
else:
	check(crasher + ": frame #0 is " + frame, names[:1] == [frame], names)
if more:
	check(crasher + ": called by " + more, more in names, names)
if frame in names:
	select(frame)
	has(crasher + ": its source line", run("frame"),
	    re.escape(crasher) + r"\.c:\d+")
if crasher == "crash_cpu1":
	check("crash_cpu1: the stop is thread 2's",
	      gdb.selected_thread().num == 2, run("info threads"))
if crasher == "crash_uaf":
	check("crash_uaf: the pointer is text",
	      value("s->stats") == 0x4a4a4a4a4a4a4a4a, run("print *s"))
said = run("monitor dump " + os.environ["TL_DUMP"])
check(crasher + ": a dump", said.startswith("dumped to"), said)
run("kill")
done()
