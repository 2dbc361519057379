// SPDX-License-Identifier: GPL-2.0-only
/*
 * trapline.ko: examine the host, own EL2 while loaded, and provide
 * /dev/trapline. Unload gives EL2 back.
 */
#define pr_fmt(fmt) "trapline: " fmt

#include <linux/cpumask.h>
#include <linux/mm.h>
#include <linux/module.h>
#include "api.h"
#include "counts.h"
#include "errata.h"
#include "harden.h"
#include "host.h"
#include "idreg.h"
#include "own.h"
#include "timer.h"
#include "vgic/vgic.h"
#include "vmid.h"

#define CREATE_TRACE_POINTS
#include "tracepoints.h"

static enum host_mode mode;

static int __init trapline_init(void)
{
	int ret = errata_check();

	idreg_host_init();
	if (!ret)
		ret = host_probe(&mode);
	if (ret)
		return ret;
	ret = vmid_host_init();
	if (ret)
		return ret;
	ret = timer_host_init();
	if (ret)
		goto vmid;
	ret = vgic_host_init();
	if (ret)
		goto timer;
	ret = own_take(mode);
	if (ret)
		goto vgic;
	/*
	 * Called after all steps that can refuse to load, so that its warnings
	 * do not look like the reason of a refusal.
	 */
	harden_init();
	ret = api_register();
	if (ret)
		goto give_back;
	counts_init();
	pr_info("trapline.ko owns EL2 on %u CPUs (%s, %lu KiB pages)\n",
		num_online_cpus(), mode == HOST_VHE ? "VHE" : "nVHE",
		PAGE_SIZE / 1024);
	return 0;
give_back:
	own_give_back(mode);
vgic:
	vgic_host_deinit();
timer:
	timer_host_deinit();
vmid:
	vmid_host_deinit();
	return ret;
}

static void __exit trapline_exit(void)
{
	api_deregister();
	own_give_back(mode);
	vgic_host_deinit();
	timer_host_deinit();
	vmid_host_deinit();
	counts_deinit();
	pr_info("the kernel owns EL2 again\n");
}

module_init(trapline_init);
module_exit(trapline_exit);

MODULE_AUTHOR("The trapline authors");
MODULE_DESCRIPTION("trapline: EL2 core for debugging arm64 guest kernels");
MODULE_LICENSE("GPL");
