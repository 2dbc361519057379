# SPDX-License-Identifier: GPL-2.0-or-later
# Write registers and memory, and read them again.
set var $x3 = 77
p $x3
set var $v2.d.u[0] = 5
p $v2.d.u
set var *(int *)0x40004000 = 0x24232a7d
p/x *(int *)0x40004000
thread 2
set var $pc = 0x40081004
p $pc
detach
