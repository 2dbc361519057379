#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""slots.py PORT: watch every second page of tests/guest/store.S while it runs,
until /dev/kvm has no memory slot left. The answer has to say so, and its advice
has to work."""
import os
import sys
import time

os.environ["TL_PORT"] = sys.argv[1]
sys.path.insert(0, os.path.join(os.path.dirname(__file__), "gdb"))
from bare import Debugger, packet

FIRST = 0x42000000  # above the page that the guest writes
STEP = 0x2000
BATCH = 50
LEAST = 16000
debugger = Debugger()
wrong = debugger.session()
if wrong:
	sys.exit("no session: " + wrong)
# Ask for errors as text instead of E1c.
debugger.ask(b"qSupported:error-message+")


def watch(n):
	return b"Z2,%x,8" % (FIRST + n * STEP)


def monitor(command):
	debugger.say(packet(b"qRcmd," + command.encode().hex().encode()))
	out = b""
	while True:
		answer = debugger.payload()
		if not answer.startswith(b"O") or answer == b"OK":
			return out.decode()
		out += bytes.fromhex(answer[1:].decode())


def set_until_refused():
	n = 0
	while True:
		debugger.say(b"".join(packet(watch(n + i))
				      for i in range(BATCH)))
		answers = [debugger.payload() for _ in range(BATCH)]
		for answer in answers:
			if answer != b"OK":
				return n, answer.decode()
			n += 1


def expect(what, got):
	if not got:
		sys.exit(what)


def runs():
	debugger.say(packet(b"vCont;c"))
	time.sleep(0.5)
	debugger.say(b"\3")
	expect("no stop on Ctrl-C", debugger.payload().startswith(b"T"))


began = time.time()
count, why = set_until_refused()
took = time.time() - began
expect("only %d: %s" % (count, why), count >= LEAST)
for part in ("no memory slot of /dev/kvm is left", "delete a watchpoint",
	     "one range instead of many", "--accel trapline"):
	expect("not said: " + why, part in why)
expect("monitor watch", why[2:] in
       monitor("watch 0x%x 8" % (FIRST + count * STEP)))
runs()
# The advice: deleting a watchpoint makes room for another one.
expect("z2", debugger.ask(watch(3).replace(b"Z", b"z")) == b"OK")
expect("no room after one has gone", debugger.ask(watch(count)) == b"OK")
runs()
# Deleting all watchpoints would take very long, so kill the guest.
debugger.say(packet(b"k"))
print("%d in %.1f s, then: %s" % (count, took, why))
