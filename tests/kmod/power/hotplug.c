// SPDX-License-Identifier: GPL-2.0-only
/*
 * hotplug.c - does a CPU own EL2 whenever it may have to flush? (nVHE)
 *
 * This module is loaded before trapline.ko. So its hotplug callbacks run before
 * trapline's callbacks of the same kind when a CPU comes up, and after them
 * when the CPU goes down. Each callback asks EL2 for its owner. The parameters
 * are read after a CPU has gone offline and come back. They give the number of
 * callbacks that ran, and the number of times that trapline did not own EL2.
 */
#include <linux/cpuhotplug.h>
#include <linux/module.h>
#include <asm/virt.h>
#include "../../../kmod/el2/el2.h"

static unsigned int calls, missing;
module_param(calls, uint, 0444);
module_param(missing, uint, 0444);

static int state;

static int look(unsigned int cpu)
{
	calls++;
	missing += el2_hvc(EL2_CALL_OWNED, 0) != EL2_OWNED;
	return 0;
}

static int __init hotplug_init(void)
{
	state = cpuhp_setup_state_nocalls(CPUHP_AP_ONLINE_DYN, "test:early",
					  look, look);
	return state < 0 ? state : 0;
}

static void __exit hotplug_exit(void)
{
	cpuhp_remove_state_nocalls(state);
}

module_init(hotplug_init);
module_exit(hotplug_exit);
MODULE_DESCRIPTION("EL2's owner while CPUs come and go");
MODULE_LICENSE("GPL");
