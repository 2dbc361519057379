# SPDX-License-Identifier: GPL-2.0-or-later
#
# A soak: rounds of random use of /dev/trapline. The seed TL_SEED decides what each
# round does. After each round no process and no object of the module is left,
# and the kernel has reported nothing. At the end, no slab cache has grown from
# round to round. Sourced by run.
# shellcheck shell=bash disable=SC2034,SC2153,SC2154

# Start a loop in the lab that runs beside the round's guest, until soak_quiet:
# a CPU goes offline and comes back, memory gets short and is moved, VMMs are
# killed, and small VMs come and go.
soak_noise()
{
	lab_run 30 "RANDOM=$1; cpu=/sys/devices/system/cpu/cpu1/online
	cp build/guest/spin.bin build/arm64/kvm_basic /tmp; touch /tmp/on /tmp/busy
	{ while [ -e /tmp/on ]; do case \$((RANDOM % 4)) in
		0)	echo 0 >\$cpu; echo 1 >\$cpu ;;
		1)	n=\$((RANDOM % 200 + 50))
			head -c \${n}m /dev/zero | tail -c \${n}m >/dev/null
			echo 1 >/proc/sys/vm/compact_memory ;;
		2)	trapline run --accel trapline --gdb none \
				--load-address 0x40080000 /tmp/spin.bin >/tmp/said &
			until grep -qs now /tmp/said || ! kill -0 \$!; do
				usleep 20000
			done
			usleep \$((RANDOM * 20)); kill -KILL \$!; wait \$! ;;
		3)	/tmp/kvm_basic /dev/trapline ;;
	esac; done; rm /tmp/busy; } >/tmp/noise 2>&1 &" >/dev/null
}

# End the loop. Run kvm_basic once more, so that each round has at least its VMs.
soak_quiet()
{
	lab_run 100 "rm /tmp/on; while [ -e /tmp/busy ] ||
			pidof trapline kvm_basic >/dev/null; do usleep 50000; done
		/tmp/kvm_basic /dev/trapline >/tmp/basic" >/dev/null
	check "round $round: nothing runs any more" [ $? = 0 ]
}

