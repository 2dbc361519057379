# SPDX-License-Identifier: GPL-2.0-or-later
#
# Hundreds of debuggers connect, each directly after the one before. Each is
# answered, even if the one before left an incomplete packet. A bare socket
# sends the beginning of a gdb session, and no packet twice.

import os
import random
import sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from bare import Debugger, packet
from tl import *

ROUNDS = int(os.environ.get("TL_ROUNDS", "8"))


# The last bytes that a debugger has sent when it leaves.
random.seed(1)
WORDS = {
	"nothing": b"",
	"a torn packet": b"$m0,",
	"half a checksum": b"$g#6",
	"a request": packet(b"g"),
	"many requests": packet(b"m40000000,1000") * 50,
	"resume": packet(b"vCont;c"),
	"garbage": bytes(random.randrange(256) for _ in range(4096)),
	"an escape": b"$X0,1:}",
	"much without an end": b"$m" + b"0" * (1 << 18),
}


def rounds(what, last_words, linger):
	bad = []
	slowest = 0
	for i in range(ROUNDS):
		began = time.time()
		debugger = Debugger()
		wrong = debugger.session()
		slowest = max(slowest, time.time() - began)
		if wrong:
			bad.append((i, wrong))
		debugger.say(last_words)
		time.sleep(linger)
		debugger.close()
	check("%d debuggers after %s, slowest %d ms" %
	      (ROUNDS, what, slowest * 1000), not bad, bad)


for what, last_words in WORDS.items():
	rounds(what, last_words, 0)
rounds("a pause", WORDS["a torn packet"], 0.05)
connect()
run("bt 3")
check("gdb finds the guest", value("$pc") != 0)
run("detach")
done()
