# SPDX-License-Identifier: GPL-2.0-or-later
#
# Checks of the debugger's side: each boots its guests and asks gdb. Variables
# of tests/system/run: KERNEL INITRD MODULES cpu gic guest_kernel. Sourced.

# What trapline says when a guest has stopped at a crash with nobody attached,
# and when it waits for a debugger before the first instruction.
STOPPED='^trapline: attach with: gdb-multiarch'
WAITING='^trapline: waiting for: gdb-multiarch'

# The main job, with the crashers' own files for source lines.
check_crash()
{
	APPEND="quiet oops=panic" guest_start crash_null -c 2 -m 512M \
		--modules "$MODULES"
	guest_expect 150 "$STOPPED" || { fail "no crash stop"; return; }
	gdb_script crash TL_VCPUS=2
}

# No vmlinux, no folder of modules: function names all the same.
check_bare()
{
	local out

	APPEND=quiet guest_start crash_null -c 1 -m 256M
	guest_expect 150 "$STOPPED" || { fail "no crash stop"; return; }
	out=$(gdb_batch 60 -ex 'bt' -ex 'info symbol panic' -ex kill 2>&1)
	check "a bare gdb names the faulting function" \
		grep -q '^#0 .* in crash_null_probe' <<<"$out"
	check "and the kernel's own" grep -q 'in really_probe' <<<"$out"
	check "panic has an address" grep -q '^panic in' <<<"$out"
	[ "$nr_failed" = 0 ] || echo "$out"
}

check_breaks()
{
	APPEND=quiet guest_start ticks -c 2 -m 256M
	guest_expect 150 'guest: up' || { fail "the guest did not start"; return; }
	gdb_script breaks
}

check_user()
{
	APPEND=quiet guest_start loop -c 2 -m 256M
	guest_expect 150 'guest: looping' || { fail "no guest"; return; }
	gdb_script user
}

check_smp()
{
	APPEND=quiet guest_start smp,ticks -c 4 -m 256M
	guest_expect 150 'guest: smp ok online 0-3' ||
		{ fail "four vCPUs are not online"; return; }
	gdb_script smp TL_VCPUS=4
}

check_time()
{
	APPEND=quiet guest_start ticks -c 1 -m 256M
	guest_expect 150 'guest: up' || { fail "no guest"; return; }
	gdb_script time
}

check_end()
{
	APPEND=quiet guest_start poweroff -c 1 -m 256M --wait
	guest_expect 100 "$WAITING" || { fail "no guest"; return; }
	gdb_script end
	guest_wait 10
	check "trapline's exit status is 0" [ "$guest_status" = 0 ]
}

check_wait()
{
	APPEND=quiet guest_start crash_null -c 2 -m 256M --wait
	guest_expect 100 "$WAITING" || { fail "no guest"; return; }
	gdb_script wait
}

# Two boots: one without KASLR gives the file, the other is looked at with it.
check_vmlinux()
{
	APPEND="quiet nokaslr" guest_start crash_null -c 1 -m 256M
	guest_expect 150 "$STOPPED" || { fail "no guest"; return; }
	gdb_script save
	guest_end
	APPEND=quiet guest_start crash_null -c 1 -m 256M
	guest_expect 150 "$STOPPED" || { fail "no guest"; return; }
	gdb_script vmlinux -- "$WORK/vmlinux"
	guest_end
	# The same with another build-id.
	aarch64-linux-gnu-objcopy --dump-section \
		.note.gnu.build-id="$WORK/id" "$WORK/vmlinux" "$WORK/wrong"
	tr '\000-\377' '\001-\377\000' <"$WORK/id" | tail -c 20 >"$WORK/id2"
	head -c -20 "$WORK/id" | cat - "$WORK/id2" >"$WORK/id3"
	aarch64-linux-gnu-objcopy --update-section \
		.note.gnu.build-id="$WORK/id3" "$WORK/vmlinux" "$WORK/wrong"
	APPEND=quiet guest_start crash_null -c 1 -m 256M
	guest_expect 150 "$STOPPED" || { fail "no guest"; return; }
	gdb_script vmlinux TL_WRONG=1 -- "$WORK/wrong"
}

# name frame caller more-for-the-command-line
CRASHERS='
crash_uaf crash_uaf_account crash_uaf_tick
crash_oob crash_oob_deliver crash_oob_mailbox_tick
crash_stack crash_stack_depth crash_stack_depth
crash_bug crash_bug_step crash_bug_init
crash_warn crash_warn_put crash_warn_init
crash_lockup crash_lockup_trim crash_lockup_add
crash_irqpanic crash_irqpanic_expired -
crash_cpu1 crash_cpu1_kick -
'

one_crasher()
{
	local name=$1 frame=$2 more=${3#-} where=top wait=$STOPPED

	case $name in
	crash_lockup)	where=any wait='insmod crash_lockup ended' ;;
	esac
	case $name in
	crash_warn)
		# Attached before it happens: nothing stops by itself.
		where=any
		wait=$WAITING
		APPEND=quiet guest_start "$name" -c 2 -m 256M \
			--modules "$MODULES" --wait ;;
	*)
		APPEND=quiet guest_start "$name" -c 2 -m 256M \
			--modules "$MODULES" ;;
	esac
	if ! guest_expect 150 "$wait"; then
		fail "$name: no crash stop"
	else
		gdb_script crasher TL_CRASHER="$name" TL_FRAME="$frame" \
			TL_MORE="$more" TL_WHERE="$where"
	fi
	guest_end
}

check_crashers()
{
	local name frame more

	while read -r name frame more <&3; do
		[ -z "$name" ] || one_crasher "$name" "$frame" "$more"
	done 3<<<"$CRASHERS"
}

check_rsp()
{
	APPEND=quiet guest_start ticks -c 2 -m 256M
	guest_expect 150 'guest: up' || { fail "no guest"; return; }
	gdb_script rsp
	# A debugger that is killed while the guest runs.
	gdb_batch 60 -ex continue >/dev/null 2>&1 &
	sleep 3
	kill -9 $! && wait $! 2>/dev/null
	gdb_script time
}
