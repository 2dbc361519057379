# SPDX-License-Identifier: GPL-2.0-or-later
#
# crash_entry has faulted on the first instruction of a function. Check the
# backtraces of the fault, of the handler, and of the other vCPU, which is idle or
# prints the oops in a kernel thread.

import os
import re
import sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tl import *

FRAMES = ["crash_entry_first", "crash_entry_ask", "crash_entry_init",
	  "do_one_initcall"]


def clean_end(what, trace):
	check("the backtrace of %s ends without a complaint" % what,
	      not re.search(r"corrupt stack|Backtrace stopped|Cannot access",
			    trace), trace)


connect()
names = functions()
check("the caller is found through x30", names[:4] == FRAMES, names)
clean_end("the fault", run("bt"))
check("it ends at the system call", names[-1].startswith("el0t_64_sync"),
      names)
run("monitor context real")
run("maintenance flush register-cache")
real = functions()
at = real.index(FRAMES[0]) if FRAMES[0] in real else 0
check("the handler's backtrace has each of these functions once",
      at and real[at:at + 4] == FRAMES and
      real[at - 1].startswith("el1h_64_sync"), real)
select(FRAMES[0])
check("the interrupted PC is the function's first instruction",
      value("$pc") == value("(unsigned long)&crash_entry_first"),
      hex(value("$pc")))
clean_end("the handler", run("bt"))
run("thread %d" % (3 - gdb.selected_thread().num))
out = run("bt")
other = functions()
check("the other vCPU is idle, or in a kernel thread",
      "do_idle" in other or "kthread" in other, other)
clean_end("the other vCPU", out)
done()
