# SPDX-License-Identifier: GPL-2.0-or-later
#
# Tasks as threads, in a guest that has crashed and in its dump (TL_DUMP=1). The
# guest has printed its own list of tasks.

import os
import sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tl import *

dump = "TL_DUMP" in os.environ
truth = re.findall(r"guest: truth task (\d+) (.*?)\r?$", console(), re.M)


def thread_of(name):
	"""Select the thread of a task; return its number in gdb."""
	found = re.search(r"^Thread (\d+) has .*'%s pid" % name,
			  run("thread find " + name), re.M)
	if not check("thread find knows " + name, found):
		return 0
	run("thread " + found.group(1))
	return int(found.group(1))


connect()
crashed = threads()
check("the threads are the CPUs", crashed == [1, 2], crashed)
has("the command counts the tasks", run("monitor threads tasks"),
    r"^\d+ tasks that are on no CPU are threads now$")
out = run("info threads")
check("the guest has printed its tasks", len(truth) > 10, truth)
# /proc has longer names of kernel threads than task_struct.comm.
missing = [(pid, comm) for pid, comm in truth if not re.search(
	r"[ (]%s pid %s[,)]" % (re.escape(comm[:15]), pid), out)]
check("info threads has each task of ps", not missing, missing)
check("the thread of a task has its pid", re.search(
	r"Thread 10000002 \(kthreadd pid 2, state \w\)", out), out)
has("the task that crashed is CPU's thread only", out,
    r"Thread [12] .*insmod pid")
check("no task is shown twice", len(re.findall(r"insmod pid", out)) == 1)

# The stack of each task that sleeps goes through the scheduler.
out = run("thread apply all -q bt 12")
asleep = len(threads()) - 2
check("most tasks sleep in schedule()",
      len(re.findall(r"^#\d+ .* in (__)?schedule \(", out, re.M)) >= asleep,
      out[-2000:])
has("a whole stack", out, r"^#\d+ .* in kthreadd \(")

sleeper = thread_of("kthreadd")
regs = run("info registers x0 x19 pc sp")
has("x0 is not saved", regs, r"^x0 +<unavailable>")
has("x19 and the PC are", regs, r"^x19 +0x[\s\S]*^pc +0x")
check("SP_EL0 is the task", run("monitor print task_struct 0x%x.pid" %
				value("$SP_EL0")).startswith("2"))
refused("a step of a task that sleeps", "stepi", "on no CPU")
run("thread %d" % sleeper)
has("the task is still there", run("bt 1"), r"^#0 .* in ")
if not dump:
	go_for(1)
	check("the guest runs and stops again", gdb.selected_thread().num in
	      (1, 2), run("info threads"))
	has("the tasks of this stop are threads", run("info threads"),
	    r"Thread 10000002 ")
run("monitor threads cpus")
out = run("info threads")
check("the threads are the CPUs again", threads() == [1, 2], out)
done()
