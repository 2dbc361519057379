# SPDX-License-Identifier: GPL-2.0-or-later
#
# Checks of trapline.ko in a lab of its own, booted with kvm-arm.mode=none:
# it comes and goes, and runs guests. Sourced by run.

kmod_path()
{
	echo "build/kmod/$lab_kernel/trapline.ko"
}

# Twenty times in and out, a CPU going away and coming back in between.
check_kmod_load()
{
	check "20 loads and unloads with CPU hotplug" lab_run 60 "
		cpu=/sys/devices/system/cpu/cpu1/online
		for i in \$(seq 20); do
			insmod $(kmod_path) || exit 1
			if [ \$((i % 4)) = 0 ]; then
				echo 0 >\$cpu && echo 1 >\$cpu || exit 1
			fi
			rmmod trapline || exit 1
		done"
}

# kmod_tap WHAT SECONDS PROGRAM...: programs of tests/kmod with the module in
kmod_tap()
{
	local what=$1 seconds=$2 out program

	shift 2
	for program; do
		lab_run "$seconds" "insmod $(kmod_path) check_tlb=1 vmids=6 &&
			build/arm64/$program; rmmod trapline" \
			>"$WORK/kmod.log"
		out=$(grep -aE '^(ok|not ok|#|[0-9])' "$WORK/kmod.log")
		nr_passed=$((nr_passed + $(grep -c '^ok' <<<"$out")))
		check "$what (${program%% *})" \
			grep -qE '^1\.\.[0-9]+$' <<<"$out"
		if grep -q '^not ok' <<<"$out"; then
			nr_failed=$((nr_failed +
				$(grep -c '^not ok' <<<"$out")))
			grep -v '^ok' <<<"$out"
		fi
	done
}

check_kmod_guests()
{
	kmod_tap "guests of a few instructions" 60 kvm_basic kvm_api \
		attributes debug trace
	kmod_tap "guest memory" 100 "memory /dev/trapline /dev/vda"
}

# Hostile processes, hostile guests; check_kmod_log sees what came of them.
check_kmod_fuzz()
{
	kmod_tap "every ioctl with wrong arguments" 60 "fuzz_ioctl 10"
	grep -a '^#' "$WORK/kmod.log"
}

# The kernel has to be the same all the while: no oops, no warning.
check_kmod_log()
{
	lab_run 10 "dmesg" >"$WORK/dmesg.log"
	check "the kernel has nothing to complain of" \
		test -z "$(grep -aE 'Oops|BUG|WARNING:|Call trace' \
			"$WORK/dmesg.log")"
}

check_kmod_boot()
{
	cp "$KERNEL" "$WORK/vmlinuz"
	cp "$INITRD" "$WORK/initrd"
	lab_run 100 "insmod $(kmod_path) &&
		trapline run --accel trapline --gdb none -c 2 -m 512M \
			-i ${WORK#"$TOP/"}/initrd \
			-a \"console=ttyAMA0 quiet tl.run=smp,poweroff\" \
			${WORK#"$TOP/"}/vmlinuz && rmmod trapline" \
		>"$WORK/boot.log"
	check "Debian with 2 CPUs on /dev/trapline" \
		grep -aq 'guest: smp ok' "$WORK/boot.log"
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

# Our own stub on our own device: what it does on /dev/kvm.
check_kmod_stub()
{
	local ACCEL=trapline

	lab_run 20 "insmod $(kmod_path)" >/dev/null
	check_guests
	check_kmod_step
	check_crash
	guest_end
	lab_run 20 "rmmod trapline" >/dev/null
}

# Watchpoints by denied pages: kmod_debug CHECK
kmod_debug()
{
	local ACCEL=trapline

	lab_run 20 "insmod $(kmod_path) check_tlb=1" >/dev/null
	"check_$1"
	guest_end
	lab_run 20 "rmmod trapline" >/dev/null
}

check_kmod_watch()
{
	kmod_debug watch
}

check_kmod_culprit()
{
	kmod_debug culprit
}

# KVM has EL2: one line that says which boot parameter helps.
check_kmod_refused()
{
	lab_run 20 "insmod $(kmod_path); dmesg | tail -5" >"$WORK/kmod.log"
	check "KVM owns EL2: refused" \
		grep -aq 'kvm-arm.mode=none' "$WORK/kmod.log"
}

check_kmod_trace()
{
	kmod_debug trace
}
