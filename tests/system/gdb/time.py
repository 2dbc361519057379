# SPDX-License-Identifier: GPL-2.0-or-later
#
# Guest time stands still while the guest is stopped: stop the guest for some
# seconds, continue, and compare the values of /proc/uptime that it prints.

import os
import sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tl import *

HELD = 12  # seconds; the guest prints five lines in each second


def ticks():
	return [float(t) for t in re.findall(r"guest: up ([0-9.]+)\r?$",
					      console(), re.M)]


connect()
# Output from before the stop may still arrive.
while True:
	first = ticks()
	time.sleep(2)
	if ticks() == first:
		break
time.sleep(HELD)
check("a stopped guest prints nothing", ticks() == first, ticks())
went_on, out = go_until(lambda: len(ticks()) > len(first) + 2)
later = ticks()
check("the guest continues", went_on, later)
gaps = [b - a for a, b in zip(later, later[1:])]
check("the guest's time stood still for %d s" % HELD, gaps and
      max(gaps) < HELD, gaps)
run("detach")
check("the guest runs after detach",
      wait_until(lambda: len(ticks()) > len(later)), ticks())

# Attach again: the guest stops, and gdb has its symbols.
connect()
run("bt 2")
has("the second session has symbols", run("info symbol panic"), r"^panic in")
run("detach")
done()
