# SPDX-License-Identifier: GPL-2.0-or-later
#
# tests/guest/count.S: a condition that is false TL_FALSE times costs no packet.

import os
import sys
import time
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tl import *

FALSE = int(os.environ["TL_FALSE"])
LOG = os.environ["TL_WORK"] + "/packets"

run("set remotelogfile " + LOG)
connect()
goal = value("$x19") + FALSE
run("break *&round if $x19 == %d" % goal)
began = time.time()
out = go(100 + FALSE / 20)
print("%d a second" % (FALSE / (time.time() - began)))
check("the condition has become true", value("$x19") == goal, out)
run("delete")
run("maintenance flush register-cache")
with open(LOG, errors="replace") as log:
	packets = [line for line in log if re.match(r"[rw] .*\$", line)]
resumes = [line for line in packets if "$vCont;c#" in line]
check("it was false %d times for one packet" % FALSE, len(resumes) == 1,
      len(resumes))
check("no other packet concerned the condition",
      len(packets) < 200, len(packets))
print("%d packets in all" % len(packets))
run("detach")
done()
