// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * lab.c - "trapline lab": its command line
 *
 * The first word that is not an option begins the command, whose own options
 * are not parsed here. See options.h, and trapline/lab.h for the lab itself.
 */
#include "lab.h"
#include "cli.h"
#include "options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <trapline/report.h>
#include <trapline/util.h>

#define AT(field) offsetof(struct lab_options, field)

/* A list of strings (struct lab_list). */
static int add(struct option_parser *p, const char *arg)
{
	struct lab_list *list =
		(struct lab_list *)((char *)p->result + p->option->offset);

	if (list->n == LAB_MAX_LIST)
		return option_bad(p, "the option may be given %d times",
				  LAB_MAX_LIST);
	list->item[list->n++] = arg;
	return 0;
}

static int set_cpu(struct option_parser *p, const char *arg)
{
	struct lab_options *o = p->result;
	static const struct {
		const char *name, *cpu, *append;
	} cpus[] = {
		{ "vhe", "max,pauth-impdef=on", "" },
		{ "nvhe", "cortex-a57", "" },
		{ "nvhe-max", "max,pauth-impdef=on", "id_aa64mmfr1.vh=0" },
		/*
		 * Without pauth-impdef, emulated pointer authentication is too
		 * slow.
		 */
		{ "max", "max,pauth-impdef=on", "" },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cpus); i++) {
		if (strcmp(arg, cpus[i].name))
			continue;
		o->cpu = cpus[i].cpu;
		o->cpu_append = cpus[i].append;
		return 0;
	}
	o->cpu = arg;
	o->cpu_append = "";
	return 0;
}

static int set_gic(struct option_parser *p, const char *arg)
{
	struct lab_options *o = p->result;

	if (strcmp(arg, "2") && strcmp(arg, "3"))
		return option_bad(p, "give 2 or 3");
	o->gic = (unsigned int)(*arg - '0');
	return 0;
}

static int set_accel(struct option_parser *p, const char *arg)
{
	struct lab_options *o = p->result;

	if (strcmp(arg, "kvm") && strcmp(arg, "trapline"))
		return option_bad(p, "give kvm or trapline");
	o->el2_core = *arg == 't';
	return 0;
}

static int set_gdb(struct option_parser *p, const char *arg)
{
	struct lab_options *o = p->result;
	size_t len = strcspn(arg, ",");
	uint64_t port = 0;
	char number[8] = "";

	o->gdb_any_user = !strcmp(arg + len, ",any-user");
	if (len < sizeof(number) && (!arg[len] || o->gdb_any_user))
		snprintf(number, sizeof(number), "%.*s", (int)len, arg);
	if (strcmp(arg, "none") && !number_in(number, 1, PORT_MAX, &port))
		return option_bad(p, "give a port from 1 to 65535, maybe with "
				     ",any-user, or none");
	o->gdb_port = (unsigned int)port;
	return 0;
}

static int add_forward(struct option_parser *p, const char *arg)
{
	struct lab_options *o = p->result;
	uint64_t host, lab;
	const char *at;

	if (!number_parse(arg, &at, &host) || !host || host > PORT_MAX ||
	    *at != ':' || !number_in(at + 1, 1, PORT_MAX, &lab))
		return option_bad(p, "give HOSTPORT:LABPORT, such as 2222:22");
	o->net = true;
	return add(p, arg);
}

static int add_env(struct option_parser *p, const char *arg)
{
	if (!*arg || *arg == '=')
		return option_bad(p, "give NAME or NAME=VALUE");
	return add(p, arg);
}

/* "ctrl-a" or "^a" */
static int set_escape(struct option_parser *p, const char *arg)
{
	struct lab_options *o = p->result;
	const char *key = NULL;

	if (!strcmp(arg, "none")) {
		o->escape = -1;
		return 0;
	}
	if (!strncmp(arg, "ctrl-", 5))
		key = arg + 5;
	else if (arg[0] == '^')
		key = arg + 1;
	if (!key || !*key || key[1] || (*key & 0x1f) == 0)
		return option_bad(p, "give ctrl-KEY, such as ctrl-b, or none");
	o->escape = *key & 0x1f;
	return 0;
}

