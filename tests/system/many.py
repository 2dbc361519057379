#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""many.py PORT [WATCHES]: set this many watchpoints on tests/guest/store.S
while it runs. There are four on each page, beside the bytes that it stores.
Then kill the debugger. The guest has to continue, with no watchpoint left and
without exits for watchpoints. Its speed is printed, but no check depends on it.
Impossible watches are refused."""
import os
import socket
import struct
import sys
import time

port = int(sys.argv[1])
count = int(sys.argv[2]) if len(sys.argv) > 2 else 10000
os.environ["TL_PORT"] = str(port)
sys.path.insert(0, os.path.join(os.path.dirname(__file__), "gdb"))
from bare import Debugger, packet

WATCHED = 0x41000000  # tests/guest/store.S stores 16 bytes above it
STEP = 0x400
BATCH = 50
# Refused watchpoints: length 0, a range that wraps, 2^63, no RAM.
REFUSED = (b"Z2,41000000,0", b"Z2,fffffffffffffff0,20",
	   b"Z2,41000000,8000000000000000", b"Z2,9000000,4")
SECONDS = 0.7
TRIES = 100  # on a busy machine the guest may not run at all in SECONDS


def session():
	debugger = Debugger()
	debugger.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
	wrong = debugger.session()
	if wrong:
		sys.exit("no session: " + wrong)
	return debugger


def counter(debugger):
	return int.from_bytes(bytes.fromhex(debugger.ask(b"p13").decode()),
			      "little")


def rate(debugger):
	"""The guest's rounds per second; 0 if it does not run."""
	first = counter(debugger)
	began = time.time()
	for _ in range(TRIES):
		debugger.say(packet(b"vCont;c"))
		time.sleep(SECONDS)
		debugger.say(b"\3")
		if not debugger.payload().startswith(b"T"):
			sys.exit("no stop on Ctrl-C")
		seconds = time.time() - began
		rounds = counter(debugger) - first
		if rounds:
			break
	return rounds / seconds


def monitor(debugger, command):
	debugger.say(packet(b"qRcmd," + command.encode().hex().encode()))
	out = b""
	while True:
		answer = debugger.payload()
		if not answer.startswith(b"O") or answer == b"OK":
			return out.decode()
		out += bytes.fromhex(answer[1:].decode())


def watch_all(debugger):
	for begin in range(0, count, BATCH):
		some = range(begin, min(begin + BATCH, count))
		debugger.say(b"".join(packet(b"Z2,%x,8" % (WATCHED + i * STEP))
				      for i in some))
		for i in some:
			answer = debugger.payload()
			if answer != b"OK":
				sys.exit("number %d: %r" % (i, answer))


def killed(debugger):
	debugger.say(packet(b"vCont;c"))
	time.sleep(0.3)
	debugger.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
				   struct.pack("ii", 1, 0))
	debugger.close()


debugger = session()
for bad in REFUSED:
	if not debugger.ask(bad).startswith(b"E"):
		sys.exit("not refused: %r" % bad)
before = rate(debugger)
began = time.time()
watch_all(debugger)
took = time.time() - began
beside = rate(debugger)
killed(debugger)
began = time.time()
debugger = session()
gone = time.time() - began
after = rate(debugger)
left = monitor(debugger, "watchpoints")
debugger.ask(b"D")
print("%d set in %.1f s; rounds a second: %d, %d with them, %d after; gone in "
      "%.2f s" % (count, took, before, beside, after, gone))
print(left)
sys.exit(not after or not left.startswith("0 pages protected"))
