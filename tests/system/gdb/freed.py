# SPDX-License-Identifier: GPL-2.0-or-later
#
# The guest loads and unloads modules, of which some stay, while gdb watches.
# At last a timer of crash_freed expires after the module has been unloaded. gdb
# must have the symbols of the modules that are loaded, and no others.

import os
import re
import sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tl import *


def libraries():
	"""The libraries that gdb knows: (from, to, name)."""
	return [(int(m[1], 16), int(m[2], 16), m[3]) for m in re.finditer(
		r"^(0x[0-9a-f]+) +(0x[0-9a-f]+) .*/modules/(.*)\.ko$",
		run("info sharedlibrary"), re.M)]


connect()
# The timer's function runs until the module is gone, so wait for the crash.
out = go(150)
has("the guest runs to the crash", out, r"SIG")
names = functions(4)
check("frame #0 has no name of another function", names[:1] == ["?"], names)
has("trapline says whose text it was", console(),
    r"trapline: Oops: .* at 0x[0-9a-f]+ \(was in crash_freed, unloaded\), CPU")
pc = value("$pc")
has("whatis says the same", run("monitor whatis 0x%x" % pc),
    r"was in crash_freed, unloaded")
listed = libraries()
loaded = re.findall(r"^\S+ +\d+ (\S+)", run("monitor modules"), re.M)
check("gdb has the modules that are loaded, and no others",
      loaded and sorted(lib[2] for lib in listed) == sorted(loaded),
      "%s, %s" % (listed, loaded))
spans = sorted(listed)
check("no two of them overlap", all(a[1] <= b[0] for a, b in
				    zip(spans, spans[1:])), listed)
done()
