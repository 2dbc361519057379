#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""sessions.py PORT SECONDS LOOP STORED COUNTS [SEED]: debuggers on 4 CPUs of
tests/guest/loops.S; LOOP, STORED and COUNTS are its addresses (hexadecimal).
Each debugger does a few random operations: steps, break points, watch points, a
condition that is never true, a Ctrl-C just when the guest stops by itself. It
leaves during one of them. Each request has to be answered once, and at the end
all CPUs run."""
import os
import random
import sys
import time

os.environ["TL_PORT"] = sys.argv[1]
sys.path.insert(0, os.path.join(os.path.dirname(__file__), "gdb"))
from bare import Debugger, packet

seconds = float(sys.argv[2])
loop, stored, counts = (int(a, 16) for a in sys.argv[3:6])
random.seed(int(sys.argv[6]) if len(sys.argv) > 6 else 1)
CPUS = 4
NEVER = b";X3,220027"  # const8 0, end


class Gone(Exception):
	"""The debugger has left."""


class Session(Debugger):
	def ok(self, data):
		answer = self.ask(data)
		if answer != b"OK":
			sys.exit("the answer to %r is %r" % (data, answer))

	def stop(self):
		answer = self.payload()
		while answer.startswith(b"O"):
			answer = self.payload()
		if not answer.startswith(b"T"):
			sys.exit("%r instead of a stop" % answer)
		return answer

	def go(self, data):
		self.say(packet(data))
		return self.stop()

	def interrupt(self, data, longest):
		self.say(packet(data))
		time.sleep(random.random() * longest)
		self.may_leave()
		self.say(b"\3")
		self.stop()

	def may_leave(self):
		if random.random() < 0.2:
			raise Gone


def cpu():
	return random.randrange(CPUS)


def times(most):
	return range(random.randrange(1, most))


def steps(s):
	for _ in times(30):
		s.go(b"vCont;s:%d%s" % (cpu() + 1, random.choice((b"", b";c"))))


def breaks(s):
	s.ok(b"Z0,%x,4" % stored)
	for _ in times(10):
		s.go(b"vCont;c")
	s.may_leave()
	s.ok(b"z0,%x,4" % stored)


def condition(s):
	s.ok(b"Z0,%x,4" % stored + NEVER)
	s.interrupt(b"vCont;c", 0.1)
	s.ok(b"z0,%x,4" % stored)


def watches(s):
	n = cpu()
	watch = b"2,%x,3" % (counts + 8 * n)
	s.ok(b"Z" + watch)
	for _ in times(6):
		if b"watch:" not in s.go(b"vCont;c"):
			sys.exit("the stop of a watch point does not name it")
		s.ok(b"z" + watch)
		s.go(b"vCont;s:%d" % (n + 1))
		s.ok(b"Z" + watch)
	s.may_leave()
	s.ok(b"z" + watch)


def runs(s):
	s.interrupt(b"vCont;c", 0.02)


def ranges(s):
	s.interrupt(b"vCont;r%x,%x:%d" % (loop, loop + 16, cpu() + 1), 0.02)


def race(s):
	"""Two reasons to stop give one stop reply, then no other packet."""
	s.ok(b"Z0,%x,4" % stored)
	s.say(packet(b"vCont;c") + b"\3")
	s.may_leave()
	s.stop()
	if len(s.ask(b"m%x,4" % loop)) != 8:
		sys.exit("a stop was reported twice")
	s.ok(b"z0,%x,4" % stored)


def begin():
	s = Session()
	wrong = s.session()
	if wrong:
		sys.exit("no session: " + wrong)
	return s


def read_counts(s):
	text = s.ask(b"m%x,%x" % (counts, 8 * CPUS)).decode()
	data = bytes.fromhex(text)
	return [int.from_bytes(data[i:i + 8], "little")
		for i in range(0, len(data), 8)]


sessions = 0
end = time.time() + seconds
while time.time() < end:
	s = begin()
	try:
		for _ in times(8):
			random.choice((steps, breaks, condition, watches, runs,
				       ranges, race))(s)
		if random.random() < 0.3:
			s.ok(b"D")
	except Gone:
		pass
	except OSError as error:
		sys.exit("session %d: %s" % (sessions, error))
	s.close()
	sessions += 1
s = begin()
before = read_counts(s)
# On a busy machine a CPU may not run at all in half a second.
for _ in range(100):
	s.say(packet(b"vCont;c"))
	time.sleep(0.5)
	s.say(b"\3")
	s.stop()
	after = read_counts(s)
	if all(a > b for a, b in zip(after, before)):
		break
else:
	sys.exit("CPUs do not run: %s, then %s" % (before, after))
print("%d sessions" % sessions)
