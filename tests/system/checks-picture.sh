# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154
#
# The checks of what gdb shows of a crash: messages, names and backtraces have
# to be those of the guest.

# picture_start NAME: a guest that ends in this module
picture_start()
{
	APPEND=quiet guest_start "$1" -c 2 -m 256M --modules "$MODULES"
	guest_expect 150 "$STOPPED" || { fail "$1: no crash stop"; return 1; }
}

# The message of a panic is the line that the kernel prints.
check_panicfmt()
{
	picture_start crash_panicfmt && gdb_script panicfmt
}

# gdb's list of modules follows the guest's: mbcache comes and goes, virtio_rng
# stays, crash_freed goes before its timer expires.
check_freed()
{
	APPEND=quiet guest_start rng,reload,crash_freed,un_crash_freed -c 2 \
		-m 256M --modules "$MODULES" --wait
	guest_expect 150 "$WAITING" || { fail "no guest"; return; }
	gdb_script freed
}

# A fault on a function's first instruction, and the ends of backtraces.
check_entry()
{
	picture_start crash_entry && gdb_script entry
}
