# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154
#
# The checks of the commands that read Linux: the guest prints what /proc says,
# then crashes. The commands' output is compared with that, in the live guest
# and in its dump.

# Commands whose output has to be the same in the guest and in its dump.
LINUX_COMMANDS=(dmesg ps lsmod bt 'bt 2' cmdline 'vtop panic' runq
	'foreach kernel' 'print runqueues.nr_running' 'sym panic --json' mem
	'mem zones' 'mem slabs' 'vmas 1' 'files 1' mounts irqs timers locks
	workqueues rcu net 'net sockets' pagetables config oops
	'whatis panic' 'whatis init_task' vmcoreinfo 'vmcoreinfo made')

linux_live()
{
	local command args=()

	for command; do
		args+=(-ex "echo @ $command\\n" -ex "monitor $command")
	done
	gdb_batch 120 "${args[@]}" -ex 'echo @@end\n' -ex disconnect 2>&1 |
		sed -n '/^@@end$/q; /^@ /,$p' |
		grep -v '^Protocol error with Rcmd$' # config has found nothing
}

linux_dead()
{
	local core=$1 command

	shift
	for command; do
		echo "@ $command"
		"$TRAPLINE" shell -q -e "$command" "$core" 2>&1
	done
}

# linux_of COMMAND: the output of one command, from $out
linux_of()
{
	awk -v command="@ $1" '/^@ / { on = $0 == command; next } on' <<<"$out"
}

# linux_has COMMAND REGEX
linux_has()
{
	linux_of "$1" | grep -qE -e "$2"
}

# truth_of FILE: the lines of this file of /proc that the guest has printed
truth_of()
{
	guest_log | sed -n "s|^guest: truth $1 ||p"
}

# Every area of init that cannot grow is in the output.
linux_vmas()
{
	local range prot start end file nr=0

	while read -r range prot _ _ _ file; do
		case $file in
		'[heap]'|'[stack]')	continue ;;
		'['*)			file= ;;
		esac
		start=${range%-*} end=${range#*-}
		linux_has 'vmas 1' "^0x0*$start 0x0*$end $prot .*$file\$" ||
			return
		nr=$((nr + 1))
	done < <(truth_of 1/maps)
	[ "$nr" -gt 2 ]
}

# Every mount is there, with its type.
linux_mounts()
{
	local device path type nr=0

	while read -r device path type _; do
		linux_has mounts " $type +r[ow] +$device +$path\$" || return
		nr=$((nr + 1))
	done < <(truth_of mounts)
	[ "$nr" -gt 1 ]
}

# The caches that the guest has printed have the same sizes.
linux_slabs()
{
	local name size nr=0

	while read -r name _ _ size _; do
		linux_has 'mem slabs' "^$name +$size " || return
		nr=$((nr + 1))
	done < <(truth_of slabinfo)
	[ "$nr" -gt 2 ]
}

# The interrupts of devices have the same numbers and names.
linux_irqs()
{
	local number name nr=0

	while read -r number name; do
		linux_has irqs "^ +$number .* $name( |\$)" || return
		nr=$((nr + 1))
	done < <(truth_of interrupts |
		sed -n 's/^\([0-9]*\): .* \([a-z][-a-z0-9_]*\)$/\1 \2/p')
	[ "$nr" -gt 0 ]
}

linux_compare()
{
	local said total

	said=$(guest_log | grep -ao 'Linux version .*' | head -1)
	check "dmesg has the banner that the console has" \
		grep -qF "${said:-no banner}" <<<"$out"
	check "dmesg has the oops, which the console may not have yet" \
		linux_has dmesg 'Unable to handle kernel NULL pointer'
	check "ps has init" linux_has ps '^ +1 +1 +0 .* init$'
	check "ps has kthreadd" linux_has ps '^ +2 +2 +0 .* \[kthreadd\]$'
	check "ps has insmod on a CPU" linux_has ps ' R\+ .* insmod$'
	check "lsmod has the module" linux_has lsmod '^crash_null +0x'
	check "bt goes from the fault to the system call" \
		linux_has bt ' crash_null_probe\+.*\[crash_null\]'
	check "bt ends at EL0" linux_has bt ' 0x[0-9a-f]+ EL0'
	check "bt of a task that sleeps" linux_has 'bt 2' ' kthreadd\+0x'
	check "cmdline" linux_has cmdline '^console=.*tl.run=truth,crash_null'
	check "vtop" linux_has 'vtop panic' 'page: Normal, Write-Back|block: '
	check "runq has insmod as current" linux_has runq ' > .* insmod$'
	check "foreach has kthreadd's stack" \
		linux_has 'foreach kernel' ' kthreadd\+0x'
	check "a per-CPU variable on each CPU" \
		linux_has 'print runqueues.nr_running' '^CPU 1: [0-9]+$'
	total=$(truth_of meminfo | sed -n 's/^MemTotal: *\([0-9]*\) kB/\1/p')
	check "mem has the size that /proc has" \
		linux_has mem "^MemTotal +${total:-none}\$"
	check "mem zones" linux_has 'mem zones' '^ +0 DMA '
	check "mem slabs has the caches of /proc" linux_slabs
	check "vmas has the areas of /proc" linux_vmas
	check "mounts has the mounts of /proc" linux_mounts
	check "irqs has the devices of /proc" linux_irqs
	check "files of init" linux_has 'files 1' '^ +0 .* /dev/console$'
	check "the tick is among the timers" linux_has timers \
		'MONOTONIC .* tick_'
	check "rcu has both CPUs" linux_has rcu '^  1 '
	check "net has the loopback" linux_has net '^ +1 lo '
	check "no page is writable and executable" \
		linux_has pagetables '^0 ranges are writable and executable'
	check "config says that there is none" \
		linux_has config 'without CONFIG_IKCONFIG=y'
	check "oops has the PC of the fault" \
		linux_has oops '^pc .* crash_null_probe\+'
	check "whatis of text" linux_has 'whatis panic' '^kernel +panic\+0x0'
	check "whatis of a task" linux_has 'whatis init_task' \
		'^task +pid 0 swapper/0'
}

