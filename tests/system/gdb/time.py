# SPDX-License-Identifier: GPL-2.0-or-later
#
# Guest time stands still while the guest is stopped: hold it for some
# seconds, let it go, and compare what it prints of /proc/uptime.

import os
import sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tl import *

HELD = 4


def ticks():
	with open(os.environ["TL_LOG"], errors="replace") as log:
		text = log.read()
	text = text[text.rindex("@@start"):]
	return [float(t) for t in re.findall(r"guest: up ([0-9.]+)\r?$", text,
					      re.M)]


connect()
first = ticks()
time.sleep(HELD)
check("a stopped guest says nothing", len(ticks()) <= len(first) + 1,
      ticks())
go(2)
later = ticks()
check("it goes on", len(later) > len(first), later)
gaps = [b - a for a, b in zip(later, later[1:])]
check("its time stood still for %d s" % HELD, gaps and
      max(gaps) < HELD / 2, gaps)
run("detach")
time.sleep(1)
check("it runs after detach", len(ticks()) > len(later), ticks())

# Attach again: it stops, and knows itself.
connect()
run("bt 2")
has("the second session has symbols", run("info symbol panic"), r"^panic in")
run("detach")
done()
