# SPDX-License-Identifier: GPL-2.0-or-later
#
# What no debugger should send: torn, oversized and garbage packets by a bare
# socket, connections that break off anywhere. Afterwards the guest is as it
# was and the stub answers a well-formed packet.

import os
import random
import socket
import sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tl import *


def dial():
	s = socket.create_connection(("127.0.0.1", int(PORT)), 10)
	s.settimeout(8)
	return s


def packet(data):
	return b"$" + data + b"#%02x" % (sum(data) & 0xff)


def answer(s):
	"""The next packet's payload, None when the peer hung up."""
	data = b""
	while True:
		try:
			c = s.recv(1)
		except OSError:
			return None
		if not c:
			return None
		if c == b"$":
			data = b"$"
		elif data:
			data += c
			if len(data) > 3 and data[-3:-2] == b"#":
				s.sendall(b"+")
				return data[1:-3]


def ask(data):
	"""Said again when nothing comes, as gdb would."""
	got = None
	for _ in range(3):
		s = dial()
		s.sendall(packet(data))
		got = answer(s)
		s.close()
		if got is not None:
			break
	return got


def alive(after):
	got = None
	for _ in range(20):
		try:
			s = dial()
			s.sendall(packet(b"qSupported:swbreak+"))
			got = answer(s)
			s.close()
		except OSError:
			got = None
		if got and b"PacketSize" in got:
			break
		time.sleep(0.3)
	check("the stub answers after " + after, got and b"PacketSize" in got,
	      got)


random.seed(1)
alive("nothing yet")

for what, data in (
	("a torn packet", b"$m0,"),
	("a break in the checksum", b"$g#6"),
	("garbage", bytes(random.randrange(256) for _ in range(4096))),
	("a megabyte without an end", b"$m" + b"0" * (1 << 20)),
	("a wrong checksum", b"$g#00"),
	("an escape at the end", b"$X0,1:}#dd"),
	("a run of Ctrl-C", b"\x03" * 100),
	("nothing but acks", b"+-" * 100),
):
	s = dial()
	try:
		s.sendall(data)
		time.sleep(0.2)
	except OSError:
		pass
	s.close()
	alive(what)

for data in (b"m", b"m,", b"mzz,4", b"m0,ffffffffffffffff",
	     b"M0,4:00", b"X0,ffffffff:", b"G00", b"P", b"Pff=", b"pffff",
	     b"Z9,0,4", b"Z0", b"Z0,zz,4", b"z0,1,4", b"vCont;x", b"vCont",
	     b"vCont;c:99", b"Hg99", b"T99", b"qXfer:features:read:no:0,10",
	     b"qXfer:features:read:target.xml:ffffffff,ffffffff", b"qRcmd,zz",
	     b"qRcmd,", b"vFile:open:zz", b"vFile:pread:99,10,0",
	     b"qThreadExtraInfo,zz", b"vMustReplyEmpty", b"QNo", b"\xff\x00"):
	got = ask(data)
	check("%r has an answer" % data, got is not None, got)

# A debugger that is there finds all as it was.
connect()
run("bt 3")
check("gdb finds the guest", value("$pc") != 0)
run("detach")
done()
