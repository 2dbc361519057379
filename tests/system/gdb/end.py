# SPDX-License-Identifier: GPL-2.0-or-later
#
# The guest powers off with gdb attached.

import os
import sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tl import *

connect()
out = go(60)
has("a power-off ends the program with 0", out, r"exited normally")
done()
