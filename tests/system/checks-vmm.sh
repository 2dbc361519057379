# SPDX-License-Identifier: GPL-2.0-or-later
#
# Checks of the machine: devices, memory, CPUs, the end of a guest, bad input.
# Variables as in checks.sh. Sourced.
# shellcheck shell=bash disable=SC2034,SC2154

# Make an ext4 image with one file, which the guest reads; the guest adds
# another.
make_disk()
{
	mkdir -p "$WORK/files"
	echo "hello from the host" >"$WORK/files/from-host"
	truncate -s 32M "$1"
	/sbin/mke2fs -q -F -t ext4 -d "$WORK/files" "$1"
}

# serve_file PORT [FILE]: serve FILE, or "hello from the host", to guests; the
# lab is the host of a guest
serve_file()
{
	echo "hello from the host" >"$WORK/from-host"
	lab_run 5 "ip link set lo up; (while :; do { echo HTTP/1.0 200 OK; echo; cat ${2:-$WORK/from-host}; } | nc -l -p $1; done) >/dev/null 2>&1 &"
}

# Every device in one guest, which also serves a connection from its host.
check_devices()
{
	local now guest

	make_disk "$WORK/disk.img"
	serve_file 8000
	lab_run 5 "(while ! nc 127.0.0.1 8080 | grep .; do sleep 1; done) &"
	APPEND=quiet guest_start disk,net,rng,hvc,time,serve,poweroff -m 256M \
		-d "$WORK/disk.img" -n user,hostfwd=tcp:8080-80,host-loopback=on
	guest_wait 150
	now=$(date +%s)
	check "a disk is read" guest_said 'guest: disk ok hello from the host'
	check "the guest has written to the disk" [ "$(/sbin/debugfs -R 'cat from-guest' \
		"$WORK/disk.img" 2>/dev/null)" = "from the guest" ]
	/sbin/e2fsck -fn "$WORK/disk.img" >"$WORK/fsck.log" 2>&1
	check "the file system is clean" [ $? = 0 ]
	check "the guest reaches its host" guest_said 'guest: net ok'
	check "a port is forwarded to the guest" \
		wait_until 30 guest_said 'hello from the guest'
	check "the entropy device" guest_said 'guest: rng ok'
	check "the virtio console exists" guest_said 'guest: hvc ok'
	check "output on the virtio console arrives" guest_said 'guest: hello on hvc0'
	guest=$(guest_log | sed -n 's/^guest: time ok clock [0-9]* rtc //p')
	check "the clock is the host's" \
		[ $((now - ${guest:-0})) -lt 3600 -a $((now - ${guest:-0})) -gt -3600 ]
	check "power-off is status 0" [ "$guest_status" = 0 ]
	[ "$nr_failed" = 0 ] || guest_log | tail -n 40
}

# The sandbox on the lab's kernel. A process tries to break out, with files in
# the lab's memory and on 9p. Then check the remaining rights of each thread of
# a running VM: control, devices, two vCPUs.
check_confined()
{
	local out where

	for where in /tmp "$WORK"; do
		out=$(lab_run 120 "$TOP/build/arm64/test_sandbox $where")
		check "a confined process cannot break out: $where" \
			grep -Eq '^[0-9]+ passed, 0 failed' <<<"$out"
		check "Landlock confines the process's files: $where" [ "${out/no Landlock/}" = "$out" ]
		grep -q ', 0 failed' <<<"$out" || echo "$out"
	done
	out=$(lab_run 60 "trapline run --gdb none -c 2 --load-address 0x40080000 $TOP/build/guest/spin.bin & until [ \$(cat /proc/\$!/task/*/status | grep -c \"^Seccomp:.*2\") = 4 ]; do sleep 1; done; cat /proc/\$!/task/*/status; kill \$!; wait")
	check "every thread has its list of system calls" \
		[ "$(grep -Ec '^Seccomp:[[:space:]]*2' <<<"$out")" = 4 ]
	check "no thread can get new rights" \
		[ "$(grep -Ec '^NoNewPrivs:[[:space:]]*1' <<<"$out")" = 4 ]
	check "no thread has a capability" \
		[ "$(grep -Ec '^Cap(Prm|Eff|Inh|Amb):[[:space:]]*0+$' <<<"$out")" = 16 ]
}

