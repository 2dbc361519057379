# SPDX-License-Identifier: GPL-2.0-or-later
#
# Checks of run control on bare-metal guests (tests/guest), and on a kernel that
# has not relocated itself yet. Variables as in checks.sh. Sourced.
# shellcheck shell=bash disable=SC2034,SC2154

# Every guest of tests/guest/list.
check_guests()
{
	local out

	# lab_run counts the guests, so it must not run in a subshell.
	lab_run 400 "ACCEL=${ACCEL:-auto} TRAPLINE=trapline tests/guest/run" >"$WORK/guests.log"
	out=$(grep -aE '^(ok|not ok|#|[0-9])' "$WORK/guests.log")
	nr_passed=$((nr_passed + $(grep -c '^ok' <<<"$out")))
	check "bare-metal guests" grep -qE '^1\.\.[0-9]+$' <<<"$out"
	if grep '^not ok' <<<"$out"; then
		nr_failed=$((nr_failed + $(grep -c '^not ok' <<<"$out")))
		echo "$out"
	fi
}

# Single steps with an interrupt pending.
check_step()
{
	KERNEL=$TOP/build/guest/step.bin guest_start - --wait \
		--load-address 0x40080000
	guest_expect 60 "$WAITING" || { fail "no guest"; return; }
	gdb_script step -- "$TOP/build/guest/step.elf"
}

# The CPUs that run while one CPU steps.
check_locking()
{
	KERNEL=$TOP/build/guest/both.bin guest_start - --wait -c 2 \
		--load-address 0x40080000
	guest_expect 60 "$WAITING" || { fail "no guest"; return; }
	gdb_script locking -- "$TOP/build/guest/both.elf"
}

# Compare the PCs of single steps with QEMU's own trace of the same guest.
check_pcs()
{
	local out

	lab_qemu -M virt,gic-version=3 -accel tcg,one-insn-per-tb=on \
		-cpu max -m 64M -display none -nodefaults -nic none \
		-d exec,nochain -D "$WORK/trace" \
		-kernel "$TOP/build/guest/pcs.elf"
	check "QEMU runs the guest without trapline" [ $? = 0 ]
	KERNEL=$TOP/build/guest/pcs.bin guest_start - --wait \
		--load-address 0x40080000
	guest_expect 60 "$WAITING" || { fail "no guest"; return; }
	out=$("$TOP/tests/system/pcs.py" "$PORT" "${TL_STEPS:-2000}" \
		"$WORK/trace" "$TOP/build/guest/pcs.elf" 2>&1)
	check "the same PCs as QEMU's ($out)" [ $? = 0 ]
}

# A guest that rewrites its text where breakpoints are.
check_text()
{
	local hides=

	[ "${ACCEL:-}" != trapline ] || hides=TL_HIDES=1
	KERNEL=$TOP/build/guest/text.bin guest_start - --wait \
		--load-address 0x40080000
	guest_expect 60 "$WAITING" || { fail "no guest"; return; }
	gdb_script text $hides -- "$TOP/build/guest/text.elf"
	guest_wait 10
	check "the guest reports no error" guest_said '^text: ok'
}

# A guest that debugs itself.
check_own()
{
	KERNEL=$TOP/build/guest/own.bin guest_start - --wait \
		--load-address 0x40080000
	guest_expect 60 "$WAITING" || { fail "no guest"; return; }
	gdb_script own -- "$TOP/build/guest/own.elf"
	guest_wait 10
	check "the guest got all its own exceptions" guest_said '^own: ok'
	[ "${ACCEL:-}" != trapline ] ||
		check "the guest got its own step exceptions" guest_said '^own: stepped'
}

kprobe_hits()
{
	guest_log | sed -n 's/^guest: kprobe has hit \([0-9]*\) times$/\1/p' |
		tail -n 1
}

kprobe_hits_beyond()
{
	[ "$(kprobe_hits)" -gt "${1:-999999}" ] 2>/dev/null
}

