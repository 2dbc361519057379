# SPDX-License-Identifier: GPL-2.0-or-later
#
# Checks of debugging: each check boots its guests and runs gdb. Uses these
# variables of tests/system/run: KERNEL INITRD MODULES cpu gic guest_kernel.
# Sourced.
# shellcheck shell=bash disable=SC2034,SC2153,SC2154

# trapline's line when a guest has stopped at a crash without a debugger, and
# its line when it waits for a debugger before the first instruction.
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

# gdb's output that has to be the same for a guest and its dump: the backtrace,
# registers of both CPUs, memory by a name, objects by their types. CNTVCT_EL0 is
# left out, because the counter of a stopped guest runs on.
dump_look()
{
	timeout "$((90 * PATIENCE))" "$GDB" -nx -q -batch \
		-ex 'set confirm off' -ex 'set remotetimeout 200' \
		-ex "target remote :$1" -ex 'bt' -ex 'info registers' \
		-ex 'thread apply all -q x/i $pc' -ex 'x/2i panic' \
		-ex 'monitor where' -ex 'monitor modules' \
		-ex 'p init_task.comm' -ex 'p modules' -ex 'p *init_task.nsproxy' \
		-ex 'p &((struct task_struct *)0)->comm' "${@:2}" \
		-ex disconnect 2>&1 | grep -v '^CNTVCT_EL0 '
}

# A guest that has oopsed is dumped by --dump-on-oops and by a monitor command.
# The second dump is compressed. gdb sees the same in both dumps, on this
# machine, as in the guest.
check_dump()
{
	local port core=$WORK/oops-$RANDOM.vmcore post live dead

	APPEND=quiet guest_start crash_null -c 2 -m 512M \
		--modules "$MODULES" --save-dir "$WORK" --dump-on-oops "$core"
	guest_expect 150 "$STOPPED" || { fail "no crash stop"; return; }
	live=$(dump_look "$PORT")
	dump_look "$PORT" -ex "monitor dump --compress ${core##*/}.2" >"$WORK/second"
	guest_end
	check "monitor dump" grep -q '^dumped to' "$WORK/second"
	check "the backtrace names the faulting function" \
		grep -q '^#0 .*crash_null_probe' <<<"$live"
	check "gdb has types without a vmlinux" \
		grep -qE '= "swapper(/0|\\000)' <<<"$live"
	check "no incomplete file is left" [ -z "$(compgen -G "$WORK/.*.part")" ]
	for core in "$core" "$core.2"; do
		port=$(free_port)
		"$TRAPLINE" post --gdb "$port" --modules "$MODULES" "$core" \
			2>"$WORK/post.log" &
		post=$!
		wait_for_log 60 grep -q 'attach with' "$WORK/post.log"
		dead=$(dump_look "$port")
		check "gdb sees the same in ${core##*.}" [ "$live" = "$dead" ]
		check "the compared output has more than 20 lines" \
			[ "$(wc -l <<<"$dead")" -gt 20 ]
		diff <(echo "$live") <(echo "$dead")
		dump_look "$port" -ex continue -ex 'set var $x0 = 1' \
			>"$WORK/dead"
		check "nothing runs" grep -q 'this is a dump: nothing runs' \
			"$WORK/dead"
		kill "$post"
		wait "$post"
	done
	"$TRAPLINE" post -q -e 'note console' -e 'note version' \
		-e 'note vmcoreinfo' "$core" >"$WORK/notes"
	check "the dump has the console, the version and VMCOREINFO" \
		[ "$(grep -cE '^(guest: |trapline [0-9]|OSRELEASE=)' \
			"$WORK/notes")" -ge 3 ]
	printf 'where\nps | grep -c init\nno-such-command\nexit\nps\n' |
		"$TRAPLINE" shell -q "$core" >"$WORK/shell"
	check "a script of the shell fails if one of its commands does" \
		[ "${PIPESTATUS[1]}" = 1 ]
	check "its lines run in order, up to exit" \
		grep -zqP '(?s)CPU 0: .*\n[1-9][0-9]*\nno command "no-such-command".*\n$' \
		"$WORK/shell"
	rm -f "$WORK"/oops-*
}

