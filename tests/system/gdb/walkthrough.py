# SPDX-License-Identifier: GPL-2.0-or-later
#
# Type the commands that README.md shows, and compare gdb's output with
# README.md's, except for addresses, numbers, paths, and "...".

import os
import re
import sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tl import *

README = os.path.join(os.path.dirname(os.path.abspath(__file__)),
		      "../../../README.md")
MARK = "<!-- tests/system/gdb/walkthrough.py -->\n"
WILD = [(r"\.\.\.", ".*"), (r"examples/", r"\S*"), (r"0xffff[0-9a-f]+",
	"0x[0-9a-f]+"), (r"(?<![0-9a-fx])\d+", r"\d+"), (r"\s+", r"\s+")]


def pattern(line):
	"""A regular expression for a line of the README."""
	either = "|".join("(%s)" % regex for regex, _ in WILD)
	out, at = "", 0
	for m in re.finditer(either, line.strip()):
		out += re.escape(line.strip()[at:m.start()])
		out += WILD[m.lastindex - 1][1]
		at = m.end()
	return out + re.escape(line.strip()[at:])


def session():
	"""A list of pairs: a command, and the lines that it prints."""
	text = open(README).read()
	text = text[text.index(MARK) + len(MARK):]
	steps = []
	for line in text.split("\n"):
		if line.startswith("    (gdb) "):
			steps.append((line[10:], []))
		elif line.startswith("    "):
			steps[-1][1].append(line)
		else:
			break
	return steps


run("set print frame-arguments scalars")
for command, lines in session():
	out = go(command=command.replace(":1234", ":" + PORT))
	for line in lines:
		check(command + ": " + line.strip(),
		      re.search(pattern(line), out), out)
run("kill")
done()