# A small guest with a read-only disk and a tap device of the lab. trapline
# makes the tap device, and the lab gives itself an address on it. Guest and lab
# then reach each other.
check_small()
{
	make_disk "$WORK/disk.img"
	sum=$(sha256sum <"$WORK/disk.img")
	serve_file 8001
	lab_run 5 "(until ip addr add 192.168.77.1/24 dev tap0; do sleep 0.2; done 2>/dev/null; while ! nc 192.168.77.2 80 | grep .; do sleep 1; done) &"
	APPEND=quiet guest_start mem,diskro,tap,poweroff -c 1 -m 96M \
		-d "$WORK/disk.img,ro" -n tap=tap0
	guest_wait 150
	check "96 MiB of memory" guest_said 'guest: mem ok [0-9]{5} kB'
	check "a read-only disk is read, not written" guest_said \
		'guest: diskro ok hello'
	check "the read-only disk has not changed" [ "$sum" = "$(sha256sum <"$WORK/disk.img")" ]
	check "the host is reached through a tap device" guest_said \
		'guest: tap ok hello from the host'
	check "the host reaches the guest through the tap device" \
		wait_until 30 guest_said 'hello from the guest'
	[ "$nr_failed" = 0 ] || guest_log | tail -n 30
	check "the tap device is removed with the guest" \
		[ -n "$(lab_run 5 "[ -e /sys/class/net/tap0 ] || echo gone" |
			grep -x gone)" ]
	refused 1 'tap lo: exists, but is no tap' "-n tap=lo $KERNEL"
}

check_large()
{
	APPEND=quiet guest_start mem,poweroff -c 1 -m 4G
	guest_wait 150
	check "4 GiB of memory" guest_said 'guest: mem ok (39|40|41)[0-9]{5} kB'
	check "power-off is status 0" [ "$guest_status" = 0 ]
	[ "$nr_failed" = 0 ] || guest_log | tail -n 30
	out=$(lab_run 60 "trapline run --gdb none -c 16 $TOP/build/guest/smp.elf")
	check "16 vCPUs are turned on" \
		grep -qzE 'smp: ten and more.*smp: CPUs:\s*6' <<<"$out"
	[ "$nr_failed" = 0 ] || echo "$out"
}

# Sixteen vCPUs on two emulated CPUs are slow, so the limit is long.
check_vcpus16()
{
	APPEND=quiet guest_start smp,poweroff -c 16 -m 512M
	guest_wait 320
	check "Linux has 16 vCPUs" guest_said 'guest: smp ok online 0-15'
	check "power-off with 16 vCPUs is status 0" [ "$guest_status" = 0 ]
	[ "$nr_failed" = 0 ] || guest_log | tail -n 30
}

check_vcpus9()
{
	guest_start poweroff -c 9 -m 256M
	guest_wait 30
	check "nine vCPUs on a GICv2 are refused" [ "$guest_status" != 0 ]
	check "one line says why" guest_said '^trapline.*8'
	APPEND=quiet guest_start smp,poweroff -c 8 -m 256M
	guest_wait 200
	check "eight vCPUs on a GICv2 run" guest_said 'guest: smp ok online 0-7'
}

check_reboot()
{
	APPEND=quiet guest_start smp,reboot -c 2 -m 256M
	wait_for_log 110 guest_rebooted
	check "a reset boots the guest again" guest_rebooted
	check "after the reset the guest has all its CPUs" guest_said 'guest: smp ok online 0-1'
}

guest_rebooted()
{
	[ "$(guest_log | grep -ac 'guest: rebooting')" -ge 2 ]
}

# Print the processes in the lab that are still called trapline; there should be
# none.
LEFT='for x in /proc/[0-9]*/comm; do grep -sx trapline $x; done'