# Print the data that another program reads from the guest's kernel; number_of
# prints one number of this data.
kernel_numbers()
{
	"$TOP/tests/unit/kernel_truth.py" "$CACHE/kernels/$guest_kernel" |
		grep '^number'
}

number_of()
{
	sed -n "s/^number $1 //p" <<<"$truth"
}

# Four debugging sessions on one guest that reads /proc/uptime all the time.
check_ticks()
{
	local truth

	APPEND=quiet guest_start rng,smp,ticks -c 4 -m 256M
	guest_expect 150 'guest: smp ok online 0-3' ||
		{ fail "four vCPUs are not online"; return; }
	gdb_script smp TL_VCPUS=4
	truth=$(kernel_numbers)
	gdb_script types TL_SEQ_COUNT="$(number_of seq_file.count)"
	gdb_script breaks TL_SEQ_COUNT="$(number_of seq_file.count)" \
		TL_SEQ_BUF="$(number_of seq_file.buf)"
	gdb_script time
}

check_user()
{
	APPEND=quiet guest_start loop -c 2 -m 256M
	guest_expect 150 'guest: looping' || { fail "no guest"; return; }
	gdb_script user
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

# Make a copy of the vmlinux with another build-id.
make_wrong_vmlinux()
{
	local objcopy=aarch64-linux-gnu-objcopy

	type $objcopy >/dev/null 2>&1 || objcopy=objcopy
	$objcopy --dump-section .note.gnu.build-id="$WORK/id" \
		"$WORK/vmlinux" "$WORK/wrong"
	{ head -c -1 "$WORK/id"; printf '\125'; } >"$WORK/id2"
	cmp -s "$WORK/id" "$WORK/id2" &&
		{ head -c -1 "$WORK/id"; printf '\252'; } >"$WORK/id2"
	$objcopy --update-section .note.gnu.build-id="$WORK/id2" \
		"$WORK/vmlinux" "$WORK/wrong"
}

# Make a vmlinux from a guest without KASLR. Then debug a guest with KASLR
# without a file, with this vmlinux, and with a wrong one.
check_symbols()
{
	local out

	APPEND="quiet nokaslr" guest_start crash_null -c 1 -m 256M
	guest_expect 150 "$STOPPED" || { fail "no guest"; return; }
	gdb_script save
	guest_end
	APPEND=quiet guest_start crash_null -c 1 -m 256M
	guest_expect 150 "$STOPPED" || { fail "no crash stop"; return; }
	out=$(gdb_batch 60 -ex 'bt' -ex 'info symbol panic' -ex disconnect 2>&1)
	check "a bare gdb names the faulting function" \
		grep -q '^#0 .* in crash_null_probe' <<<"$out"
	check "a bare gdb names a function of the kernel" grep -q 'in really_probe' <<<"$out"
	check "panic has an address" grep -q '^panic in' <<<"$out"
	grep -q 'in really_probe' <<<"$out" || echo "$out"
	gdb_script vmlinux -- "$WORK/vmlinux"
	make_wrong_vmlinux
	gdb_script vmlinux TL_WRONG=1 -- "$WORK/wrong"
}

# crasher | function at the top of the backtrace | a caller, or -
CRASHERS='
crash_uaf crash_uaf_account crash_uaf_tick
crash_oob crash_oob_deliver crash_oob_mailbox_tick
crash_stack crash_stack_depth crash_stack_depth
crash_bug crash_bug_step crash_bug_init
crash_warn crash_warn_put -
crash_lockup crash_lockup_trim crash_lockup_add
crash_irqpanic crash_irqpanic_expired -
crash_cpu1 crash_cpu1_kick -
'

# The report of each: crasher | signature | title | cause. The signature is a hash
# of the type and of names, so it is the same for every kernel.
REPORTS='
crash_uaf|c852fb534c8c9d15|BUG: unable to handle kernel paging request in crash_uaf_account|^kworker/.* read 8 bytes at address 0x4a4a4a4a4a4a4a4a, which is not mapped, in crash_uaf_account.* .crash_uaf.\.$
crash_oob|6167a81dc57ffb54|kernel BUG in crash_oob_deliver|^kworker/.* reached a BUG.. in crash_oob_deliver.* .crash_oob.\.$
crash_stack|59d78adf25244126|kernel stack overflow in crash_stack_depth|^insmod .* overflowed its kernel stack in crash_stack_depth.* .crash_stack.[.:]
crash_bug|2f9cd7c11246782d|kernel BUG in crash_bug_step|^insmod .* reached a BUG.. in crash_bug_step.* .crash_bug.\.$
crash_warn|600a96bd445c1f4a|stopped in crash_warn_put|no crash is known: .* is in __warn
crash_lockup|8ab60d4b942eb821|possible deadlock in crash_lockup_trim|^kworker/.* has waited in crash_lockup_trim.* for the spinlock .*, which the same task holds
crash_irqpanic|2cb32eb766df35dd|kernel panic: crash_irqpanic: device does not answer|called panic.. in crash_irqpanic_expired.* .crash_irqpanic.: crash_irqpanic: device does not answer
crash_cpu1|82bc91b54102ba4b|BUG: unable to handle kernel NULL pointer dereference in crash_cpu1_kick|on CPU 1 read 8 bytes at address 0x0, which is not mapped, in crash_cpu1_kick.* .crash_cpu1.\.$
crash_null|5555a3b541671a61|BUG: unable to handle kernel NULL pointer dereference in crash_null_probe|^insmod .* read 4 bytes at address 0x4, which is not mapped, in crash_null_probe.* .crash_null.\.$
'

# The reports of the guests that --watchdog stops.
REPORTS+='
hang_abba|fadef56f7483858a|possible deadlock in hang_abba_report and hang_abba_submit|^abba_report .* on CPU 1 has waited in hang_abba_report.* for the spinlock .*, which abba_submit .* on CPU 0 holds.$
hang_irqsoff|cfad11766644f829|BUG: hard lockup in hang_irqsoff_poll|^irqsoff .* on CPU 1 has run with interrupts off.*, in hang_irqsoff_poll.* .hang_irqsoff.\.$
hang_mutex|d91cd511b0404fdf|INFO: task hung in hang_mutex_status|^mutex_waiter .* has waited for .* in hang_mutex_status.* for the mutex .*, which mutex_owner .* holds.$
hang_oom|70efcf88e5021bdd|INFO: OOM livelock in hang_oom_grow|^oom_grow .* wants memory in hang_oom_grow.* .hang_oom., and the kernel looks for it in vain
'

# report_field NAME FILE: a text of a report in JSON
report_field()
{
	sed -n "s/^  \"$1\": \"\(.*\)\",\$/\1/p" "$2"
}

# report_check CRASHER FILE: compare a report in JSON with REPORTS
report_check()
{
	local name signature title cause

	IFS='|' read -r name signature title cause \
		< <(grep "^$1|" <<<"$REPORTS")
	check "$1: the report's title" \
		[ "$(report_field title "$2")" = "$title" ]
	check "$1: its signature" \
		[ "$(report_field signature "$2")" = "$signature" ]
	check "$1: its cause" grep -q "$cause" <<<"$(report_field cause "$2")"
	grep -E '^  "(title|signature|cause|details)": ' "$2"
}

# --report-on-oops ends the guest, and writes what "trapline report" prints.
check_report()
{
	local dir=$WORK/report-$RANDOM file

	mkdir "$dir"
	APPEND=quiet guest_start crash_null -c 2 -m 256M --report-on-oops "$dir"
	guest_wait 150 || { fail "the guest has not ended"; return; }
	check "trapline's exit status is 3" [ "$guest_status" = 3 ]
	for file in report.txt report.json report.html vmcore; do
		check "$file" [ -s "$dir/$file" ]
	done
	report_check crash_null "$dir/report.json"
	"$TRAPLINE" report -q --json "$dir/again.json" "$dir/vmcore"
	report_check crash_null "$dir/again.json"
	check "the pointer's origin" \
		grep -q 'loaded at crash_null_probe' "$dir/report.txt"
	check "the page has the same title" grep -q \
		"<title>$(head -1 "$dir/report.txt")</title>" "$dir/report.html"
	rm -r "$dir"
	report_owners
	report_while_gdb_waits
}

# With slub_debug=U, the report names the function that freed the object.
report_owners()
{
	local dir=$WORK/report-$RANDOM

	mkdir "$dir"
	APPEND='quiet slub_debug=U' guest_start crash_uaf -c 2 -m 256M \
		--report-on-oops "$dir"
	guest_wait 150 || { fail "the guest has not ended"; return; }
	check "the report names who freed the object" grep -q \
		'"It was allocated by .* last freed by crash_uaf_close+' \
		"$dir/report.json"
	[ "$nr_failed" = 0 ] || cat "$dir/report.txt"
	rm -r "$dir"
}

# The guest crashes while gdb waits in "continue": the files are made all the
# same, and the guest stays for gdb.
report_while_gdb_waits()
{
	local dir=$WORK/report-$RANDOM file

	mkdir "$dir"
	APPEND=quiet guest_start crash_null -c 2 -m 256M --wait \
		--report-on-oops "$dir" --dump-on-oops "$dir/oops"
	guest_expect 150 "$WAITING" || { fail "no guest"; return; }
	gdb_batch 250 -ex continue -ex 'monitor where' >"$WORK/continued" 2>&1
	check "gdb is at the crash" grep -q 'crash_null_probe' "$WORK/continued"
	for file in report.txt report.json report.html vmcore oops; do
		check "$file, made while gdb waited" [ -s "$dir/$file" ]
	done
	guest_end
	rm -r "$dir"
}

# Two crashers do not stop the guest. For crash_warn gdb sets a breakpoint
# before the guest's first instruction; for crash_lockup gdb looks for the CPU.
one_crasher()
{
	local name=$1 wait=$STOPPED option='' dump=$1-$RANDOM

	case $name in
	crash_warn)	option=--wait wait=$WAITING ;;
	crash_lockup)	wait='insmod crash_lockup ended' ;;
	esac
	APPEND=quiet guest_start "$name" -c 2 -m 256M --modules "$MODULES" \
		--save-dir "$WORK" $option
	if guest_expect 150 "$wait"; then
		gdb_script crasher TL_CRASHER="$name" TL_FRAME="$2" \
			TL_MORE="${3#-}" TL_DUMP="$dump"
		"$TRAPLINE" report -q --json "$WORK/$dump.json" "$WORK/$dump"
		report_check "$name" "$WORK/$dump.json"
		rm -f "$WORK/$dump"
	else
		fail "$name: no crash stop"
	fi
	guest_end
}

