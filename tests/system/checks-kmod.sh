# SPDX-License-Identifier: GPL-2.0-or-later
#
# Checks of trapline.ko in a lab of its own, booted with kvm-arm.mode=none: the
# module is loaded and unloaded, and runs guests. Sourced by run.
# shellcheck shell=bash disable=SC2034,SC2153,SC2154

kmod_path()
{
	echo "build/kmod/$lab_kernel/trapline.ko"
}

# Load and unload the module; between these a CPU goes offline and comes back.
check_kmod_load()
{
	local n=${LOADS:-20}

	check "$n loads and unloads with CPU hotplug" lab_run $((n * 3)) "
		cpu=/sys/devices/system/cpu/cpu1/online
		for i in \$(seq $n); do
			insmod $(kmod_path) || exit 1
			ls -l /dev/trapline | grep -q ^crw-rw---- || exit 1
			[ ! -e /sys/kernel/debug/trapline/bug ] || exit 1
			if [ \$((i % 4)) = 0 ]; then
				echo 0 >\$cpu && echo 1 >\$cpu || exit 1
			fi
			rmmod trapline || exit 1
		done"
}

# nVHE: a CPU that comes online or goes offline owns EL2 as long as it runs code
# that may have to flush a guest's translations. Otherwise it does not come
# online.
check_kmod_hotplug()
{
	# busybox repeats a write(2) that was refused, so refuse 9 times.
	make -s -C "$TOP" "build/power/$lab_kernel/modules.ok" >/dev/null ||
		{ fail "the tests' modules are not built"; return; }
	lab_run 60 "cpu=/sys/devices/system/cpu/cpu1/online
		knob=/sys/kernel/debug/trapline/no_take
		insmod build/power/$lab_kernel/hotplug.ko &&
			insmod $(kmod_path) test_knobs=1 || exit 1
		for i in 1 2 3; do echo 0 >\$cpu; echo 1 >\$cpu; done
		cd /sys/module/hotplug/parameters
		echo callbacks \$(cat calls), EL2 missing \$(cat missing)
		echo 0 >\$cpu; echo 9 >\$knob
		echo 1 >\$cpu; echo online: \$(cat \$cpu)
		echo 0 >\$knob; echo 1 >\$cpu; echo then online: \$(cat \$cpu)
		rmmod trapline; rmmod hotplug" >"$WORK/kmod.log"
	check "a CPU owns EL2 in every online and offline callback" \
		grep -aq 'callbacks 6, EL2 missing 0' "$WORK/kmod.log"
	check "a CPU whose EL2 cannot be taken stays offline" \
		grep -aq '^online: 0' "$WORK/kmod.log"
	check "the CPU comes online once EL2 can be taken" grep -aq '^then online: 1' "$WORK/kmod.log"
}

# Load and unload again, while a CPU goes offline and comes back all the time.
# Kill two running guests each time.
check_kmod_killed()
{
	local n=${LOADS:-5}

	check "$n times guests killed and unloaded under hotplug" \
		lab_run $((n * 4 + 20)) "
		cpu=/sys/devices/system/cpu/cpu1/online
		insmod $(kmod_path) && rmmod trapline || exit 1
		touch /tmp/on
		(while [ -e /tmp/on ]; do echo 0 >\$cpu; echo 1 >\$cpu; done) &
		cp build/guest/spin.bin /tmp
		for i in \$(seq $n); do
			insmod $(kmod_path) || exit 1
			rm -f /tmp/said*
			pids=
			for vm in 1 2; do
				trapline run --accel trapline --gdb none \
					--load-address 0x40080000 \
					/tmp/spin.bin >/tmp/said\$vm &
				pids=\"\$pids \$!\"
			done
			until grep -qs now /tmp/said1 && grep -qs now /tmp/said2
			do
				usleep 20000
			done
			kill -KILL \$pids
			wait
			grep -q [^0] /sys/kernel/debug/trapline/[vtmo]* && exit 1
			rmmod trapline || exit 1
		done & wait \$!
		status=\$?
		rm /tmp/on
		wait
		exit \$status"
}

# The ways to clear branch predictors at a guest's exits (harden.h). None of the
# lab's CPUs needs one.
hardens=(auto loop clear firmware)
nr_taps=0