/* clang-format off */
static const struct cli_option options[] = {
	{ .help = "Machine" },
	{ .name = "cpu", 0, "vhe|nvhe|nvhe-max|MODEL",
	  "The CPU, and with it the exception level at which the lab's kernel "
	  "runs.\n"
	  "vhe: at EL2, on QEMU's CPU 'max'; the default, and the fastest.\n"
	  "nvhe: at EL1, with a stub at EL2, on a Cortex-A57.\n"
	  "nvhe-max: at EL1, with all other features of 'max'.\n"
	  "MODEL: a CPU that 'qemu-system-aarch64 -cpu help' lists.",
	  set_cpu },
	{ .name = "gic", 0, "2|3",
	  "The version of the interrupt controller, for the lab and its "
	  "guests. The default is 3.",
	  set_gic },
	{ .name = "smp", 0, "N", "The number of CPUs, from 1 to 64. The default is 2.",
	  option_number, AT(smp), 1, 64 },
	{ .name = "mem", 0, "SIZE",
	  "The lab's memory, such as 4G, including its guests' memory. A "
	  "number without a letter is MiB. The default is 2G.",
	  option_size, AT(mem), 256 * SZ_1M, 255 * SZ_1G },
	{ .name = "kernel", 0, "NAME|FILE",
	  "The lab's kernel: 6.12 (the default), 6.1, another that "
	  "scripts/fetch has made, or a file. The modules have to be beside "
	  "the file.",
	  option_text, AT(kernel) },
	{ .name = "accel", 0, "kvm|trapline",
	  "The owner of EL2: the kernel's KVM (/dev/kvm, the default) or "
	  "trapline.ko, which is then loaded (/dev/trapline).",
	  set_accel },
	{ .name = "append", 0, "ARGS", "Arguments for the lab's kernel.",
	  option_maybe_empty, AT(append) },
	{ .name = "icount", 0, NULL,
	  "The lab's time counts instructions. This is slow, but repeatable.",
	  option_flag, AT(icount) },
	{ .name = "disk", 0, "FILE[,ro|,snapshot][,locked]",
	  "A raw image as /dev/vda, vdb and so on, and at its own path. ,ro "
	  "makes it read-only; ,snapshot drops all changes at the end; ,locked "
	  "says that the caller has locked the file. Repeatable.",
	  add, AT(disks) },
	{ .name = "net", 0, NULL, "A network through this host (QEMU's user mode).",
	  option_flag, AT(net) },
	{ .name = "forward", 0, "HOSTPORT:LABPORT",
	  "Forward HOSTPORT of this machine's 127.0.0.1 to LABPORT in the lab. "
	  "Repeatable.",
	  add_forward, AT(forwards) },
	{ .help = "Command" },
	{ .name = "share", 0, "DIR[,ro]",
	  "Show the folder DIR at its own path; the command can write to it "
	  "unless ,ro is given. Repeatable.",
	  add, AT(shares) },
	{ .name = "file", 0, "FILE", "Put a copy of FILE at its own path. Repeatable.",
	  add, AT(files) },
	{ .name = "no-cwd", 0, NULL, "Do not share the current folder.",
	  option_flag, AT(no_cwd) },
	{ .name = "env", 0, "NAME[=VALUE]",
	  "A variable for the command's environment. Repeatable.",
	  add_env, AT(env) },
	{ .name = "gdb", 0, "PORT[,any-user]|none",
	  "Carry port PORT of 127.0.0.1 to the lab's character device "
	  "/dev/virtio-ports/trapline.gdb. Only your own debuggers and root's "
	  "are accepted; ,any-user accepts every user of this machine. The "
	  "default is none.",
	  set_gdb },
	{ .name = "escape", 0, "KEY|none",
	  "The lab's escape key: KEY and then x end the lab; KEY twice sends "
	  "one KEY to the command. The default is ctrl-a.",
	  set_escape },
	{ .help = "Other" },
	{ .name = "verbose", 'v', NULL,
	  "Show QEMU's command line and the lab's whole console.",
	  option_flag, AT(verbose) },
	{ .name = "help", 'h', NULL, "Print this text.", option_flag, AT(help) },
};
/* clang-format on */

static const struct cli_syntax syntax = {
	.command = "lab",
	.intro =
		"usage: trapline lab [options] COMMAND [ARGUMENT...]\n"
		"\n"
		"Boots an arm64 machine with EL2 (QEMU and a stock Debian kernel), runs COMMAND\n"
		"in it as root, and ends with the command's exit status. The command sees the\n"
		"current folder at its own path. Standard input, output and error are passed\n"
		"through, and so is the terminal. 'trapline' in the lab is the arm64 trapline of\n"
		"this build.\n"
		"\n"
		"  trapline lab sh                      look around\n"
		"  trapline lab trapline run Image      run a guest in the lab\n"
		"  trapline lab --cpu nvhe --kernel 6.1 dmesg\n",
	.end = "Exit status: the command's, or 128+N if signal N ended it; 1 if the lab did not\n"
	       "work; 2 for a wrong option. Variables: TRAPLINE_CACHE, the folder in which\n"
	       "scripts/setup keeps the fetched files; TRAPLINE_QEMU, the QEMU to use.\n",
	.options = options,
	.nr_options = ARRAY_SIZE(options),
};

int lab_options_parse(struct lab_options *o, int argc, char **argv, char *error,
		      size_t error_size)
{
	struct option_parser p = { .result = o,
				   .error = error,
				   .error_size = error_size };
	int n;

	*o = (struct lab_options){ .gic = 3,
				   .smp = 2,
				   .mem = 2 * SZ_1G,
				   .kernel = "6.12",
				   .append = "",
				   .escape = 'a' & 0x1f };
	set_cpu(&p, "vhe");
	n = options_parse(&syntax, o, argc, argv, error, error_size);
	if (n < 0 || o->help)
		return min(n, 0);
	o->command = argv + n;
	if (o->gic == 2 && o->smp > 8)
		return option_fail(
			&p,
			"--smp %u: give 1 to 8 with --gic 2, because "
			"a GICv2 has no more",
			o->smp);
	if (!o->command[0])
		return option_fail(&p,
				   "no COMMAND given: try 'trapline lab sh'");
	return 0;
}

int lab_main(int argc, char **argv)
{
	struct lab_options o;
	char error[256];

	if (lab_options_parse(&o, argc, argv, error, sizeof(error))) {
		report(REPORT_ERROR, "%s", error);
		return CLI_USAGE;
	}
	if (o.help) {
		options_help(&syntax, stdout);
		return 0;
	}
	return lab_run(&o);
}