# A kernel that rewrites its text at gdb's breakpoints: alternatives and ftrace
# during the boot, a tracer, and a kprobe.
check_patch()
{
	local hits hides=

	[ "${ACCEL:-}" != trapline ] || hides=TL_HIDES=1
	APPEND=quiet guest_start probe -c 2 -m 256M --wait
	guest_expect 100 "$WAITING" || { fail "no guest"; return; }
	gdb_script patch $hides
	check "ftrace works" guest_expect 60 'guest: ftrace ok'
	check "a kprobe works" guest_expect 60 'guest: kprobe ok'
	hits=$(kprobe_hits)
	check "the kprobe continues after gdb has left" wait_until 10 kprobe_hits_beyond "$hits"
	check "the kernel's log has no warning" \
		[ -z "$(guest_log | grep -aE 'WARNING:|Oops|ftrace bug')" ]
	guest_log | grep -aE -A8 'WARNING:|Oops|ftrace bug' | head -n 30
}

# Steps in a range and false conditions cost no packets.
check_rates()
{
	local out steps=2000

	[ "${ACCEL:-}" != trapline ] || steps=100000
	KERNEL=$TOP/build/guest/count.bin guest_start - \
		--load-address 0x40080000
	guest_expect 60 'count: now' || { fail "no guest"; return; }
	out=$("$TOP/tests/system/rates.py" "$PORT" "$steps" 2>&1)
	check "steps in a range cost no packets ($out)" [ $? = 0 ]
	gdb_script condition TL_FALSE="${TL_FALSE:-2000}" -- \
		"$TOP/build/guest/count.elf"
}

# A debugger with thousands of watchpoints is killed.
check_many()
{
	local out

	KERNEL=$TOP/build/guest/store.bin guest_start - \
		--load-address 0x40080000
	guest_expect 60 'store: now' || { fail "no guest"; return; }
	out=$("$TOP/tests/system/many.py" "$PORT" "${TL_WATCHES:-10000}" 2>&1)
	check "watchpoints of a killed debugger are gone ($out)" [ $? = 0 ]
}

# A debugger that attaches before the kernel has relocated itself.
check_early()
{
	APPEND=quiet guest_start ticks -c 2 -m 256M --wait
	guest_expect 100 "$WAITING" || { fail "no guest"; return; }
	gdb_script early
}

# Four CPUs access a page with watched bytes all the time.
check_watch()
{
	local walker=

	# A57 has no hardware access flag.
	case ${ACCEL:-}-$cpu in
	trapline-vhe|trapline-nvhe-max)	walker=TL_WALKER=1 ;;
	esac
	KERNEL=$TOP/build/guest/watch.bin guest_start - -c 4 --wait \
		--load-address 0x40080000
	guest_expect 60 "$WAITING" || { fail "no guest"; return; }
	gdb_script watch $walker -- "$TOP/build/guest/watch.elf"
	guest_wait 10
	check "the guest reports no error" guest_said '^watch: ok'
}

# Debuggers connect, do random operations on 4 CPUs, and leave during one.
check_sessions()
{
	local elf=$TOP/build/guest/loops.elf at out

	at=$(for symbol in loop stored counts; do
		nm "$elf" | awk -v s="$symbol" '$3 == s { print $1 }'
	done)
	KERNEL=$TOP/build/guest/loops.bin guest_start - -c 4 \
		--load-address 0x40080000
	guest_expect 60 'loops: now' || { fail "no guest"; return; }
	# shellcheck disable=SC2086
	out=$("$TOP/tests/system/sessions.py" "$PORT" "${TL_SECONDS:-3}" $at \
		${TL_SEED:+"$TL_SEED"} 2>&1)
	check "each debugger gets its answers ($out)" [ $? = 0 ]
}

# More watchpoints than /dev/kvm has memory slots for.
check_slots()
{
	local out

	KERNEL=$TOP/build/guest/store.bin guest_start - -m 256M \
		--load-address 0x40080000
	guest_expect 60 'store: now' || { fail "no guest"; return; }
	out=$("$TOP/tests/system/slots.py" "$PORT" 2>&1)
	check "the answer says that no slot is left, and gives advice ($out)" [ $? = 0 ]
}
