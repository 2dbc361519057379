// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * options.c - the command line of "trapline lab"
 *
 * One table lists the options. Each option has a setter that checks its
 * argument and, on an error, says what it accepts. Options end at the first
 * word that is no option, because the rest belongs to the command.
 */
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <trapline/types.h>

const char lab_usage[] =
	"usage: trapline lab [options] COMMAND [ARGUMENT...]\n"
	"\n"
	"Boots an arm64 machine with EL2 (QEMU, a stock Debian kernel with /dev/kvm),\n"
	"runs COMMAND in it as root, and ends with COMMAND's exit status. The command\n"
	"has the current directory at its own path. Standard input, output and error\n"
	"are passed through, and so is a terminal. 'trapline' in the lab is the arm64\n"
	"trapline of this build.\n"
	"\n"
	"  trapline lab sh                      look around\n"
	"  trapline lab trapline run Image      what 'trapline run' does by itself\n"
	"  trapline lab --cpu nvhe --kernel 6.1 dmesg\n"
	"\n"
	"Machine:\n"
	"  --cpu vhe|nvhe|nvhe-max|MODEL  the CPU, and so where the kernel runs:\n"
	"                      vhe       at EL2, QEMU's 'max' CPU (default, fastest)\n"
	"                      nvhe      at EL1 above a stub, a Cortex-A57\n"
	"                      nvhe-max  at EL1, with all other features of 'max'\n"
	"                      MODEL     anything 'qemu-system-aarch64 -cpu help' lists\n"
	"  --gic 2|3           the interrupt controller, also the guest's (3)\n"
	"  --smp N             CPUs (2)\n"
	"  --mem SIZE          memory, including that of guests (2G)\n"
	"  --kernel NAME|FILE  6.12 (default), 6.1, another one of scripts/fetch,\n"
	"                      or a file that has its modules beside it\n"
	"  --accel kvm|trapline  the owner of EL2: the kernel's KVM, or trapline.ko,\n"
	"                      which is loaded and provides /dev/trapline (kvm)\n"
	"  --append STRING     more kernel arguments\n"
	"  --icount            time counts instructions: slow, but repeatable\n"
	"  --disk FILE[,ro|,snapshot][,locked]  a raw image, as /dev/vda, vdb, ...,\n"
	"                      and at its own path; locked: the caller has locked it\n"
	"  --net               network through the host (QEMU's user mode)\n"
	"  --forward HOST:LAB  host's 127.0.0.1 port to a port in the lab\n"
	"\n"
	"Command:\n"
	"  --share DIR[,ro]    mount DIR at its own path, writable; repeatable\n"
	"  --file FILE         a copy of FILE at its own path; repeatable\n"
	"  --no-cwd            do not share the current directory\n"
	"  --env NAME[=VALUE]  an environment variable for the command\n"
	"  --gdb PORT[,any-user]|none  carry 127.0.0.1:PORT to the character device\n"
	"                      /dev/virtio-ports/trapline.gdb (none); without any-user\n"
	"                      only for debuggers of you and root\n"
	"  --escape KEY|none   KEY (ctrl-a), then x, ends the lab; twice sends KEY\n"
	"  -v, --verbose       show QEMU's command line and the kernel's console\n"
	"  -h, --help\n"
	"\n"
	"Exit status: the command's; 128+N if signal N ended it; 1 if the lab did not\n"
	"work; 2 for a wrong option. Variables: TRAPLINE_CACHE (what scripts/setup\n"
	"fetched), TRAPLINE_QEMU (the QEMU to use).\n";

static char error_text[256];

static int __attribute__((format(printf, 1, 2))) bad(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(error_text, sizeof(error_text), fmt, ap);
	va_end(ap);
	return -EINVAL;
}

static bool parse_number(const char *text, unsigned long max,
			 unsigned long *ret)
{
	unsigned long value;
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	value = strtoul(text, &end, 10);
	if (errno || *end || value > max)
		return false;
	*ret = value;
	return true;
}

