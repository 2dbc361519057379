# SPDX-License-Identifier: GPL-2.0-or-later
#
# scheduler-locking as the GDB manual describes it ("All-Stop Mode"), on
# tests/guest/both.S: each running CPU counts in its x19.

import os
import sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tl import *


TRIES = 200


def counts():
	both = []
	for thread in (1, 2):
		gdb.execute("thread %d" % thread, to_string=True)
		both.append(value("$x19"))
	gdb.execute("thread 1", to_string=True)
	return both


def moved(what, act, first, second):
	"""Call act; check whether the counters of threads 1 and 2 moved.

	On a busy machine, a CPU that may run may get no turn during the first
	steps. So call act again until the CPUs that may run have moved.
	"""
	before = counts()
	selected = True
	for _ in range(TRIES):
		act()
		selected &= gdb.selected_thread().num == 1
		after = counts()
		if all(a != b for a, b, expect in zip(after, before, (first, second))
		       if expect):
			break
	check("%s: thread 1 is still selected" % what, selected)
	for thread, expect in ((0, first), (1, second)):
		check("%s: CPU %d %s" % (what, thread,
					 "runs" if expect else "is held"),
		      (after[thread] != before[thread]) == expect,
		      (before, after))


def steps():
	for _ in range(6):
		run("stepi")


def runs():
	go_for(1)
	gdb.execute("thread 1", to_string=True)


connect()
go_for(1)
run("thread 1")
run("set scheduler-locking on")
moved("on, stepi", steps, True, False)
moved("on, continue", runs, True, False)
run("set scheduler-locking step")
moved("step, stepi", steps, True, False)
moved("step, continue", runs, True, True)
run("set scheduler-locking off")
moved("off, stepi", steps, True, True)
moved("off, continue", runs, True, True)
run("kill")
done()
