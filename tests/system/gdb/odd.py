# SPDX-License-Identifier: GPL-2.0-or-later
#
# The guest's kernel runs, with a symbol table that trapline does not
# understand.

import os
import sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tl import *

ODD = r"Linux [0-9]\S* at IPA 0x[0-9a-f]+ is not understood: kallsyms_\w+"
connect()
has("monitor kernel names the table that is not understood", run("monitor kernel"), ODD)
# The report comes before the answer to the Ctrl-C, even if that answer comes at
# once.
has("gdb's console says the same when the guest runs", go_for(1), ODD)
has("gdb's console says it once",
    "said %d times" % len(re.findall(ODD, go_for(1))), "said 0")
done()
