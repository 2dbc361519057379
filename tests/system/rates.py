#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""rates.py PORT LEAST [SECONDS]: steps a second of tests/guest/count.S, which
runs: one packet each, and inside one range, which has to make LEAST a second
at the least. Ctrl-C ends the range."""
import os
import sys
import time

port, least = int(sys.argv[1]), int(sys.argv[2])
seconds = float(sys.argv[3]) if len(sys.argv) > 3 else 2
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


for _ in range(30):  # the first ones change threads
	debugger.ask(b"vCont;s:1")
began = time.time()
for _ in range(STEPS):
	if not debugger.ask(b"vCont;s:1").startswith(b"T05"):
		sys.exit("a step ended otherwise")
wire = STEPS / (time.time() - began)
first = counter()
began = time.time()
debugger.say(packet(b"vCont;r40000000,50000000:1"))
time.sleep(seconds)
debugger.say(b"\3")
if not debugger.payload().startswith(b"T"):
	sys.exit("no stop on Ctrl-C")
rate = 2 * (counter() - first) / (time.time() - began)
print("%d a second over the wire, %d in a range" % (wire, rate))
debugger.ask(b"D")
sys.exit(rate < least)
