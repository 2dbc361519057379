# SPDX-License-Identifier: GPL-2.0-or-later
#
# A bare socket sends packets that no debugger should send: incomplete,
# oversized and garbage packets. Connections end anywhere. Afterwards the guest
# is unchanged and the stub answers a well-formed packet.

import os
import random
import sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from bare import Debugger, packet
from tl import *


def alive(after):
	debugger = Debugger()
	wrong = debugger.session()
	check("the stub answers after " + after, not wrong, wrong)
	debugger.close()


def answers(data):
	debugger = Debugger()
	try:
		debugger.greet()
		got = debugger.ask(data)
	except OSError as error:
		got = error
	check("%r has an answer" % data, isinstance(got, bytes), got)
	debugger.close()


random.seed(1)
alive("nothing yet")

for what, data in (
	("a torn packet", b"$m0,"),
	("a break in the checksum", b"$g#6"),
	("garbage", bytes(random.randrange(256) for _ in range(4096))),
	("a megabyte without an end", b"$m" + b"0" * (1 << 20)),
	("a wrong checksum", b"$g#00"),
	("an escape at the end", b"$X0,1:}#dd"),
	("many Ctrl-C", b"\x03" * 100),
	("nothing but acks", b"+-" * 100),
):
	for linger in (0.2, 0):
		debugger = Debugger()
		debugger.say(data)
		time.sleep(linger)
		debugger.close()
		alive("%s, %s" % (what, "read" if linger else "at once"))

for data in (b"m", b"m,", b"mzz,4", b"m0,ffffffffffffffff",
	     b"M0,4:00", b"X0,ffffffff:", b"G00", b"P", b"Pff=", b"pffff",
	     b"Z9,0,4", b"Z0", b"Z0,zz,4", b"z0,1,4", b"vCont;x", b"vCont",
	     b"vCont;c:99", b"Hg99", b"T99", b"qXfer:features:read:no:0,10",
	     b"qXfer:features:read:target.xml:ffffffff,ffffffff", b"qRcmd,zz",
	     b"qRcmd,", b"vFile:open:zz", b"vFile:pread:99,10,0",
	     b"qThreadExtraInfo,zz", b"vMustReplyEmpty", b"QNo", b"\xff\x00"):
	answers(data)

# gdb attaches and finds the guest unchanged.
connect()
run("bt 3")
check("gdb finds the guest", value("$pc") != 0)
run("detach")
done()
