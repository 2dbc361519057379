#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""mi.py GDB PORT FUNCTION: gdb's machine interface as VS Code's cppdbg and CLion
use it, on a guest with two CPUs that waits at its first instruction. The guest
then loads the module of FUNCTION, which crashes. Prints a line for each check,
as gdb/tl.py does. All that gdb prints goes to stderr."""
import re
import subprocess
import sys

gdb, port, function = sys.argv[1:4]
failed = False


def check(name, passed, more=""):
	global failed
	print("ok    " + name if passed else "FAIL  %s: %s" % (name, more))
	failed = failed or not passed


class Mi:
	def __init__(self):
		self.process = subprocess.Popen(
			[gdb, "-nx", "-q", "--interpreter=mi"], text=True,
			stdin=subprocess.PIPE, stdout=subprocess.PIPE)
		self.token = 1000
		self.events = []

	def read(self):
		line = self.process.stdout.readline()
		if not line:
			sys.exit("FAIL  gdb has ended")
		sys.stderr.write(line)
		return line.rstrip("\n")

	def ask(self, command):
		"""The result record of a command: "done,...", "running", "error,..."."""
		self.token += 1
		sys.stderr.write("> %d%s\n" % (self.token, command))
		self.process.stdin.write("%d%s\n" % (self.token, command))
		self.process.stdin.flush()
		while True:
			line = self.read()
			if line.startswith("%d^" % self.token):
				return line.split("^", 1)[1]
			if line.startswith("*"):
				self.events.append(line)

	def done(self, command):
		answer = self.ask(command)
		check(command.split(" ")[0], re.match("done|connected|running", answer),
		      answer)
		return answer

	def stopped(self):
		"""The next *stopped record."""
		while True:
			while self.events:
				event = self.events.pop(0)
				if event.startswith("*stopped"):
					return event
			line = self.read()
			if line.startswith("*"):
				self.events.append(line)


mi = Mi()
mi.read()
# What the clients send before they connect.
for setting in ("mi-async on", "pagination off", "auto-solib-add on",
		"confirm off", "breakpoint pending on"):
	mi.done("-gdb-set " + setting)
mi.done("-enable-pretty-printing")
mi.done("-target-select remote localhost:" + port)
mi.stopped()
check("the CPUs are threads",
      len(re.findall(r'target-id="Thread \d', mi.done("-thread-info"))) == 2)

mi.done("-exec-continue")
mi.done("-exec-interrupt")
stop = mi.stopped()
check("an interrupt stops the guest", 'signal-name="SIGINT"' in stop, stop)
mi.done("-break-insert -f " + function)
mi.done("-exec-continue")
stop = mi.stopped()
check("a pending breakpoint is hit", 'reason="breakpoint-hit"' in stop and
      'func="%s"' % function in stop, stop)

frames = mi.done("-stack-list-frames 0 20")
check("the frames have functions",
      re.search(r'level="0",[^}]*func="%s"' % function, frames) and
      re.search(r'level="3",[^}]*func="\w+"', frames), frames)
mi.done("-stack-list-arguments 0 0 3")
mi.done("-stack-list-variables --thread 1 --frame 0 --simple-values")
names = mi.done("-data-list-register-names")
check("registers have names", '"x0"' in names and '"ESR_EL1"' in names)
check("the PC has a value", re.search(
	r'number="32",value="0xffff', mi.done("-data-list-register-values x 32")))
made = mi.done('-var-create task * "init_task"')
check("a variable has its type", 'type="struct task_struct"' in made, made)
children = mi.done("-var-list-children --all-values task")
check("its members are children", 'exp="comm"' in children, children[:300])
check("a member has its value", re.search(
	r'name="task\.comm\.0",exp="0",.*?value="115', mi.done(
		"-var-list-children --all-values task.comm")))
mi.done("-var-update 1 task")
mi.done("-var-delete task")
text = mi.done('-data-read-memory-bytes "&linux_banner" 13')
check("memory is read", '4c696e75782076657273696f6e' in text, text)
check("code is disassembled", "inst=" in mi.done(
	"-data-disassemble -s $pc -e $pc+16 -- 0"))
mi.done("-exec-step-instruction")
stop = mi.stopped()
check("a step ends", 'reason="end-stepping-range"' in stop, stop)
value = mi.done('-data-evaluate-expression "(int)sizeof(struct list_head)"')
check("an expression has its value", 'value="16"' in value, value)
bad = mi.ask('-data-evaluate-expression "*(int *)0x10"')
check("an error is a sentence", bad.startswith("error,") and
      "Cannot access memory at address 0x10" in bad, bad)

mi.done("-break-delete")
mi.done("-exec-continue")
stop = mi.stopped()
check("a crash is a signal", 'reason="signal-received"' in stop and
      'signal-name="SIGSEGV"' in stop, stop)
mi.done('-interpreter-exec console "monitor dmesg"')
mi.done("-target-disconnect")
mi.ask("-gdb-exit")
sys.exit(failed)