bool lab_parse_size(const char *text, uint64_t *ret)
{
	static const struct {
		char suffix;
		unsigned int shift;
	} units[] = { { '\0', 0 }, { 'K', 10 }, { 'M', 20 }, { 'G', 30 },
		      { 'k', 10 }, { 'm', 20 }, { 'g', 30 } };
	unsigned long long value;
	unsigned int i;
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	value = strtoull(text, &end, 10);
	if (errno || (*end && end[1]))
		return false;
	for (i = 0; i < ARRAY_SIZE(units); i++) {
		if (*end != units[i].suffix)
			continue;
		if (value > UINT64_MAX >> units[i].shift)
			return false;
		*ret = value << units[i].shift;
		return true;
	}
	return false;
}

static int add(struct lab_list *list, const char *name, const char *item)
{
	if (list->n == LAB_MAX_LIST)
		return bad("more than %d times --%s", LAB_MAX_LIST, name);
	list->item[list->n++] = item;
	return 0;
}

static int set_cpu(struct lab_options *o, const char *arg)
{
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

	if (!*arg)
		return bad("--cpu: no name given");
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

static int set_gic(struct lab_options *o, const char *arg)
{
	if (strcmp(arg, "2") && strcmp(arg, "3"))
		return bad("--gic %s: 2 or 3", arg);
	o->gic = *arg - '0';
	return 0;
}

static int set_smp(struct lab_options *o, const char *arg)
{
	unsigned long n;

	if (!parse_number(arg, 64, &n) || !n)
		return bad("--smp %s: 1 to 64 CPUs", arg);
	o->smp = n;
	return 0;
}

static int set_mem(struct lab_options *o, const char *arg)
{
	if (!lab_parse_size(arg, &o->mem) || o->mem < 256 * SZ_1M ||
	    o->mem > 255 * SZ_1G)
		return bad("--mem %s: 256M to 255G, such as 4G", arg);
	return 0;
}

static int set_kernel(struct lab_options *o, const char *arg)
{
	if (!*arg)
		return bad("--kernel: a name such as 6.12, or a file");
	o->kernel = arg;
	return 0;
}

static int set_append(struct lab_options *o, const char *arg)
{
	o->append = arg;
	return 0;
}

static int set_accel(struct lab_options *o, const char *arg)
{
	if (strcmp(arg, "kvm") && strcmp(arg, "trapline"))
		return bad("--accel %s: kvm or trapline", arg);
	o->el2_core = *arg == 't';
	return 0;
}

static int set_gdb(struct lab_options *o, const char *arg)
{
	size_t len = strcspn(arg, ",");
	unsigned long port = 0;
	char number[8] = "";

	o->gdb_any_user = !strcmp(arg + len, ",any-user");
	if (len < sizeof(number) && (!arg[len] || o->gdb_any_user))
		snprintf(number, sizeof(number), "%.*s", (int)len, arg);
	if (strcmp(arg, "none") &&
	    (!parse_number(number, 65535, &port) || !port))
		return bad(
			"--gdb %s: a port number, one with ,any-user, or none",
			arg);
	o->gdb_port = port;
	return 0;
}

static int add_share(struct lab_options *o, const char *arg)
{
	return add(&o->shares, "share", arg);
}

/* Is @suffix what the first @n characters of @arg end in? */
static bool ends_in(const char *arg, size_t n, const char *suffix)
{
	size_t len = strlen(suffix);

	return n > len && !strncmp(arg + n - len, suffix, len);
}

size_t lab_disk_suffixes(const char *arg, struct lab_disk *ret)
{
	struct lab_disk d = { 0 };
	size_t n = strlen(arg);

	d.locked = ends_in(arg, n, ",locked");
	n -= d.locked ? strlen(",locked") : 0;
	d.read_only = ends_in(arg, n, ",ro");
	n -= d.read_only ? strlen(",ro") : 0;
	d.snapshot = !d.read_only && ends_in(arg, n, ",snapshot");
	n -= d.snapshot ? strlen(",snapshot") : 0;
	if (ret)
		*ret = d;
	return n;
}

static int add_file(struct lab_options *o, const char *arg)
{
	return add(&o->files, "file", arg);
}

static int add_disk(struct lab_options *o, const char *arg)
{
	return add(&o->disks, "disk", arg);
}

static int add_forward(struct lab_options *o, const char *arg)
{
	unsigned int host, lab;
	char rest;

	if (sscanf(arg, "%5u:%5u%c", &host, &lab, &rest) != 2 || !host ||
	    host > 65535 || !lab || lab > 65535)
		return bad("--forward %s: HOSTPORT:LABPORT, such as 2222:22",
			   arg);
	o->net = true;
	return add(&o->forwards, "forward", arg);
}

static int add_env(struct lab_options *o, const char *arg)
{
	if (!*arg || *arg == '=')
		return bad("--env %s: NAME or NAME=VALUE", arg);
	return add(&o->env, "env", arg);
}

/* "ctrl-a" or "^a" */
static int set_escape(struct lab_options *o, const char *arg)
{
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
		return bad("--escape %s: ctrl-KEY, or none", arg);
	o->escape = *key & 0x1f;
	return 0;
}

static int set_icount(struct lab_options *o, const char *arg)
{
	o->icount = true;
	return 0;
}

static int set_net(struct lab_options *o, const char *arg)
{
	o->net = true;
	return 0;
}

static int set_no_cwd(struct lab_options *o, const char *arg)
{
	o->share_cwd = false;
	return 0;
}

static int set_verbose(struct lab_options *o, const char *arg)
{
	o->verbose = true;
	return 0;
}

static int set_help(struct lab_options *o, const char *arg)
{
	o->help = true;
	return 0;
}

static const struct lab_option {
	const char *name;
	char letter;
	bool has_arg;
	int (*set)(struct lab_options *o, const char *arg);
} table[] = {
	{ "cpu", 0, true, set_cpu },
	{ "gic", 0, true, set_gic },
	{ "smp", 0, true, set_smp },
	{ "mem", 0, true, set_mem },
	{ "kernel", 0, true, set_kernel },
	{ "accel", 0, true, set_accel },
	{ "append", 0, true, set_append },
	{ "icount", 0, false, set_icount },
	{ "disk", 0, true, add_disk },
	{ "net", 0, false, set_net },
	{ "forward", 0, true, add_forward },
	{ "share", 0, true, add_share },
	{ "file", 0, true, add_file },
	{ "no-cwd", 0, false, set_no_cwd },
	{ "env", 0, true, add_env },
	{ "gdb", 0, true, set_gdb },
	{ "escape", 0, true, set_escape },
	{ "verbose", 'v', false, set_verbose },
	{ "help", 'h', false, set_help },
};

static int check(const struct lab_options *o)
{
	if (o->gic == 2 && o->smp > 8)
		return bad("--smp %u: a GICv2 has at most 8 CPUs; use --gic 3",
			   o->smp);
	if (!o->command[0])
		return bad("no command given: try 'trapline lab sh'");
	return 0;
}

static int parse_one(struct lab_options *o, int index)
{
	return table[index].set(o, optarg);
}

static int parse_all(struct lab_options *o, int argc, char **argv)
{
	struct option longopts[ARRAY_SIZE(table) + 1] = { 0 };
	unsigned int i;
	int c, err = 0;

	for (i = 0; i < ARRAY_SIZE(table); i++) {
		longopts[i].name = table[i].name;
		longopts[i].has_arg = table[i].has_arg;
		/*
		 * Values above every character: '?' and ':' remain error codes.
		 */
		longopts[i].val = 256 + i;
	}
	optind = 0;
	opterr = 0;
	while (!err &&
	       (c = getopt_long(argc, argv, "+:vh", longopts, NULL)) != -1) {
		if (c == ':')
			return bad("%s needs a value", argv[optind - 1]);
		if (c == '?')
			return bad(
				"no option %s: 'trapline lab --help' lists them",
				argv[optind - 1]);
		if (c == 'v')
			o->verbose = true;
		else if (c == 'h')
			o->help = true;
		else
			err = parse_one(o, c - 256);
	}
	o->command = argv + optind;
	return err;
}

int lab_options_parse(struct lab_options *options, int argc, char **argv,
		      const char **x_error)
{
	struct lab_options o = {
		.gic = 3,
		.smp = 2,
		.mem = 2 * SZ_1G,
		.kernel = "6.12",
		.append = "",
		.share_cwd = true,
		.escape = 'a' & 0x1f,
	};
	int err;

	set_cpu(&o, "vhe");
	err = parse_all(&o, argc, argv);
	if (!err && !o.help)
		err = check(&o);
	if (err) {
		*x_error = error_text;
		return err;
	}
	*options = o;
	return 0;
}
