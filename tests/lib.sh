# SPDX-License-Identifier: GPL-2.0-or-later
#
# Shared by the system tests: one lab that stays up and takes commands, one
# guest after the other in the lab, real gdb on these guests, and the count of
# passed checks. Sourced, never run.
#
# shellcheck shell=bash disable=SC2034
#
# The lab runs a shell that reads commands from a FIFO. All output of the shell
# and of the guests goes to $WORK/lab.log, between "@@start N" and "@@exit N
# STATUS" lines. Each test chooses free ports, so several tests can run at once.

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
CACHE=${TRAPLINE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/trapline}
case ${TRAPLINE:+set}-$(uname -m) in
set-*)		;;
-x86_64)	TRAPLINE=$TOP/build/amd64/trapline ;;
-aarch64)	TRAPLINE=$TOP/build/arm64/trapline ;;
*)		TRAPLINE=$TOP/build/$(uname -m)/trapline ;;
esac
GDB=${GDB:-gdb-multiarch}
STUB_DEVICE=dev:/dev/virtio-ports/trapline.gdb

# A wait ends on an event. Its limit is enough for an idle machine, and is
# multiplied by this number, so that only a test that hangs reaches the limit.
# On a busy machine a test takes many times as long, and still passes.
#
# The limits enclose each other. The limit of a wait, or of a gdb script, fails a
# check that hangs, and the check's guest is ended then. The lab ends a guest by
# itself only after GUEST_LIMIT, when gdb could not end it. scripts/test ends a
# test only after hours.
PATIENCE=${TRAPLINE_TEST_PATIENCE:-8}

GDB_LIMIT=${GDB_LIMIT:-250}
GUEST_LIMIT=$((GDB_LIMIT + 350))

nr_failed=0
nr_passed=0
guest_n=0
guest_status=

# ---- the lab's QEMU, for other things ---------------------------------------

lab_qemu_path()
{
	local qemu=${TRAPLINE_QEMU:-$CACHE/hostqemu/qemu-system-aarch64}

	[ -x "$qemu" ] || qemu='qemu-system-aarch64'
	echo "$qemu"
}

lab_qemu()
{
	"$(lab_qemu_path)" "$@"
}

# ---- results --------------------------------------------------------------

pass()
{
	nr_passed=$((nr_passed + 1))
	echo "ok    $*"
}

fail()
{
	nr_failed=$((nr_failed + 1))
	echo "FAIL  $*"
}

skip_test()
{
	echo "skipped: $*"
	exit 77
}

# check WHAT COMMAND...: run COMMAND; its status is the result
check()
{
	local what=$1

	shift
	if "$@"; then
		pass "$what"
	else
		fail "$what"
	fi
}

# ---- small helpers --------------------------------------------------------