# The crashers that enter the kernel's crash code in different ways.
check_crashers_some()
{
	CRASHERS=$(grep -E 'stack|warn|irqpanic' <<<"$CRASHERS")
	check_crashers
}

check_crashers()
{
	local name frame more

	while read -r name frame more <&3; do
		[ -z "$name" ] || one_crasher "$name" "$frame" "$more"
	done 3<<<"$CRASHERS"
}

# A guest hangs: --watchdog stops it, --report-on-hang writes what "trapline
# report" prints for the dump, and trapline ends.
one_hang()
{
	local name=$1 dir=$WORK/$1-$RANDOM

	mkdir "$dir"
	APPEND=quiet guest_start "$name" -c 2 -m 256M --watchdog 20 \
		--report-on-hang "$dir" --dump-on-hang "$dir/hang"
	if guest_wait 300; then
		check "$name: trapline's exit status is 3" [ "$guest_status" = 3 ]
		check "$name: the line of the stop has the title" guest_said \
			"trapline: Hang: .*; $(report_field title "$dir/report.json")"
		report_check "$name" "$dir/report.json"
		"$TRAPLINE" report -q --json "$dir/again.json" "$dir/vmcore"
		report_check "$name" "$dir/again.json"
		check "$name: --dump-on-hang" [ -s "$dir/hang" ]
	else
		fail "$name: the guest has not ended"
		guest_log | tail -n 20
	fi
	guest_end
	rm -r "$dir"
}

