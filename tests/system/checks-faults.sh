# SPDX-License-Identifier: GPL-2.0-or-later
#
# Checks of what happens when something fails: the VMM is killed, a system call
# fails, a disk is full. Variables as in checks.sh; KILLS, TRIES and SEED are
# those of the environment. Sourced.
# shellcheck shell=bash disable=SC2034,SC2153,SC2154

# Kill trapline at random points.
check_kill_points()
{
	local watched

	watched=$(aarch64-linux-gnu-nm "$TOP/build/guest/loops.elf" |
		sed -n 's/^0*\([0-9a-f]*\) . counts$/\1/p')
	watched=$(printf %x $((0x$watched + 64)))
	check "nothing is left of a killed trapline" lab_run $((${KILLS:-20} * 15 + 60)) \
		"tests/system/killed ${ACCEL:-kvm} ${KILLS:-20} ${SEED:-1} $watched"
	guest_log | grep -a 'killed:'
}

# inject ERROR: let system calls of trapline fail, from its start to its end. The
# guest resets itself twice, so the VM is made three times.
inject()
{
	check "$1: each system call" lab_run 3000 "cp build/guest/reset.bin /tmp
		truncate -s 1M /tmp/inject-disk; mkdir -p /tmp/inject-save
		build/arm64/inject $1 ${TRIES:-30} $((60 * PATIENCE)) ${SEED:-1} 0 \"third boot\" \
			trapline run --accel ${ACCEL:-kvm} --gdb none \
			-c 2 -m 64M -n user -d /tmp/inject-disk \
			--save-dir /tmp/inject-save \
			--load-address 0x40080000 /tmp/reset.bin"
	guest_log | grep -aE '^(#|call|inject:|without)'
}

check_inject()
{
	inject ENOMEM
	inject EINTR
}

check_kmod_kill_points()
{
	local ACCEL=trapline

	lab_run 20 "insmod $(kmod_path)" >/dev/null
	check_kill_points
	lab_run 20 "rmmod trapline" >/dev/null
	check "the module is unloaded" [ $? = 0 ]
}

check_kmod_inject()
{
	local ACCEL=trapline

	lab_run 20 "insmod $(kmod_path)" >/dev/null
	check_inject
	lab_run 20 "rmmod trapline" >/dev/null
	check "the module is unloaded" [ $? = 0 ]
}

# Dumps on a disk that is full. unit/savefile, unit/virtio_blk and unit/terminal
# have the other files.
check_full()
{
	local out

	lab_run 10 "mkdir /tmp/full; mount -t tmpfs -o size=3m full /tmp/full" >/dev/null
	APPEND=quiet guest_start crash_null -c 1 -m 128M \
		--save-dir /tmp/full --dump-on-oops /tmp/full/oops
	guest_expect 150 "$STOPPED" || { fail "no crash stop"; return; }
	check "--dump-on-oops gives the reason" \
		guest_said 'trapline: .*No space left on device'
	out=$(gdb_batch 60 -ex 'monitor dump core' -ex 'monitor where' \
		-ex kill 2>&1)
	check "monitor dump gives the reason" \
		grep -q 'core: .*No space left on device' <<<"$out"
	check "the guest is still there" grep -q 'crash_null_probe' <<<"$out"
	guest_end
	check "no half file is left" [ -z "$(lab_run 10 "find /tmp/full -type f" |
		grep -a '^/tmp')" ]
	lab_run 10 "umount /tmp/full" >/dev/null
	[ "$nr_failed" = 0 ] || guest_log | tail -n 40
}
