/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * run_options.h - parse and check the command line of "trapline run"
 *
 * Options may stand before and after KERNEL. --disk and --net may be repeated.
 * See options.h.
 */
#ifndef TRAPLINE_CLI_RUN_OPTIONS_H
#define TRAPLINE_CLI_RUN_OPTIONS_H

#include <stdio.h>
#include <trapline/vmm.h>

#define RUN_MIN_MEMORY     (32 * SZ_1M)
#define RUN_MAX_MEMORY     (1024 * SZ_1G)
#define RUN_MAX_CPUS       16
#define RUN_MAX_CPUS_GICV2 8
#define RUN_DEFAULT_GDB    "1234"
#define RUN_MAX_WATCHDOG   86400

struct run_options {
	struct vm_config config; /* config.kernel is NULL only with help */
	/*
	 * Options of the lab, if the lab runs the guest; NULL or 0: the
	 * default.
	 */
	const char *lab_cpu;
	const char *lab_gic;
	const char *lab_kernel;
	unsigned int lab_smp;
	uint64_t lab_mem; /* bytes */
	bool quiet; /* only errors */
	bool help;
	/* Disk paths without their ",ro"; config.disk points here. */
	char *disk_path[VMM_MAX_DISKS];
	char *dump_dir[VMM_NR_EVENTS]; /* config.files[].dump_dir point here */
	char error[256];
};

/*
 * Parse argv[1...]; the result points into argv. Returns 0, or -EINVAL with one
 * line in o->error that names the option and the values that it takes. In both
 * cases call run_options_deinit().
 */
int run_options_parse(struct run_options *o, int argc, char **argv);
void run_options_deinit(struct run_options *o);

/* The text of --help. */
void run_options_help(FILE *out);

#endif