check_hangs()
{
	local name

	for name in ${HANGS:-hang_abba hang_irqsoff hang_mutex hang_oom}; do
		one_hang "$name"
	done
	hang_while_gdb_waits
}

check_hangs_some()
{
	local HANGS=hang_abba

	check_hangs
}

# gdb waits in "continue", and gets a stop that names the hang.
hang_while_gdb_waits()
{
	APPEND=quiet guest_start hang_irqsoff -c 2 -m 256M --wait --watchdog 20
	guest_expect 150 "$WAITING" || { fail "no guest"; return; }
	gdb_batch 250 -ex continue -ex 'monitor where' >"$WORK/hung" 2>&1
	check "gdb's console names the hang" \
		grep -q 'Hang: CPU 1 .*; BUG: hard lockup in hang_irqsoff_poll' \
		"$WORK/hung"
	check "gdb has got a signal" grep -q SIGABRT "$WORK/hung"
	check "gdb is in the function" grep -q 'hang_irqsoff_poll' "$WORK/hung"
	guest_end
}

# The watchpoint of examples/README.md, and, before the module is loaded,
# watchpoints on other data of the kernel.
check_culprit()
{
	APPEND=quiet guest_start spin,chat,gate,reload,crash_oob \
		-c 2 -m 256M --modules "$MODULES"
	guest_expect 100 'guest: waiting' || { fail "no guest"; return; }
	gdb_script culprit
	check "the memory of an unloaded module has no breakpoints" \
		guest_said 'guest: reload ok'
}

