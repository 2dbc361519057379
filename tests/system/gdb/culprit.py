# SPDX-License-Identifier: GPL-2.0-or-later
#
# Who overwrote it? A breakpoint in a module that is not loaded yet, then a
# watchpoint on the victim: the stop is in the culprit, examples/crash_oob.c.

import os
import sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tl import *

connect()
run("set breakpoint pending on")
run("break crash_oob_sampler_tick")
go(60)
check("a breakpoint waits for its module",
      function() == "crash_oob_sampler_tick", functions(4))
out = run("watch crash_oob_mailbox->magic")
has("a watchpoint on the victim", out, "Hardware watchpoint")
out = go(60)
has("old and new value", out, r"Old value = \d+\s+New value = \d+")
check("the culprit is seen at work", functions(2) ==
      ["crash_oob_sample", "crash_oob_sampler_tick"], functions(4))
run("bt 3")
run("kill")
done()
