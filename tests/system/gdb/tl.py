# SPDX-License-Identifier: GPL-2.0-or-later
#
# Shared by the gdb scripts of the system tests. They run inside gdb, so they
# use the same commands as a user.

import os
import re
import signal
import sys
import threading
import time

import gdb

PORT = os.environ["TL_PORT"]
PATIENCE = int(os.environ.get("TL_PATIENCE", "8"))  # tests/lib.sh
failed = 0

for setting in ("confirm off", "pagination off", "remotetimeout 200",
		"width 0", "height 0", "style enabled off",
		"print frame-arguments none"):
	gdb.execute("set " + setting)


def run(command):
	"""Run one gdb command; return its output, or its error."""
	print("(gdb) " + command)
	sys.stdout.flush()
	try:
		out = gdb.execute(command, to_string=True)
	except gdb.error as e:
		out = "error: %s\n" % e
	print(out, end="")
	sys.stdout.flush()
	return out


def check(what, good, detail=""):
	global failed
	if good:
		print("ok    " + what)
	else:
		failed += 1
		print("FAIL  %s: %s" % (what, str(detail).strip()[:400]))
	sys.stdout.flush()
	return good


def has(what, text, regex):
	return check(what, re.search(regex, text, re.M), "no '%s' in: %s"
		     % (regex, text))


def connect():
	"""Run "target remote"; return its output."""
	out = run("target remote :" + PORT)
	check("gdb attaches", not out.startswith("error:"), out)
	return out


def value(expression):
	"""The expression's value as an unsigned number."""
	return int(gdb.parse_and_eval(expression)) & ((1 << 64) - 1)


def symbol(address):
	"""Function name at address, without its offset."""
	out = gdb.execute("info symbol 0x%x" % address, to_string=True)
	return out.split()[0] if " in section" in out else ""


def function():
	"""The function of the selected frame."""
	return gdb.selected_frame().name() or ""


def functions(limit=64):
	"""Function names of the backtrace."""
	names = []
	frame = gdb.newest_frame()
	while frame is not None and len(names) < limit:
		names.append(frame.name() or "?")
		try:
			frame = frame.older()
		except gdb.error:
			break
	return names


def select(name):
	"""The innermost frame of the function, inlined or not."""
	frame = gdb.newest_frame()
	while frame is not None and frame.name() != name:
		frame = frame.older()
	if frame is not None:
		frame.select()


def go_for(seconds, command="continue"):
	"""Resume; send Ctrl-C after this many seconds, unless the guest stops
	before. Return the output."""
	# gdb prints a stop to this process's output, not to the command's.
	sys.stdout.flush()
	begin = os.fstat(1).st_size
	timer = threading.Timer(seconds, os.kill, (os.getpid(), signal.SIGINT))
	timer.start()
	run(command)
	timer.cancel()
	with open(os.environ["TL_OUT"], errors="replace") as text:
		text.seek(begin)
		return text.read()


def go(limit=60, command="continue"):
	"""Resume until the next stop, or until Ctrl-C at the limit. The limit
	is for an idle machine."""
	return go_for(limit * PATIENCE, command)


def go_until(condition, limit=60):
	"""Resume; send Ctrl-C as soon as condition() is true."""
	seen = []
	over = threading.Event()

	def look():
		end = time.monotonic() + limit * PATIENCE
		while not over.wait(0.1) and time.monotonic() < end:
			if condition():
				seen.append(True)
				break
		if not over.is_set():
			os.kill(os.getpid(), signal.SIGINT)

	thread = threading.Thread(target=look, daemon=True)
	thread.start()
	out = go_for(2 * limit * PATIENCE)
	over.set()
	thread.join()
	return bool(seen), out


def console():
	"""All output of this guest and of trapline."""
	with open(os.environ["TL_LOG"], errors="replace") as log:
		text = log.read()
	return text[text.rindex("@@start"):]


def wait_until(condition, limit=60):
	end = time.monotonic() + limit * PATIENCE
	while not condition():
		if time.monotonic() > end:
			return False
		time.sleep(0.1)
	return True


class Sighting(threading.Thread):
	"""The time at which a text appears on the console, from now on."""

	def __init__(self, text):
		super().__init__(daemon=True)
		self.text = text.encode()
		self.log = open(os.environ["TL_LOG"], "rb")
		self.log.seek(0, os.SEEK_END)
		self.time = None
		self.start()

	def run(self):
		seen = b""
		while self.text not in seen:
			more = self.log.read()
			seen = seen[-len(self.text):] + more
			if not more:
				time.sleep(0.005)
		self.time = time.monotonic()


def exception_level():
	return (value("$cpsr") >> 2) & 3


def threads():
	return sorted(t.num for t in gdb.selected_inferior().threads())


def done():
	print("done")
	sys.stdout.flush()
	gdb.execute("disconnect" if gdb.selected_inferior().pid else "echo")
	gdb.execute("quit %d" % (1 if failed else 0))


def refused(what, command, regex):
	"""Check that gdb prints the words, and then an error of its own."""
	sys.stdout.flush()
	begin = os.fstat(1).st_size
	try:
		gdb.execute(command)
	except gdb.error as e:
		print(e)
	sys.stdout.flush()
	with open(os.environ["TL_OUT"], errors="replace") as out:
		out.seek(begin)
		has(what + " is refused, with the reason", out.read(), regex)


def thread_in_user_space():
	"""A thread at EL0; the guest runs until there is one."""
	for _ in range(60):
		for thread in threads():
			run("thread %d" % thread)
			if exception_level() == 0:
				return thread
		go_for(0.5)
	return None
