# SPDX-License-Identifier: GPL-2.0-or-later
#
# Types and arguments without a vmlinux, on a guest with more than one CPU that
# reads /proc/uptime all the time and has loaded virtio_rng. No file is given to
# gdb.

import os
import sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tl import *

CPU = 1

connect()
run("set print frame-arguments scalars")
has("an object of the kernel has its type", run("p init_task.comm"),
    r'= "swapper(/0)?(\\000|")')
check("a member has bpftool's offset",
      value("&((struct seq_file *)0)->count") ==
      int(os.environ["TL_SEQ_COUNT"]))
has("a structure is printed as in C", run("ptype struct list_head"),
    r"struct list_head \*next;\n +struct list_head \*prev;")
has("offsets are printed", run("ptype/o struct list_head"),
    r"/\* +8 +\| +8 \*/ +struct list_head \*prev;")
check("a type has a size", value("sizeof(struct page)") % 8 == 0)
has("functions have prototypes", run("info functions -q ^vfs_read$"),
    r"ssize_t vfs_read\(struct file \*, char \*, size_t, loff_t \*\);")
check("a list of objects is followed", value(
	"&((struct task_struct *)((char *)init_task.tasks.next - "
	"(long)&((struct task_struct *)0)->tasks))->tasks == "
	"init_task.tasks.next"))
check("a per-CPU variable has its type, on each CPU", value(
	"((struct rq *)((char *)&runqueues + __per_cpu_offset[%d]))->cpu" % CPU)
	== CPU)

# 6.1 has no symbol for the list of modules' types.
if not run("info address btf_modules").startswith("error"):
	has("a module has types, with those of the kernel in them",
	    run("ptype struct virtrng_info"), r"struct hwrng hwrng;")
	has("a module's functions have prototypes", run("whatis virtrng_probe"),
	    r"type = int \(struct virtio_device \*\)")
	check("gdb finds a structure of the kernel that a module points to",
	      value("sizeof(*((struct virtrng_info *)0)->vq)") ==
	      value("sizeof(struct virtqueue)"))

# The arguments of uptime_proc_show(struct seq_file *m, void *v).
run("break *uptime_proc_show")
out = go(20)
check("the breakpoint is hit", function() == "uptime_proc_show", out)
has("the first instruction has the arguments", run("bt 1"),
    r"^#0 .*uptime_proc_show \(m=0x[0-9a-f]+, v=0x[0-9a-f]+\)")
check("they are in X0 and X1", value("m == $x0 && v == $x1"))
check("an argument has its type", value("m->file->f_inode->i_ino") != 0)
out = run("bt 4")
check("callers' arguments are not guessed",
      "=<optimized out>" in out and
      not re.search(r"^#[123] .*=(?!<optimized out>)", out, re.M), out)
run("stepi")
has("the second instruction has none", run("bt 1"),
    r"uptime_proc_show \(m=<optimized out>, v=<optimized out>\)")
run("delete")
done()