# What whatis and slab say of insmod's task_struct and of its stack.
linux_whatis()
{
	local task stack

	read -r task stack < <(linux_of ps |
		sed -n 's/.* R+ .* \(0x[0-9a-f]*\) \(0x[0-9a-f]*\) insmod$/\1 \2/p')
	out=$(linux_live "whatis $task" "slab $task" "whatis $stack")
	check "whatis knows a task's slab object" linux_has "whatis $task" \
		"^slab .* task_struct \(.* at $task, allocated"
	check "slab says the same" linux_has "slab $task" \
		"^$task is byte 0 of object [0-9]+, allocated"
	check "whatis knows a task's stack" linux_has "whatis $stack" \
		'^stack +of pid [0-9]+ insmod'
}

# Each key of the VMCOREINFO that the kernel has published is made with the same
# value. No other key is made, except vmemmap, which an old kernel does not
# publish. CRASHTIME comes with kexec.
linux_vmcoreinfo()
{
	local differ

	check "the kernel has published VMCOREINFO" \
		linux_has vmcoreinfo '^NUMBER\(kimage_voffset\)=0x'
	differ=$(diff <(linux_of vmcoreinfo | grep -v '^CRASHTIME=' | sort) \
		<(linux_of 'vmcoreinfo made' | sort) |
		grep '^[<>]' | grep -v '^> SYMBOL(vmemmap)=')
	check "each key of it is made with the same value" [ -z "$differ" ]
	echo "$differ"
}

# Tasks as threads of gdb, in the dump.
linux_tasks_dead()
{
	local PORT post

	PORT=$(free_port)
	"$TRAPLINE" post --gdb "$PORT" "$1" 2>"$WORK/post.log" &
	post=$!
	wait_for_log 60 grep -q 'attach with' "$WORK/post.log"
	gdb_script tasks TL_DUMP=1
	kill "$post"
	wait "$post"
}

# The parts of a report that do not depend on when it was made.
linux_report()
{
	grep -E '^  "(title|signature|cause|details|registers|walk)"' \
		"$WORK/$1.json"
}

check_linux()
{
	local out live core=$WORK/linux-$RANDOM.vmcore

	guest_start truth,crash_null -c 2 -m 256M --dump-on-oops "$core"
	guest_expect 150 "$STOPPED" || { fail "no crash stop"; return; }
	out=$(linux_live "${LINUX_COMMANDS[@]}")
	live=$out
	linux_compare
	linux_vmcoreinfo
	linux_whatis
	"$TRAPLINE" report -q --json "$WORK/live.json" ":$PORT"
	check "a report of the live guest" [ $? = 0 ]
	gdb_script tasks
	guest_end
	out=$(linux_dead "$core" "${LINUX_COMMANDS[@]}")
	check "the dump says the same as the live guest" [ "$live" = "$out" ]
	diff <(echo "$live") <(echo "$out")
	linux_tasks_dead "$core"
	"$TRAPLINE" report -q --json "$WORK/dead.json" "$core"
	check "the dump has the same report as the live guest" [ \
		"$(linux_report dead)" = "$(linux_report live)" ]
	check "which names the crash" grep -q 'in crash_null_probe"' \
		<<<"$(linux_report live)"
	[ -n "${TRAPLINE_TEST_KEEP:-}" ] || rm -f "$core"
	[ "$nr_failed" = 0 ] || echo "$live"
}

# trapline shell over a guest that runs.
check_shell()
{
	local first

	APPEND=quiet guest_start ticks -c 1 -m 256M
	guest_expect 150 'guest: up' || { fail "no guest"; return; }
	"$TRAPLINE" shell -q -e where -e 'ps | grep -c " init$"' \
		-e 'complete "sym do_init_mod"' ":$PORT" >"$WORK/shell" 2>&1
	check "commands run over the guest's port" [ $? = 0 ]
	check "a CPU, a task and a symbol are found" \
		grep -zqP '^CPU 0: EL.*\n1\n(.*\n)*do_init_module\n' "$WORK/shell"
	"$TRAPLINE" report -q :"$PORT" >"$WORK/report"
	check "a report of a guest that runs" grep -q '^stopped in ' "$WORK/report"
	first=$(guest_log | grep -ac '^guest: up')
	wait_until 60 guest_said_more_than "$first"
	check "the guest runs on after the shell has ended" [ $? = 0 ]
	mkfifo "$WORK/lines"
	"$TRAPLINE" shell -q ":$PORT" <"$WORK/lines" >"$WORK/shell" 2>&1 &
	exec 7>"$WORK/lines"
	echo where >&7
	wait_until 60 grep -q "^CPU 0" "$WORK/shell"
	check "a shell holds the guest" [ $? = 0 ]
	"$TRAPLINE" shell -q -e where ":$PORT" >"$WORK/second" 2>&1
	check "a second shell is told about the first" \
		grep -q 'A debugger may be connected already' "$WORK/second"
	echo 'status | head -n 1' >&7
	exec 7>&-
	wait $!
	check "the guest stood still meanwhile" \
		[ "$(tail -n 1 "$WORK/shell")" = "stopped on request, CPU 0" ]
	rm "$WORK/lines"
}
