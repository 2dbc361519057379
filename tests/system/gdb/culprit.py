# SPDX-License-Identifier: GPL-2.0-or-later
#
# Find the code that overwrites a struct: set a breakpoint in a module that is
# not loaded yet, then a watchpoint on the victim. The stop is in the culprit,
# examples/crash_oob.c.

import os
import sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tl import *
from watches import ipa_of, look_around


def reload():
	"""The same module is loaded again, into other memory."""
	run("break mbcache_exit")
	go(30)
	check("a module is about to be unloaded", function() == "mbcache_exit",
	      functions(4))
	pc = value("$pc")
	been = [ipa_of(pc)]
	run("delete $bpnum")
	run("break *0x%x" % pc)
	for n in range(3):
		out = go(30)
		if check("a breakpoint in the module is hit after a new load",
			 value("$pc") == pc, out):
			been.append(ipa_of(pc))
	check("the module is now in other memory", len(set(been)) > 1, been)
	run("delete $bpnum")


connect()
run("set breakpoint pending on")
run("break crash_oob_sampler_tick")
look_around()
reload()
go(60)
check("a breakpoint waits for its module",
      function() == "crash_oob_sampler_tick", functions(4))
box = value("(unsigned long)crash_oob_mailbox")

refused("no length", "monitor watch 0x%x 0" % box, "no length")
refused("a range that wraps", "monitor watch 0xffffffffffffff00 0x1000",
	"wraps around")
refused("2^63 bytes", "monitor watch 0x%x 0x8000000000000000" % box,
	"wraps around|longer than all of RAM")
refused("an unmapped address", "monitor watch 0xdead000000000000 8",
	"is not mapped: watch it once")
refused("an invalid condition", "monitor watch 0x%x 8 if new = 1" % box,
	"a condition compares")

# A watchpoint that fits uses a debug register.
run("watch crash_oob_sampler->sample[3]")
out = go(60)
has("old and new value", out, r"Old value = \d+\s+New value = 1515847683")
has("monitor lastwatch has old and new value", run("monitor lastwatch"),
    r"-> 0x0*5a5a0003 at 0x\w+ crash_oob_sample")
run("delete")

# An odd length does not fit into debug registers, so stage 2 is used.
out = run("watch *(char(*)[99])0x%x" % box)
has("an odd watchpoint on the victim", out, "Hardware watchpoint")
run("monitor whowrote 0x%x,%d" % (box, 8))
out = go(60)
has("gdb shows the change", out, r"Hardware watchpoint \d+: ")
check("the stop is in the culprit", functions(2) ==
      ["crash_oob_sample", "crash_oob_sampler_tick"], functions(4))
out = run("monitor lastwatch")
has("monitor lastwatch has the values and the culprit", out,
    r"-> 0x0*5a5a0010 at 0x\w+ crash_oob_sample.*, \S+ pid \d+$")
has("the log has the hit, too", run("monitor whowrote show"),
    r"-> 0x0*5a5a0010 at 0x\w+ crash_oob_sample")
run("bt 3")
run("monitor whowrote off")
run("delete")
out = go(30)
has("then the guest crashes", out, "SIGSEGV|crash_oob_deliver")
run("kill")
done()
