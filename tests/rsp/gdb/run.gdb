# SPDX-License-Identifier: GPL-2.0-or-later
# Break and watch points, steps, and a detach at the end.
break *0x40080010
hbreak *0x40080020
continue
continue
stepi
delete
watch *(int *)0x40004000
continue
delete
set scheduler-locking step
stepi
set scheduler-locking on
stepi
detach