# The session that README.md shows.
check_walkthrough()
{
	APPEND=quiet guest_start crash_oob -c 2 -m 256M --wait \
		--modules "$MODULES"
	guest_expect 100 "$WAITING" || { fail "no guest"; return; }
	gdb_script walkthrough
}

# Kill a debugger while the guest runs: after gdb's "continue" the guest has
# printed a line.
kill_running_gdb()
{
	local said pid

	said=$(guest_log | grep -ac '^guest: up')
	gdb_batch 60 -ex 'echo resuming\n' -ex continue >"$WORK/killed.log" 2>&1 &
	pid=$!
	wait_until 60 grep -q resuming "$WORK/killed.log"
	said=$(guest_log | grep -ac '^guest: up')
	wait_until 60 guest_said_more_than "$said"
	pkill -KILL -f "remote :$PORT -ex echo resuming"
	wait "$pid" 2>/dev/null
}

guest_said_more_than()
{
	[ "$(guest_log | grep -ac '^guest: up')" -gt "$1" ]
}

check_rsp()
{
	APPEND=quiet guest_start ticks -c 2 -m 256M
	guest_expect 150 'guest: up' || { fail "no guest"; return; }
	gdb_script rsp
	gdb_script reconnect
	kill_running_gdb
	gdb_script time
}

# gdb's machine interface, as editors use it.
check_mi()
{
	APPEND=quiet guest_start crash_null -c 2 -m 256M --wait \
		--modules "$MODULES"
	guest_expect 100 "$WAITING" || { fail "no guest"; return; }
	timeout $((GDB_LIMIT * PATIENCE)) "$TOP/tests/system/mi.py" "$GDB" \
		"$PORT" crash_null_probe >"$WORK/mi.log" 2>"$WORK/mi.err"
	check "each command of the machine interface is answered" [ $? = 0 ]
	cat "$WORK/mi.log"
	nr_passed=$((nr_passed + $(grep -c '^ok ' "$WORK/mi.log")))
	! grep -q '^FAIL' "$WORK/mi.log" || tail -n 40 "$WORK/mi.err"
}

# Which clients the debugger's port accepts, and which parts of the host a
# debugger and the guest can reach.
check_security()
{
	mkdir -p "$WORK/save/sub"
	ln -s sub "$WORK/save/link"
	serve_file 8000
	APPEND=quiet guest_start net,ticks -c 1 -m 256M -n user \
		--save-dir "$WORK/save"
	guest_expect 150 'guest: up' || { fail "no guest"; return; }
	check "the guest is kept from its host's loopback" \
		guest_said 'guest: net FAIL'
	gdb_script security TL_SAVE="$WORK/save"
	check "a web page's request is reported" guest_port_said 'bytes of no debugger'
	guest_end
	KERNEL=$TOP/build/guest/loops.bin guest_start - \
		--load-address 0x40080000
	guest_expect 60 'loops: now' || { fail "no guest"; return; }
	gdb_script security TL_SAVE=
}

# Search the lab runner's own output, because the runner owns the port.
guest_port_said()
{
	grep -qa "$1" "$lab_log"
}
