// SPDX-License-Identifier: GPL-2.0-only
/*
 * hotplug.c - does a CPU own EL2 whenever it may have to flush? (nVHE)
 *
 * Loaded before trapline.ko, so that its hotplug callbacks run before all of
 * trapline's that are of the same kind, and after them on the way down. Each
 * asks EL2 whose it is. The parameters, read after a CPU has gone and come
 * back, say how often callbacks ran and how often EL2 was not trapline's.
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