# soak_look FILE: check what a round has left, and unload the module. FILE gets a
# line "CACHE OBJECTS" for each slab cache, and a line "pages N" for the pages
# that are neither free nor used by processes, files or slab caches. RCU frees
# inodes and dentries later than they are dropped, so wait for its callbacks.
# Inodes of /proc, and their dentries, are not counted: programs that look for
# processes make them, and a different number stays after each round.
soak_look()
{
	lab_run 100 "cat /sys/kernel/debug/trapline/[vtmo]* |
			tr -d \"\\n\"; echo \" counts\"
		rmmod trapline || echo still loaded
		for i in 1 2 3; do
			echo 3 >/proc/sys/vm/drop_caches
			echo 1 >/sys/module/rcutree/parameters/do_rcu_barrier
		done
		for cache in /sys/kernel/slab/*/shrink; do echo 1 >\$cache; done
		awk \"NR > 2 { print \\\"slab\\\", \\\$1, \\\$2 }\" /proc/slabinfo
		awk \"/^MemTotal/ { n += \\\$2 }
			/^(MemFree|Active|Inactive|Slab|Percpu):/ { n -= \\\$2 }
			END { print \\\"slab\\\", \\\"pages\\\", n / 4 }\" /proc/meminfo
		ps" >"$WORK/look.log"
	awk '$1 == "slab" { n[$2] = $3 }
		END {
			proc = n["proc_inode_cache"]
			delete n["proc_inode_cache"]
			n["dentry"] -= proc
			n["lsm_inode_cache"] -= proc
			for (cache in n)
				print cache, n[cache]
		}' "$WORK/look.log" >"$1"
	check "round $round: no VM and no page of a VM is left" \
		grep -q '^000000 counts' "$WORK/look.log"
	check "round $round: the module is unloaded" \
		[ "$(grep -c '^still loaded' "$WORK/look.log")" = 0 ]
	check "round $round: no process is left" \
		[ "$(grep -cE '[0-9] .*(trapline run|kvm_basic)' "$WORK/look.log")" = 0 ]
}

# A gdb that debugs Linux: it runs some commands, then detaches, disconnects, or
# is killed while the guest runs.
soak_gdb()
{
	local commands=() words n
	local some=(
		'tbreak uptime_proc_show;continue;stepi 5'
		'hbreak seq_printf;continue;bt 3;delete'
		'watch *(unsigned long *)&jiffies_64;continue;continue;delete'
		'break uptime_proc_show if $_thread == 1;tbreak seq_printf;continue;delete'
		'monitor ps;monitor lsmod;info threads' 'stepi 3;nexti 3')

	for ((n = RANDOM % 4; n >= 0; n--)); do
		IFS=';' read -ra words <<<"${some[RANDOM % ${#some[@]}]}"
		commands+=("${words[@]/#/-ex=}")
	done
	case $((RANDOM % 3)) in
	0)	commands+=(-ex=detach) ;;
	1)	commands+=(-ex=disconnect) ;;
	2)	n=$((RANDOM % 4)).$((RANDOM % 10))
		gdb_batch 60 "${commands[@]}" -ex=continue >"$WORK/soak.gdb" 2>&1 &
		pause $n
		pkill -KILL -f "remote :$PORT"
		wait $!
		return ;;
	esac
	gdb_batch 60 "${commands[@]}" >"$WORK/soak.gdb" 2>&1 && return
	fail "round $round: gdb: ${commands[*]}"
	tail -n 20 "$WORK/soak.gdb"
}

soak_linux()
{
	local n

	APPEND=quiet guest_start smp,ticks -c $((RANDOM % 4 + 1)) -m 256M
	guest_expect 150 'guest: smp ok' ||
		{ fail "round $round: Linux does not boot"; return; }
	for ((n = RANDOM % 4; n >= 0; n--)); do
		soak_gdb
	done
}

# soak_grown ROUNDS: compare the last third of the rounds with the first third. A
# cache has grown if its lowest count in the last third is above its highest count
# in the first third by more than 5 objects (500 pages) for each round in between.
# kvm_basic alone makes 10 VMs in each round.
soak_grown()
{
	local third=$(($1 / 3))

	awk -v n="$1" -v third="$third" '
		FNR == 1 { round++ }
		round <= third && $2 > high[$1] { high[$1] = $2 }
		round > n - third && (!($1 in low) || $2 < low[$1]) { low[$1] = $2 }
		END { for (c in low) {
			most = high[c] + (c == "pages" ? 500 : 5) * (n - third)
			if (low[c] > most)
				print c ": from " high[c] " to " low[c]
		}
		if (NR < 100 * n) print "counts are missing"
		print NR " counts" }' \
		$(seq -f "$WORK/soak.%g" "$1") >"$WORK/grown"
	check "$1 rounds: no slab cache has grown" \
		[ "$(wc -l <"$WORK/grown")" = 1 ]
	cat "$WORK/grown"
}

# Run for TRAPLINE_SOAK minutes, and at least three rounds.
check_soak()
{
	local ACCEL=trapline round=0 failed=$nr_failed
	local end=$((SECONDS + ${TRAPLINE_SOAK:-6} * 60))

	RANDOM=${TL_SEED:-1}
	while { [ $SECONDS -lt $end ] || [ $round -lt 3 ]; } &&
	      [ "$nr_failed" = "$failed" ]; do
		round=$((round + 1))
		echo "--- round $round"
		lab_run 20 "insmod $(kmod_path) check_tlb=1 check_cache=1" \
			>/dev/null
		soak_noise "$RANDOM"
		case $((RANDOM % 3)) in
		0)	TL_SECONDS=3 TL_SEED=$RANDOM check_sessions ;;
		*)	soak_linux ;;
		esac
		guest_end || return
		soak_quiet
		soak_look "$WORK/soak.$round"
		check_kmod_log
	done
	soak_grown $round
}
