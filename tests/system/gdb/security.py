# SPDX-License-Identifier: GPL-2.0-or-later
#
# A client that is no debugger has no effect at the port. A debugger makes files
# only in one folder (TL_SAVE, its name on this machine and in the lab). With
# TL_SAVE empty it makes no files.

import os
import socket
import sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from bare import Debugger, packet
from tl import *

SAVE = os.environ["TL_SAVE"]
KILL = packet(b"k")


def hung_up(data):
	s = socket.create_connection(("127.0.0.1", int(PORT)), 40 * PATIENCE)
	s.settimeout(40 * PATIENCE)
	try:
		s.sendall(data)
		answer = s.recv(1)
	except ConnectionError:
		answer = b""
	s.close()
	return answer == b""


for data in (b"POST / HTTP/1.1\r\nHost: localhost\r\n\r\n" + KILL,
	     KILL + b" / HTTP/1.1\r\n\r\n",
	     b"$x / HTTP/1.1\r\n\r\n" + KILL,
	     b"\x16\x03\x01\x02\x00"):
	check("hung up on %r" % data[:20], hung_up(data))

debugger = Debugger()
wrong = debugger.session()
check("a debugger's connection stays open", not wrong, wrong)


def says(what, command, regex):
	"""The text says what is wrong; gdb would add an error of its own."""
	text, is_good = debugger.monitor(command)
	has(what, text, regex)
	check("... without an error of gdb's", is_good)


if SAVE:
	says("a file is saved below the folder", "whowrote save sub/log",
	     "^saved to sub/log$")
	check("the file is in the folder", os.path.exists(SAVE + "/sub/log"))
	says("not twice", "whowrote save sub/log", "exists already")
	for name, why in (("/tmp/log", "leads out"), ("../log", "leads out"),
			  ("sub/../../log", "leads out"),
			  ("link/log", "links are not followed")):
		says("not as " + name, "whowrote save " + name, why)
	check("no file is outside the folder",
	      not os.path.exists(SAVE + "/../log"))
else:
	says("without --save-dir no file is saved", "whowrote save log",
	     "--save-dir DIR")
says("status never prints 'null'", "status", r"\A(?!.*null).*CPU 0")
# Many blanks, then a wrong word. An earlier stub cut the command before the
# word.
says("a long command arrives whole",
     "watch 0x40081000 8 %s nonsense" % (" " * 300), "nonsense")
debugger.ask(b"D")
debugger.close()
connect()
run("detach")
done()
