# SPDX-License-Identifier: GPL-2.0-or-later
#
# The guest was booted with oops=panic and has oopsed in crash_null_probe().
# Check what gdb sees, both views of the crashed CPU, and the later panic().

import os
import sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tl import *

vcpus = int(os.environ.get("TL_VCPUS", "2"))
# Since Linux 6.13 a module's debug information names its sources without a
# folder.
run("directory " + os.path.realpath(os.path.join(os.path.dirname(__file__),
						 "../../../examples")))
out = connect()
check("no file is needed", not re.search("warning: (?!File transfers)", out), out)

# The faulting context.
check("frame #0 is the faulting function", function() == "crash_null_probe",
      functions())
names = functions()
for name in ("really_probe", "driver_attach", "do_init_module"):
	check("the backtrace has " + name, name in names, names)
has("info registers", run("info registers"),
    r"^pc +0x[0-9a-f]+ +0x[0-9a-f]+ <crash_null_probe\+\d+>")
has("the source line", run("frame 0"), r"crash_null\.c:2[0-9]$")
has("the source itself", run("list"), r"READ_ONCE\(board->clock_hz\)")
has("a local variable", run("print board"), r"= .*0x0$")
has("disassembly", run("x/4i $pc-8"), r"^=> 0x[0-9a-f]+ <crash_null_probe\+")
out = run("info threads")
check("a thread for each vCPU", threads() == list(range(1, vcpus + 1)), out)
has("the task of the crashed CPU", out, r"^\* .*insmod")
has("gdb has the kernel's symbols", run("info address panic"),
    r"\"panic\" is (at|a function at address) 0x[0-9a-f]+")
has("monitor help", run("monitor help"), r"context")

# The faulting context is read-only; the real context is the handler's.
x5 = value("$x5")
out = run("set $x5 = 42")
check("the faulting context is read-only", "error" in out or
      value("$x5") == x5, out)
fault_pc = value("$pc")
run("monitor context real")
run("maintenance flush register-cache")
check("the real context is in die", "die" in function(), functions())
check("the real backtrace leads to the fault", value("$pc") != fault_pc)
run("monitor context fault")
run("maintenance flush register-cache")
check("monitor context fault shows the fault again",
      value("$pc") == fault_pc, hex(value("$pc")))

# A step acts on the real context, one instruction of the handler.
run("monitor context real")
run("maintenance flush register-cache")
pc = value("$pc")
run("stepi")
check("stepi acts on the real context", 0 < abs(value("$pc") - pc) < 4096,
      hex(value("$pc")))

# Continue to the panic (oops=panic), which is a stop of its own.
out = go()
has("continue leads to panic", out, r"SIG(TRAP|SEGV|ABRT)|stopped")
run("bt 8")
real = run("monitor context real") and run("maintenance flush register-cache")
check("the second stop is in panic", "panic" in functions()[:3] or
      symbol(value("$pc")).startswith("panic"), functions())
done()
