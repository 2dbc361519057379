# SPDX-License-Identifier: GPL-2.0-or-later
# monitor commands, and stops that the guest itself causes.
monitor help
monitor lines 3
monitor oops Oops: 0x96000004 in probe+0x10
continue
info threads
monitor panic Kernel panic - not syncing
continue
# gdb reads the list of libraries and goes on by itself
monitor module
monitor exit 3
continue