port_in_use()
{
	(exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# Choose a port below the range that the kernel uses for outgoing connections.
free_port()
{
	local port

	while :; do
		port=$((20000 + RANDOM % 10000))
		port_in_use "$port" || break
	done
	echo "$port"
}

# Wait without starting a process, because that is expensive here.
exec {nothing}<> <(:)

pause()
{
	read -rt "$1" -u "$nothing" || true
}

now_ms()
{
	now=$((${EPOCHREALTIME/./} / 1000))
}

# wait_until SECONDS COMMAND...: poll five times a second
wait_until()
{
	local now end

	now_ms
	end=$((now + $1 * PATIENCE * 1000))
	shift
	until "$@"; do
		now_ms
		[ "$now" -lt $end ] || return 1
		pause 0.2
	done
}

# wait_for_log SECONDS COMMAND...: wait until COMMAND succeeds; run it again
# when the lab has printed something, and once a second
wait_for_log()
{
	local now end next

	now_ms
	end=$((now + $1 * PATIENCE * 1000))
	shift
	while : >"$WORK/asked"; ! "$@"; do
		now_ms
		[ "$now" -lt $end ] || return 1
		next=$((now + 1000))
		while [ "$now" -lt $next ] && ! [ "$lab_log" -nt "$WORK/asked" ]; do
			pause 0.1
			now_ms
		done
	done
}

# ---- the lab --------------------------------------------------------------

lab_log=
lab_pid=

# lab_start OPTION...: options of "trapline lab"
lab_start()
{
	WORK=${WORK:-$(mktemp -d "$TOP/build/test-XXXXXX")}
	lab_log=$WORK/lab.log
	PORT=$(free_port)
	rm -f "$WORK/lab.in"
	mkfifo "$WORK/lab.in"
	: >"$lab_log"
	(cd "$TOP" && exec "$TRAPLINE" lab --gdb "$PORT" --escape none \
		--share "$CACHE/kernels" "$@" sh) \
		<"$WORK/lab.in" >>"$lab_log" 2>&1 &
	lab_pid=$!
	exec 7>"$WORK/lab.in"
	lab_say "echo @@lab is up"
	wait_for_log 150 lab_is_up_or_gone
	lab_is_up && return 0
	cat "$lab_log"
	fail "the lab did not come up"
	lab_stop
	return 1
}

lab_is_up()
{
	grep -qa '^@@lab is up' "$lab_log"
}

lab_is_up_or_gone()
{
	lab_is_up || lab_is_gone
}

lab_say()
{
	# The lab may have died; another check reports that.
	(printf '%s\n' "$1" >&7) 2>/dev/null || true
}

lab_stop()
{
	[ -n "$lab_pid" ] || return 0
	lab_say "exit 0"
	exec 7>&-
	wait_until 10 lab_is_gone || kill "$lab_pid" 2>/dev/null
	wait "$lab_pid" 2>/dev/null
	lab_pid=
}

lab_is_gone()
{
	! kill -0 "$lab_pid" 2>/dev/null
}

# The number is in a file, because lab_run may run in a subshell.
next_n()
{
	guest_n=$(($(cat "$WORK/n" 2>/dev/null || echo 0) + 1))
	echo "$guest_n" >"$WORK/n"
	guest_status=
}

# lab_run SECONDS COMMAND: run COMMAND in the lab's shell; its output goes to
# stdout; the status is that of COMMAND, or 124 when it hangs
lab_run()
{
	next_n
	lab_say "echo; echo @@start $guest_n; timeout $(($1 * PATIENCE)) sh -c '$2' </dev/null 2>&1; echo @@exit $guest_n \$?"
	guest_wait $(($1 + 5))
	guest_log
	return "${guest_status:-124}"
}

# ---- one guest after the other --------------------------------------------

kernel_of()
{
	echo "$CACHE/kernels/$1/vmlinuz"
}

# guest_kernel_use VERSION: choose the kernel that guest_start boots
guest_kernel_use()
{
	KERNEL=$(kernel_of "$1")
	INITRD=$("$TOP/scripts/mkguest" "$1") &&
		MODULES=$("$TOP/scripts/mkguest" --modules "$1")
}

# guest_start WORDS OPTION...: WORDS are for tl.run=. $APPEND is added to the
# kernel's command line; $ACCEL is the device.
guest_start()
{
	local words=$1 command

	shift
	next_n
	command=$(printf '%q ' trapline run --gdb "$STUB_DEVICE" \
		--accel "${ACCEL:-auto}" \
		-i "$INITRD" -a "tl.run=$words${APPEND:+ $APPEND}" "$@" \
		"$KERNEL")
	lab_say "echo; echo @@start $guest_n; timeout $((GUEST_LIMIT * PATIENCE)) $command </dev/null 2>&1; echo @@exit $guest_n \$?"
}

# Print all output of the guest, and of trapline in the lab.
guest_log()
{
	sed -n "/^@@start $guest_n\$/,\$p" "$lab_log" | tr -d '\r\0'
}

guest_said()
{
	guest_log | grep -qaE -e "$1"
}

guest_ended()
{
	guest_log | grep -qa "@@exit $guest_n "
}

guest_said_or_ended()
{
	guest_said "$1|@@exit $guest_n " || lab_is_gone
}

# guest_expect SECONDS REGEX: wait for a line
guest_expect()
{
	wait_for_log "$1" guest_said_or_ended "$2"
	guest_said "$2" && return 0
	echo "--- no '$2' in:"
	guest_log | tail -n 40
	return 1
}

# guest_wait SECONDS: wait for the end of the guest; sets guest_status to
# trapline's exit status
guest_wait()
{
	wait_for_log "$1" guest_ended || return 1
	guest_status=$(guest_log | sed -n "s/.*@@exit $guest_n //p")
}

# End the guest, whatever its state, so that the next one can start. The guest
# may have been started in a subshell, or may not exist.
guest_end()
{
	local killer

	guest_n=$(cat "$WORK/n" 2>/dev/null || echo 0)
	[ "$guest_n" != 0 ] && ! guest_ended || return 0
	# The guest may be about to end by itself: no stub answers this gdb then.
	gdb_batch 20 -ex kill >/dev/null 2>&1 &
	killer=$!
	guest_wait 60 || fail "the guest could not be ended"
	# It may not have begun yet, so one signal may miss it.
	while kill -0 "$killer" 2>/dev/null; do
		pkill -f "remote :$PORT -ex kill"
		pause 0.1
	done
	wait "$killer"
	guest_ended
}

# ---- gdb ------------------------------------------------------------------

# gdb_batch SECONDS ARGUMENT...
gdb_batch()
{
	local limit=$1

	shift
	timeout "$((limit * PATIENCE))" "$GDB" -nx -q -batch \
		-ex 'set confirm off' -ex 'set remotetimeout 200' \
		-ex "target remote :$PORT" "$@"
}

# gdb_script NAME [VARIABLE=VALUE...] [-- GDB-ARGUMENT...]: run gdb/NAME.py,
# which prints its own "ok" and "FAIL" lines
gdb_script()
{
	local name=$1 out=$WORK/gdb-$guest_n-$1.log status env=()

	shift
	while [ $# -gt 0 ] && [ "$1" != -- ]; do
		env+=("$1")
		shift
	done
	[ $# -eq 0 ] || shift
	env PYTHONDONTWRITEBYTECODE=1 TL_PORT="$PORT" TL_LOG="$lab_log" \
		TL_WORK="$WORK" TL_OUT="$out" TL_PATIENCE="$PATIENCE" "${env[@]}" \
		timeout $((GDB_LIMIT * PATIENCE)) "$GDB" -nx -q -batch \
		-x "$TOP/tests/system/gdb/$name.py" "$@" \
		</dev/null >"$out" 2>&1
	status=$?
	grep -aE '^(ok   |FAIL )' "$out"
	nr_passed=$((nr_passed + $(grep -ac '^ok   ' "$out")))
	nr_failed=$((nr_failed + $(grep -ac '^FAIL ' "$out")))
	if [ $status != 0 ] || grep -qa '^FAIL ' "$out" ||
	   ! grep -qa '^done$' "$out"; then
		grep -qa '^FAIL ' "$out" || fail "gdb/$name.py: status $status"
		echo "--- gdb/$name.py:"
		cat "$out"
		echo "--- the guest:"
		guest_log | tail -n 30
	fi
}