# kmod_tap WHAT SECONDS PROGRAM...: run programs of tests/kmod with the module
# loaded. parameters= adds module parameters; before= is a command to run before
# the programs.
kmod_tap()
{
	local what=$1 seconds=$2 sys=/sys/module/trapline/parameters/harden
	local counts=/sys/kernel/debug/trapline out harden program

	shift 2
	for program; do
		harden=${hardens[nr_taps++ % ${#hardens[@]}]}
		lab_run "$seconds" "insmod $(kmod_path) check_tlb=1 check_cache=1 vmids=6 \
			test_knobs=1 harden=$harden ${parameters:-} && echo harden \$(cat $sys) &&
			${before:-true} &&
			build/arm64/$program; cat $counts/[vtmo]* | tr -d \"\n\";
			rmmod trapline" >"$WORK/kmod.log"
		out=$(grep -aE '^(ok|not ok|#|[0-9])' "$WORK/kmod.log")
		nr_passed=$((nr_passed + $(grep -c '^ok' <<<"$out")))
		check "$what (${program%% *})" \
			grep -qE '^1\.\.[0-9]+$' <<<"$out"
		check "vectors, $harden; nothing left" \
			[ "$(grep -aoE "^(harden [a-z]*|000000)" "$WORK/kmod.log" |
				xargs)" = "harden ${harden/auto/none} 000000" ]
		if grep -q '^not ok' <<<"$out"; then
			nr_failed=$((nr_failed +
				$(grep -c '^not ok' <<<"$out")))
			grep -v '^ok' <<<"$out"
		fi
	done
}

check_kmod_guests()
{
	kmod_tap "guests of a few instructions" 200 kvm_basic kvm_api \
		attributes debug trace lines endian account pstate errors stats
	kmod_tap "guest memory" 200 "memory /dev/trapline /dev/vda"
	lab_run 60 "insmod $(kmod_path); chgrp 77 /dev/trapline;
		TL_USER=77 build/arm64/kvm_basic; TL_USER=78 build/arm64/kvm_basic;
		rmmod trapline" >"$WORK/kmod.log"
	check "a user of the device's group, who is not root, runs guests" \
		grep -qaE '^1\.\.[0-9]+$' "$WORK/kmod.log"
	check "a user outside that group runs no guest" \
		grep -qa '^Bail out! .*: Permission denied' "$WORK/kmod.log"
}

# Each event of events/trapline/ comes while guests run.
check_kmod_events()
{
	lab_run 120 "insmod $(kmod_path); t=/sys/kernel/tracing
		[ -e \$t/trace ] || mount -t tracefs tracefs \$t
		echo 16384 >\$t/buffer_size_kb; echo 1 >\$t/events/trapline/enable
		build/arm64/kvm_basic; build/arm64/kvm_api
		echo 0 >\$t/events/trapline/enable
		grep -o \"trapline_[a-z_]*: vcpu\" \$t/trace | sort -u; echo >\$t/trace
		rmmod trapline" >"$WORK/kmod.log"
	check "all seven tracepoints" \
		[ "$(grep -ac '^trapline_[a-z_]*: vcpu' "$WORK/kmod.log")" = 7 ]
}

# The ID registers and traps of a guest do not depend on the CPU. First test the
# lab's CPUs, which are all alike, then a CPU that claims to have fewer
# features.
check_kmod_cpus()
{
	local parameters

	kmod_tap "guests see the same features on each CPU" 200 cpus
	parameters="fake_cpu=1 fake_regs=ID_AA64PFR0_EL1:0x11"
	parameters+=",ID_AA64PFR1_EL1:0,ID_AA64DFR0_EL1:0x101006"
	parameters+=",ID_AA64MMFR0_EL1:0,ID_AA64MMFR1_EL1:0,CTR_EL0:1"
	kmod_tap "guests when one CPU has fewer features" 200 cpus
}

# In each ioctl, each call of the kernel that may fail fails once.
check_kmod_failures()
{
	make -s -C "$TOP" "build/power/$lab_kernel/modules.ok" >/dev/null ||
		{ fail "the tests' modules are not built"; return; }
	lab_run 20 "insmod build/power/$lab_kernel/failures.ko" >/dev/null
	kmod_tap "a failure of each call in each ioctl" 200 failures
	grep -a '^#' "$WORK/kmod.log"
	# Busybox insmod tries twice, so it loads the module after a failure.
	lab_run 100 "nth=/sys/module/failures/parameters/fail_nth; n=0; left=0
		while [ \$left = 0 ]; do
			n=\$((n + 1))
			sh -c \"echo \$n >\$nth; exec insmod $(kmod_path)\" || break
			left=\$(cat \$nth); echo 0 >\$nth
			rmmod trapline || break
		done
		echo loaded after \$((n - 1)) failures, \$left
		rmmod failures" >"$WORK/kmod.log"
	check "the module loads after each failure to load" \
		grep -aqE '^loaded after [1-9][0-9]* failures, [^0]' "$WORK/kmod.log"
	grep -a '^loaded' "$WORK/kmod.log"
}

# Hostile processes and hostile guests. In a second run, a kernel call that can
# fail does so with a probability of 1/20. check_kmod_log checks the kernel's log
# afterwards.
check_kmod_fuzz()
{
	local knob=/sys/module/failures/parameters failed

	kmod_tap "every ioctl with wrong arguments" 200 "fuzz_ioctl 10"
	grep -a '^#' "$WORK/kmod.log"
	make -s -C "$TOP" "build/power/$lab_kernel/modules.ok" >/dev/null ||
		{ fail "the tests' modules are not built"; return; }
	lab_run 20 "insmod build/power/$lab_kernel/failures.ko" >/dev/null
	before="echo 20 >$knob/fail_one_in" \
		kmod_tap "the same while calls fail" 200 "fuzz_ioctl 10"
	grep -a '^#' "$WORK/kmod.log"
	failed=$(lab_run 20 "cat $knob/failed; rmmod failures" |
		grep -axE '[0-9]+')
	check "calls have failed ($failed)" [ "${failed:-0}" -gt 0 ]
}

check_kmod_hostile()
{
	kmod_tap "hostile guests" 200 "hostile 2"
	grep -a '^#' "$WORK/kmod.log"
}

# selftest COMMAND STATUS [TEXT]: the exit status has to be in STATUS, as 0/254,
# and the output has to have TEXT if the status is not 0
selftest()
{
	local name=${1%% *} began=$SECONDS status

	lab_run 150 "build/selftests/$1" >"$WORK/selftest.log"
	status=$?
	case /$2/ in
	*/$status/*)	pass "$name ends with $status, $((SECONDS - began)) s" ;;
	*)		fail "$name ends with $status, not $2"
			tail -n 40 "$WORK/selftest.log" ;;
	esac
	[ $status = 0 ] || [ -z "$3" ] ||
		check "$name says \"$3\"" grep -qF "$3" "$WORK/selftest.log"
}

# Run the kernel's own tests of KVM: $SELFTESTS, or the whole list.
check_kmod_selftests()
{
	local command status text

	"$TOP/tests/kmod/selftests" ||
		{ fail "the kernel's own tests are not built"; return; }
	lab_run 20 "insmod $(kmod_path) && ln -sf trapline /dev/kvm" >/dev/null
	while IFS='|' read -r command status text _ <&3; do
		case " ${SELFTESTS:-${command%% *}} " in
		*" ${command%% *} "*)	selftest "$command" "$status" "$text" ;;
		esac
	done 3< <(grep -v '^#' "$TOP/tests/kmod/selftests.list")
	lab_run 20 "rm /dev/kvm; rmmod trapline" >/dev/null
	check "the module is unloaded" [ $? = 0 ]
}

# complaints: print the lines in the log of the lab's kernel that report a fault
complaints()
{
	lab_run 10 "dmesg" >"$WORK/dmesg.log"
	grep -aE 'Oops|BUG|WARNING:|Call trace' "$WORK/dmesg.log"
}

# The lab's kernel must have printed no oops and no warning.
check_kmod_log()
{
	local lines

	lines=$(complaints)
	check "the kernel's log has no warning" [ -z "$lines" ]
	[ -z "$lines" ] || cat "$WORK/dmesg.log"
}

# kmod_debian VCPUS: boot Debian to user space, put a load on its disk and its
# network, and power off
kmod_debian()
{
	local n=$1 online=0

	[ "$n" = 1 ] || online=0-$((n - 1))
	make_disk "$WORK/disk.img"
	APPEND=quiet ACCEL=trapline guest_start smp,load,poweroff \
		-c "$n" -m 384M -d "$WORK/disk.img" -n user,host-loopback=on
	guest_wait 250
	check "Debian with $n CPUs on /dev/trapline" \
		guest_said "guest: smp ok online $online\$"
	check "all bytes from its disk and network are right" \
		guest_said 'guest: load ok'
	/sbin/e2fsck -fn "$WORK/disk.img" >"$WORK/fsck.log" 2>&1
	check "the file system is clean" [ $? = 0 ]
	check "power-off is status 0" [ "$guest_status" = 0 ]
	[ "$nr_failed" = 0 ] || guest_log | tail -n 40
}

# kmod_debians VCPUS...
kmod_debians()
{
	local n

	mkdir -p "$WORK/files"
	head -c 1000003 /dev/urandom >"$WORK/files/data"
	serve_file 8002 "$WORK/files/data"
	lab_run 20 "insmod $(kmod_path) check_tlb=1 check_cache=1" >/dev/null
	for n; do
		kmod_debian "$n"
	done
	lab_run 20 "rmmod trapline" >/dev/null
	check "the module is unloaded" [ $? = 0 ]
}

check_kmod_boot()
{
	kmod_debians 2
}

# Also with more vCPUs than the lab has CPUs.
check_kmod_boots()
{
	kmod_debians 1 2 8
}

check_kmod_step()
{
	local ACCEL=trapline

	lab_run 20 "lsmod | grep -q ^trapline || insmod $(kmod_path)" >/dev/null
	check_step
	guest_end
	check_pcs
	guest_end
	check_rates
	guest_end
	check_text
	guest_end
	check_own
	guest_end
	check_locking
	guest_end
}

check_kmod_sessions()
{
	local ACCEL=trapline

	lab_run 20 "lsmod | grep -q ^trapline || insmod $(kmod_path)" >/dev/null
	check_sessions
	guest_end
}

check_kmod_patch()
{
	local ACCEL=trapline

	lab_run 20 "lsmod | grep -q ^trapline || insmod $(kmod_path)" >/dev/null
	check_patch
	guest_end
}

check_trace()
{
	KERNEL=$TOP/build/guest/mmu.bin guest_start - --wait \
		--load-address 0x40080000
	guest_expect 60 "$WAITING" || { fail "no guest"; return; }
	gdb_script trace -- "$TOP/build/guest/mmu.elf"
	guest_wait 10
	check "the guest's MMU went on and off" guest_said '^mmu: ok'
}

# Without a debugger the report of a crash has the flight recorder's last exits.
kmod_flight()
{
	local out

	out=$(lab_run 20 "trapline run --accel trapline --gdb none --flight 64 \
		--load-address 0x40080000 build/guest/mmio_read.bin")
	check "the report of a failure has the last exits" \
		grep -qaE '0x0*4008[0-9a-f]+: load from IPA 0xb000010' <<<"$out"
	check "the last exit is in the report" grep -qa 'to trapline: MMIO' <<<"$out"
}

# The stub on /dev/trapline does the same as on /dev/kvm.
check_kmod_stub()
{
	local ACCEL=trapline

	lab_run 20 "insmod $(kmod_path)" >/dev/null
	check_guests
	kmod_flight
	check_kmod_step
	lab_run 20 "rmmod trapline" >/dev/null
}

# kmod_crash GUEST'S KERNEL...: what the demo shows, with each of the kernels
kmod_crash()
{
	local ACCEL=trapline kernel

	lab_run 20 "insmod $(kmod_path)" >/dev/null
	for kernel; do
		guest_kernel_use "$kernel"
		check_crash
		guest_end
	done
	guest_kernel_use "$guest_kernel"
	lab_run 20 "rmmod trapline" >/dev/null
}

check_kmod_crash()
{
	kmod_crash 6.1 6.12
}

# The same with the kernel that the row names.
check_kmod_crash_row()
{
	kmod_crash "$guest_kernel"
}

# Watchpoints by denied pages: kmod_debug CHECK
kmod_debug()
{
	local ACCEL=trapline

	lab_run 20 "insmod $(kmod_path) check_tlb=1 check_cache=1" >/dev/null
	"check_$1"
	guest_end
	lab_run 20 "rmmod trapline" >/dev/null
}

check_kmod_dump()
{
	kmod_debug dump
}

check_kmod_linux()
{
	kmod_debug linux
}

check_kmod_watch()
{
	kmod_debug watch
}

check_kmod_many()
{
	kmod_debug many
}

check_kmod_rates()
{
	kmod_debug rates
}

check_kmod_own()
{
	kmod_debug own
}

check_kmod_culprit()
{
	kmod_debug culprit
}

# A kexec while trapline owns EL2 and a guest runs has to enter the next kernel
# at EL2. This is the last check of its lab, because a successful check ends the
# lab.
check_kmod_kexec()
{
	lab_say "insmod $(kmod_path); cp build/guest/spin.bin /tmp;
		(trapline run --accel trapline --gdb none --load-address 0x40080000 \
			/tmp/spin.bin >/tmp/said &)
		until grep -qs now /tmp/said; do usleep 20000; done
		build/arm64/kexec"
	check "after kexec EL2 is in the right state" wait_until 30 lab_is_gone
}

# kmod_refuses WHAT PARAMETERS TEXT: the module refuses to load and prints one
# line with TEXT. The kernel's own lines (taints) and the warning caused by
# ignore_errata=1 do not count. Busybox insmod tries twice, with finit_module()
# and with init_module().
kmod_refuses()
{
	lab_run 20 "n=\$(dmesg | wc -l); insmod $(kmod_path) $2;
		dmesg | tail -n +\$((n + 1)); lsmod | grep -q ^trapline" \
		>"$WORK/kmod.log"
	check "$1: refused" [ $? = 1 ]
	grep -a 'trapline: ' "$WORK/kmod.log" | grep -v 'taint' |
		sed '/this CPU has/{/does not work around/!d}; s/^\[[^]]*\] //' |
		sort -u >"$WORK/refusal.log"
	check "the message gives the reason" grep -aq "trapline: .*$3" "$WORK/refusal.log"
	check "the message is one line" [ "$(wc -l <"$WORK/refusal.log")" = 1 ]
}

# KVM owns EL2: the refusal names the boot parameter that helps. On nVHE the
# module detects KVM by a call, on VHE by KVM's interrupts.
check_kmod_refused()
{
	kmod_refuses "KVM owns EL2" ignore_errata=1 kvm-arm.mode=none
}

# No CPU of the lab has HCR_EL2.E2H fixed at 1, so the test simulates such
# registers.
check_kmod_e2h()
{
	local parameters="test_knobs=1 fake_cpu=1"

	parameters+=" fake_regs=ID_AA64MMFR4_EL1:0xf000000"
	kmod_refuses "E2H is fixed" "$parameters" 'E2H is fixed at 1'
}

# A CPU in the table of errata.c is refused.
check_kmod_errata()
{
	kmod_refuses "a CPU with an erratum" "" 'Cortex-A55 1530923'
}

# A host with a GICv2 is refused. With no_vgic=1 guests have no interrupt
# controller.
check_kmod_gicv2()
{
	kmod_refuses "GICv2" "" 'no GICv3 .*gic-version=3.* no_vgic=1'
	parameters=no_vgic=1 kmod_tap "guests without a VGIC" 200 kvm_basic kvm_api
}

check_kmod_trace()
{
	kmod_debug trace
}

# Two VMs at once, each with as many vCPUs as the lab has CPUs. On a busy
# machine this takes minutes, so the limit is long.
check_kmod_two()
{
	local run

	cp "$KERNEL" "$WORK/vmlinuz"
	cp "$INITRD" "$WORK/initrd"
	run="trapline run --accel trapline --gdb none -c 2 -m 256M
		-i ${WORK#"$TOP/"}/initrd
		-a \"console=ttyAMA0 quiet tl.run=smp,poweroff\"
		${WORK#"$TOP/"}/vmlinuz </dev/null"
	run=${run//$'\n'/ }
	lab_run 200 "insmod $(kmod_path) && { ($run >/tmp/one 2>&1) &
		$run >/tmp/two 2>&1; wait; rmmod trapline; cat /tmp/one; cat /tmp/two; }" \
		>"$WORK/two.log"
	check "two VMs at once, two CPUs each" \
		[ "$(grep -ac 'guest: smp ok online 0-1' "$WORK/two.log")" = 2 ]
}

# Cause faults, and require a report of each. This shows that SLUB's checks were
# on, and that complaints finds their reports. The reports stay in the kernel's
# log, so this is the last check of its lab.
check_kmod_planted()
{
	kmod_plant warning freed
}

# lockdep stops after its own report and after KASAN's, so lock comes before
# freed, and this check is the last of a row.
check_kmod_planted_debug()
{
	kmod_plant warning lock sleep freed
}

kmod_plant()
{
	local fault

	make -s -C "$TOP" "build/power/$lab_kernel/modules.ok" >/dev/null ||
		{ fail "the tests' modules are not built"; return; }
	for fault in "$@"; do
		lab_run 20 "dmesg -c >/dev/null
			insmod build/power/$lab_kernel/planted.ko what=$fault &&
				rmmod planted" >/dev/null
		check "a planted fault is reported: $fault" [ -n "$(complaints)" ]
		complaints | head -n 1
	done
}
