# SPDX-License-Identifier: GPL-2.0-or-later
#
# tests/guest/watch.S: four CPUs access a page with watched bytes all the time.

import os
import sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tl import *


def at(label):
	return value("(unsigned long)&" + label)


def counts():
	"""Print the counts of "monitor watchpoints", and the CPUs' PCs."""
	run("monitor watchpoints")
	run("info threads")
	run("x/8gx 0x%x" % (hot + 0x800))
	run("x/4gx 0x%x" % (hot + 0x880))


ROUNDS = 60
ALIAS = 0x80000000
# Page tables cannot be watched on /dev/kvm.
WALKER = os.environ.get("TL_WALKER")
connect()
hot = at("hot")
run("set *(unsigned int *)&rounds = %d" % ROUNDS)
out = run("watch *(char(*)[203])0x%x" % (hot + 0xc01))
has("an odd range is watched", out, "Hardware watchpoint")
out = run("rwatch *(char(*)[3])0x%x" % (at("unread") + 0x801))
has("bytes of a page that is read are watched", out, "Hardware read watchpoint")
# These hits are expected: one per round on each CPU, and every LDXR count.
run("monitor whowrote 0x%x,32" % (hot + 0x800))
run("monitor whowrote 0x%x,8" % (hot + 0x880))
# An instruction that the decoder refuses is stepped. The page-table walker's
# own writes are handled in the same way.
run("monitor whowrote 0x%x,8" % (hot + 0x8c0))
if WALKER:
	run("set *(unsigned int *)&walker = 1")
	run("monitor whowrote 0x%x,8" % (at("level3") + 8))
refused("a device", "monitor watch 0x9000000 4", "no RAM but a device")
refused("an unmapped address", "monitor watch 0xff000000000 4",
	"no RAM but a device|is not mapped")
# An LDXR and its STXR have to be atomic even on a page where loads fault.
run("monitor whowrote 0x%x,8" % (at("unread") + 0x400))
run("hbreak end")
out = go(60)
check("the guest comes to its end", value("$pc") == at("end"), out)
counts()
out = run("monitor watchpoints")
has("each new value was seen", out, r" 32 bytes writes .* %d hits"
    % (4 * ROUNDS))
has("each count by LDXR and STXR was seen", out, r" 8 bytes writes .* %d hits"
    % (4 * ROUNDS))
has("each count on a page with watched reads was seen",
    out, r"0x%016x .* %d hits"
    % (at("unread") + 0x400, 4 * ROUNDS))
has("each store that cannot be decoded was seen", out, r"0x%016x .* %d hits"
    % (hot + 0x8c0, 2 * ROUNDS))
has("the steps of these stores are counted",
    out, r"beside the watched bytes: .* %s stepped"
    % (2 * ROUNDS if WALKER else ROUNDS))
if WALKER:
	# The first hit was the write that made the table.
	has("the walker's own writes were seen", out, r"0x%016x .* %d hits"
	    % (at("level3") + 8, 2 * ROUNDS + 1))
out = run("monitor whowrote show 3")
has("the log has old and new value", out, "-> 0x")
run("delete")
# Watch an address that is later mapped to other memory.
run("set breakpoint always-inserted on")
run("watch *(unsigned long *)0x%x" % (ALIAS + 0x1100))
out = run("monitor watchpoints")
check("a watch is where it was set", "IPA 0x%x," % (at("far") + 0x100) in out
      and "elsewhere" not in out, out)
run("hbreak moved")
out = go(20)
has("a hit says that the address has moved", out,
    r"watchpoint \d+ has hit at IPA 0x%x,.* 0x%x when it was set; that "
    r"address is now mapped elsewhere"
    % (at("far") + 0x100, ALIAS + 0x1100))
check("gdb finds no change at the new place", value("$pc") == at("moved"), out)
has("the watchpoint is on the old memory", run("monitor watchpoints"),
    r"IPA 0x%x, 1 hits; the address is mapped elsewhere now"
    % (at("far") + 0x100))
run("delete")
out = go(20)
has("the guest ends", out, "exited normally")
done()
