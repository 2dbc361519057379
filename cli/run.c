// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * run.c - "trapline run": boot a guest, on this machine or in the lab
 *
 * On an arm64 machine with KVM or trapline.ko, the guest runs on that machine.
 * On other machines the same command runs in the lab. In that case the files
 * are checked here first, so that the user learns of a wrong file before the
 * lab has booted.
 */
#include "cli.h"
#include "lab.h"
#include "native.h"
#include "run_lab.h"
#include "run_options.h"

#include <errno.h>
#include <trapline/report.h>

static int run_in_lab(const struct run_options *o)
{
	struct run_lab lab;
	int err, status = CLI_FAILED;

	if (vmm_check(&o->config))
		return CLI_FAILED;
	err = run_lab_translate(o, &lab);
	if (err) {
		report(REPORT_ERROR, "%s", lab.error);
		status = err == -EINVAL ? CLI_USAGE : CLI_FAILED;
	} else {
		status = lab_main(lab.argc, lab.argv);
	}
	run_lab_deinit(&lab);
	return status;
}

int run_main(int argc, char **argv)
{
	struct run_options o;
	int status = CLI_USAGE, err = run_options_parse(&o, argc, argv);

	if (o.quiet)
		cli_quiet();
	if (err) {
		report(REPORT_ERROR, "%s", o.error);
	} else if (o.help) {
		run_options_help(stdout);
		status = 0;
	} else if (native_can_run(o.config.accel)) {
		status = native_run(&o.config);
	} else {
		status = run_in_lab(&o);
	}
	run_options_deinit(&o);
	return status;
}
