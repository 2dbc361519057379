#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""rates.py PORT STEPS: single-step tests/guest/count.S while it runs. First each
step is one packet. Then at least STEPS steps are made inside ranges; each range
is one packet and ends with one reply, on Ctrl-C. The speed is printed, but no
check depends on it."""
import os
import sys
import time

port, least = int(sys.argv[1]), int(sys.argv[2])
os.environ["TL_PORT"] = str(port)
sys.path.insert(0, os.path.join(os.path.dirname(__file__), "gdb"))
from bare import Debugger, packet

STEPS = 500
debugger = Debugger()
wrong = debugger.session()
if wrong:
	sys.exit(wrong)


def counter():
	return int.from_bytes(bytes.fromhex(debugger.ask(b"p13").decode()),
			      "little")


for _ in range(30):  # the first steps change threads
	debugger.ask(b"vCont;s:1")
began = time.time()
for _ in range(STEPS):
	if not debugger.ask(b"vCont;s:1").startswith(b"T05"):
		sys.exit("a step did not end with a step stop")
wire = STEPS / (time.time() - began)
steps = ranges = 0
began = time.time()
while steps < least:
	first = counter()
	debugger.say(packet(b"vCont;r40000000,50000000:1"))
	time.sleep(0.5)
	debugger.say(b"\3")
	# All steps have one reply, so counter() then reads its own answer.
	if not debugger.payload().startswith(b"T"):
		sys.exit("no stop on Ctrl-C")
	steps += 2 * (counter() - first)
	ranges += 1
	if ranges > 1000:
		sys.exit("only %d steps in %d ranges" % (steps, ranges))
rate = steps / (time.time() - began)
print("%d a second over the wire, %d in a range; %d steps for %d packets" %
      (wire, rate, steps, ranges))
debugger.ask(b"D")
sys.exit(steps < 10 * ranges)
