# SPDX-License-Identifier: GPL-2.0-or-later
#
# Watchpoints by stage 2 on a running kernel, for culprit.py: reads, a page
# table, a user's stack through both of its mappings, copy_to_user, and a
# device's writes. The guest spins in user space and prints on hvc0.

from tl import *

PAGE_OFFSET = 0xfff0000000000000  # 6.12


def linear(ipa):
	"""The start of the linear map's mapping of RAM."""
	start = value("*(unsigned long *)&memstart_addr")
	return (ipa - start + PAGE_OFFSET) & ((1 << 64) - 1)


def ipa_of(va):
	return int(re.search(r"-> IPA (0x[0-9a-f]+)",
			     run("monitor walk 0x%x" % va))[1], 16)


def reads():
	"""A hundred bytes that every tick reads."""
	addr = value("(unsigned long)&jiffies") & ~7
	for command, kind in (("rwatch", "read"),
			      ("awatch", r"access \(read/write\)")):
		out = run("%s *(char(*)[100])0x%x" % (command, addr))
		has(command + " of 100 bytes", out,
		    r"Hardware %s watchpoint \d+" % kind)
		out = go(20)
		has(command + " of 100 bytes is hit", out,
		    r"Hardware %s watchpoint \d+" % kind)
		run("delete $bpnum")


def page_table():
	"""Watch a page table that is in use."""
	watch = "monitor watch %d 8" % value("(unsigned long)&swapper_pg_dir")
	if "memory slots" in run("monitor watchpoints"):
		refused("a page table", watch, "page table in use.*set_pte")
	else:
		has("a page table can be watched", run(watch), "are watched")
		run("monitor unwatch all")


def user_stack():
	"""Watch a user's stack, which the kernel maps as well."""
	found = thread_in_user_space()
	if not check("a CPU is at EL0", found, run("info threads")):
		return
	run("thread %d" % found)
	sp = value("$sp") & ~7
	out = run("watch *(char(*)[256])0x%x" % (sp - 128))
	has("a user's stack is watched", out, r"Hardware watchpoint \d+")
	out = go(20)
	has("a write to it is seen", out, r"Hardware watchpoint \d+")
	has("the user's stack is watched by stage 2",
	    run("monitor watchpoints"), r"[1-9]\d* pages protected")
	has("the process has written",
	    run("monitor lastwatch"), r", \S+ pid \d+$")
	run("delete $bpnum")


def both_mappings():
	"""Watch writes at EL0 through the kernel's mapping of the page."""
	for _ in range(5):  # the process may have ended, or its page copied
		run("thread %d" % (thread_in_user_space() or 1))
		sp = value("$sp") & ~7
		low = max(sp - 128, sp & ~0xfff)
		end = min(sp + 128, (low | 0xfff) + 1)
		va = linear(ipa_of(low))
		run("monitor whowrote 0x%x,%d" % (va, end - low))
		go_for(0.4)
		out = run("monitor whowrote show")
		run("monitor whowrote off")
		run("monitor whowrote clear")
		seen = r"CPU \d 0x%05x\w+ .* at 0x0000\w+, \S+ pid \d+$" % (va >> 44)
		if re.search(seen, out, re.M):
			break
	has("a user's write hits a watchpoint on the kernel's mapping",
	    out, seen)


def copy_to_user():
	"""Watch the kernel's writes for a process, with and without PAN."""
	for _ in range(10):  # the process may end, or read nothing
		run("tbreak *ksys_read")
		go(20)
		buf = value("$x1")
		logged = run("monitor whowrote 0x%x,1" % buf)
		go_for(0.4)
		out = run("monitor whowrote show")
		run("monitor whowrote off")
		run("monitor whowrote clear")
		seen = r"0x%016x .* \S*copy_to_user\S*: .*, \S+ pid \d+$" % buf
		if re.search(seen, out, re.M):
			break
	has("a user's buffer is watched by the kernel's thread", logged,
	    "are logged")
	has("copy_to_user is seen", out, seen)


def device():
	"""The used ring of the console's transmit queue."""
	out = run("monitor devices")
	has("devices are listed", out, r"^0x\w+ .*virtio-console.*, SPI \d+$")
	queue = re.search(r"virtio-console.*(?:\n .*)*\n +queue 1: .*used (0x\w+)", out)
	if not check("the device's queues are listed", queue, out):
		return
	used = linear(int(queue[1], 16))
	check("the ring has the address that the kernel has", ipa_of(used) ==
	      int(queue[1], 16))
	run("monitor whowrote 0x%x,4" % used)
	out = run("watch *(unsigned short *)0x%x" % (used + 2))
	has("a used ring is watched", out, r"Hardware watchpoint \d+")
	out = go(20)
	has("a write to it stops", out, r"New value = \d+")
	has("monitor lastwatch names the device and the queue",
	    run("monitor lastwatch"),
	    r"virtio-console\) queue 1 0x%016x 0x\w+ -> 0x\w+" % (used + 2))
	run("delete $bpnum")
	go_for(1.5)
	has("the log names the device, too", run("monitor whowrote show"),
	    r"virtio-console\) queue 1 0x%016x 0x\w+ -> 0x\w+" % used)
	run("monitor whowrote off")
	run("monitor whowrote clear")


def look_around():
	reads()
	page_table()
	user_stack()
	both_mappings()
	copy_to_user()
	device()
	run("set *(int *)&panic_timeout = 1")