# signal_check SIGNAL STATUS
signal_check()
{
	local out

	out=$(lab_run 40 "trapline run --gdb none -i $INITRD -m 256M -a tl.run=idle $KERNEL & p=\$!; sleep 4; kill -$1 \$p; wait \$p; s=\$?; echo; echo status \$s; $LEFT")
	check "SIG$1 ends trapline with $2" grep -q "^status $2" <<<"$out"
	grep -q "^status $2" <<<"$out" || echo "$out" | tail -n 20
	check "nothing is left running" [ -z "$(grep -x trapline <<<"$out")" ]
}

check_signals()
{
	signal_check INT 130
	signal_check TERM 143
}

# refused STATUS REGEX ARGUMENTS: "trapline run" prints one line with REGEX and
# exits with STATUS. The lab's shell runs $BEFORE and $AFTER around the command;
# $CLOSE ends the quotes of $BEFORE.
refused()
{
	local status=$1 regex=$2 out got

	shift 2
	out=$(lab_run 20 "${BEFORE:-} trapline run --gdb none $*${CLOSE:-}; s=\$?; ${AFTER:-:}; exit \$s")
	got=$?
	out=$(grep -avE '^(@@.*)?$' <<<"$out")
	if [ "$got" = "$status" ] && grep -qaiE -e "$regex" <<<"$out" &&
	   [ "$(wc -l <<<"$out")" = 1 ]; then
		pass "refused: $* ($out)"
	else
		fail "trapline run $*: status $got, wanted $status, one line with '$regex'"
		echo "$out"
	fi
}

check_badinput()
{
	local out

	head -c 100000 /dev/urandom >"$WORK/garbage"
	head -c 3000000 "$KERNEL" >"$WORK/short"
	: >"$WORK/empty"
	truncate -s 300M "$WORK/large"
	refused 1 'missing: no such file' "$WORK/missing"
	refused 1 'garbage: no arm64 kernel: .*--load-address' "$WORK/garbage"
	refused 1 'empty: the file is empty' "$WORK/empty"
	refused 1 'short: truncated' "$WORK/short"
	refused 1 'large: .*300 MiB does not fit .*--mem' \
		"-m 256M -i $WORK/large $KERNEL"
	refused 1 'missing: no such file' "-i $WORK/missing $KERNEL"
	refused 1 'missing: no such file' "-d $WORK/missing $KERNEL"
	refused 1 'garbage: no valid device tree.*dtc' \
		"--dtb $WORK/garbage $KERNEL"
	refused 1 '/dev/null' "--accel /dev/null $KERNEL"
	refused 2 '--mem 1: give a size from 32M' "-m 1 $KERNEL"
	refused 2 '--cpus 0: give a number from 1 to 16' "-c 0 $KERNEL"
	refused 2 '--cpus 17: give a number from 1 to 16' "-c 17 $KERNEL"
	refused 2 'no option --nonsense' "--nonsense $KERNEL"
	refused 2 'no KERNEL' ""
	# The guest powers off; that its output is lost is an error.
	refused 1 'standard output: No space left on device' \
		"--load-address 0x40080000 build/guest/off.bin >/dev/full"
	# The same, with commands around it in the lab's shell. The last --gdb
	# counts.
	BEFORE="ip link set lo up; nc -l -p 4321 & sleep 1;" AFTER="kill \$!" \
		refused 1 '4321: .*in use; .*--gdb' "--gdb 4321 $KERNEL"
	BEFORE="echo nobody:x:65534:65534::/:/bin/sh >>/etc/passwd; chmod 0 /dev/kvm; busybox su -s /bin/sh nobody -c \"" \
		AFTER="chmod 600 /dev/kvm" CLOSE='"' \
		refused 1 '/dev/kvm: permission denied: add' "$KERNEL"
	check "nothing is left running" [ -z "$(lab_run 5 "$LEFT" |
		grep -x trapline)" ]
}
