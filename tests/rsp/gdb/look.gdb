# SPDX-License-Identifier: GPL-2.0-or-later
# Registers, memory, threads; no symbols.
info threads
info registers x0 sp pc cpsr
p $v1.d.u
info registers system
x/8xw 0x40000000
