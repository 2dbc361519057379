// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * run_options.c - the command line of "trapline run"
 *
 * One const table lists the options: the names, the argument, a line of help,
 * and a setter. The help text and the parser both use this table, so they know
 * the same options. The letters follow kvmtool.
 */
#include "run_options.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <trapline/util.h>

static int bad(struct run_options *o, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static int bad(struct run_options *o, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(o->error, sizeof(o->error), fmt, ap);
	va_end(ap);
	return -EINVAL;
}

static int set_cpus(struct run_options *o, const char *arg)
{
	uint64_t n;

	if (!number_in(arg, 1, RUN_MAX_CPUS, &n))
		return bad(o, "--cpus %s: 1 to %d vCPUs", arg, RUN_MAX_CPUS);
	o->config.cpus = n;
	return 0;
}

/* A number without a letter is in MiB, as in kvmtool and QEMU. */
static int set_mem(struct run_options *o, const char *arg)
{
	static const char suffixes[] = "KMGT";
	unsigned int shift = 20;
	uint64_t n, limit;
	const char *end, *suffix;

	if (!number_parse(arg, &end, &n))
		goto wrong;
	if (*end) {
		suffix = strchr(suffixes, toupper((unsigned char)*end));
		if (!suffix || end[1])
			goto wrong;
		shift = 10 * (suffix - suffixes + 1);
	}
	limit = RUN_MAX_MEMORY >> shift;
	if (n > limit || n << shift < RUN_MIN_MEMORY)
		goto wrong;
	o->config.memory = ALIGN_UP(n << shift, SZ_2M);
	return 0;
wrong:
	return bad(o, "--mem %s: 32M to 1T of memory, such as 512M or 2G", arg);
}

static int set_initrd(struct run_options *o, const char *arg)
{
	o->config.initrd = arg;
	return 0;
}

static int set_append(struct run_options *o, const char *arg)
{
	o->config.append = arg;
	return 0;
}

static int set_dtb(struct run_options *o, const char *arg)
{
	o->config.dtb = arg;
	return 0;
}

static int set_load_address(struct run_options *o, const char *arg)
{
	uint64_t address;

	if (!number_in(arg, SZ_1G, SZ_1G + RUN_MAX_MEMORY - 4, &address) ||
	    address % 4)
		return bad(o,
			   "--load-address %s: a multiple of 4 in guest RAM, "
			   "which begins at 0x%llx",
			   arg, SZ_1G);
	o->config.load_address = address;
	return 0;
}

static int set_disk(struct run_options *o, const char *arg)
{
	struct vm_config *c = &o->config;
	size_t len = strlen(arg);
	bool ro = false;
	char *path;

	if (c->nr_disks == VMM_MAX_DISKS)
		return bad(o, "--disk %s: at most %d disks", arg,
			   VMM_MAX_DISKS);
	if (len > 3 && !strcmp(arg + len - 3, ",ro")) {
		ro = true;
		len -= 3;
	}
	if (!len || *arg == ',')
		return bad(o, "--disk %s: FILE or FILE,ro", arg);
	path = strndup(arg, len);
	if (!path)
		return bad(o, "--disk %s: %s", arg, strerror(ENOMEM));
	o->disk_path[c->nr_disks] = path;
	c->disk[c->nr_disks].path = path;
	c->disk[c->nr_disks].read_only = ro;
	c->nr_disks++;
	return 0;
}

/* Parse one port; *text then points after it. */
static bool port(const char **text, uint16_t *ret)
{
	uint64_t value;

	/* QEMU also accepts ":PORT", with an empty address. */
	if (**text == ':')
		(*text)++;
	if (!number_parse(*text, text, &value) || !value || value > UINT16_MAX)
		return false;
	*ret = value;
	return true;
}

/* "127.0.0.1:", "0.0.0.0:", or nothing, which means 127.0.0.1. */
static void host_address(const char **text, bool *ret_any)
{
	static const char local[] = "127.0.0.1:", any[] = "0.0.0.0:";

	*ret_any = !strncmp(*text, any, strlen(any));
	if (*ret_any)
		*text += strlen(any);
	else if (!strncmp(*text, local, strlen(local)))
		*text += strlen(local);
}

/* "tcp:2222-22", "tcp:0.0.0.0:2222-22", or QEMU's "tcp::2222-:22". */
static bool forward(struct vmm_net *net, const char *text)
{
	struct vmm_forward *f = &net->forward[net->nr_forwards];
	bool udp = !strncmp(text, "udp:", 4);

	if (net->nr_forwards == VMM_MAX_FORWARDS ||
	    (!udp && strncmp(text, "tcp:", 4)))
		return false;
	text += 4;
	f->udp = udp;
	host_address(&text, &f->any);
	if (!port(&text, &f->host_port) || *text++ != '-' ||
	    !port(&text, &f->guest_port) || *text)
		return false;
	net->nr_forwards++;
	return true;
}

/* "hostfwd=..." or "host-loopback=on|off" */
static bool net_user_one(struct vmm_net *net, const char *one)
{
	static const char hostfwd[] = "hostfwd=", loopback[] = "host-loopback=";

	if (!strncmp(one, hostfwd, strlen(hostfwd)))
		return forward(net, one + strlen(hostfwd));
	if (strncmp(one, loopback, strlen(loopback)))
		return false;
	one += strlen(loopback);
	net->host_loopback = !strcmp(one, "on");
	return net->host_loopback || !strcmp(one, "off");
}

static bool net_user(struct vmm_net *net, const char *list)
{
	char one[64];
	size_t len;

	while (*list) {
		if (*list++ != ',')
			return false;
		len = strcspn(list, ",");
		if (len >= sizeof(one))
			return false;
		snprintf(one, sizeof(one), "%.*s", (int)len, list);
		if (!net_user_one(net, one))
			return false;
		list += len;
	}
	return true;
}

static int set_net(struct run_options *o, const char *arg)
{
	struct vm_config *c = &o->config;
	struct vmm_net *net = &c->net[c->nr_nets];

	if (c->nr_nets == VMM_MAX_NETS)
		return bad(o, "--net %s: at most %d networks", arg,
			   VMM_MAX_NETS);
	memset(net, 0, sizeof(*net));
	if (!strncmp(arg, "tap=", 4) && arg[4] && strlen(arg + 4) < 16)
		net->tap = arg + 4;
	else if (strncmp(arg, "user", 4) || !net_user(net, arg + 4))
		return bad(o,
			   "--net %s: user, user,hostfwd=tcp:HOSTPORT-"
			   "GUESTPORT (up to %d), user,host-loopback=on or "
			   "tap=NAME",
			   arg, VMM_MAX_FORWARDS);
	c->nr_nets++;
	return 0;
}

/*
 * Check PORT or HOST:PORT, each maybe with ,any-user, unix:PATH or dev:PATH.
 * See trapline/gdbstub.h.
 */
static bool gdb_spec(const char *arg)
{
	char address[300], *colon;
	size_t length = strcspn(arg, ",");
	uint64_t n;

	if (!strncmp(arg, "unix:", 5))
		return arg[5];
	if (!strncmp(arg, "dev:", 4))
		return arg[4];
	if (length >= sizeof(address) ||
	    (arg[length] && strcmp(arg + length, ",any-user")))
		return false;
	snprintf(address, sizeof(address), "%.*s", (int)length, arg);
	colon = strrchr(address, ':');
	return number_in(colon ? colon + 1 : address, 1, UINT16_MAX, &n);
}

static int set_gdb(struct run_options *o, const char *arg)
{
	if (strcmp(arg, "none") && !gdb_spec(arg))
		return bad(o,
			   "--gdb %s: a port from 1 to 65535, HOST:PORT, "
			   "either with ,any-user, unix:PATH, dev:PATH or none",
			   arg);
	o->config.gdb = strcmp(arg, "none") ? arg : NULL;
	return 0;
}

static int set_gdb_target(struct run_options *o, const char *arg)
{
	o->config.gdb_target = arg;
	return 0;
}

static int set_wait(struct run_options *o, const char *arg)
{
	o->config.wait = true;
	return 0;
}

static int set_catch(struct run_options *o, const char *arg)
{
	static const struct {
		const char *name;
		unsigned int bits;
	} kinds[] = {
		{ "oops", VMM_CATCH_OOPS },
		{ "panic", VMM_CATCH_PANIC },
	};
	unsigned int catches = 0, old;
	const char *at = arg;
	size_t len;

	if (!strcmp(arg, "none")) {
		o->config.catches = 0;
		return 0;
	}
	for (;; at += len + 1) {
		len = strcspn(at, ",");
		old = catches;
		for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
			if (len == strlen(kinds[i].name) &&
			    !strncmp(at, kinds[i].name, len))
				catches |= kinds[i].bits;
		if (catches == old)
			return bad(o,
				   "--catch %s: oops, panic, oops,panic or "
				   "none",
				   arg);
		if (!at[len])
			break;
	}
	o->config.catches = catches;
	return 0;
}

static int set_flight(struct run_options *o, const char *arg)
{
	uint64_t n;

	if (!number_in(arg, 16, 65536, &n) || n & (n - 1))
		return bad(o, "--flight %s: a power of two from 16 to 65536",
			   arg);
	o->config.flight = n;
	return 0;
}

static int set_modules(struct run_options *o, const char *arg)
{
	o->config.modules = arg;
	return 0;
}

static int set_save_dir(struct run_options *o, const char *arg)
{
	o->config.save_dir = arg;
	return 0;
}

static int set_accel(struct run_options *o, const char *arg)
{
	if (strcmp(arg, "auto") && strcmp(arg, "kvm") &&
	    strcmp(arg, "trapline") && *arg != '/')
		return bad(o,
			   "--accel %s: auto, kvm, trapline or the path of "
			   "a device",
			   arg);
	o->config.accel = arg;
	return 0;
}

static int set_lpa2(struct run_options *o, const char *arg)
{
	o->config.lpa2 = true;
	return 0;
}

static int set_pauth(struct run_options *o, const char *arg)
{
	o->config.pauth = true;
	return 0;
}

static int set_sandbox(struct run_options *o, const char *arg)
{
	o->config.sandbox = VMM_SANDBOX_REQUIRED;
	return 0;
}

static int set_no_sandbox(struct run_options *o, const char *arg)
{
	o->config.sandbox = VMM_SANDBOX_OFF;
	return 0;
}

static int set_quiet(struct run_options *o, const char *arg)
{
	o->quiet = true;
	return 0;
}

static int set_help(struct run_options *o, const char *arg)
{
	o->help = true;
	return 0;
}

static int set_lab_cpu(struct run_options *o, const char *arg)
{
	o->lab_cpu = arg;
	return 0;
}

static int set_lab_gic(struct run_options *o, const char *arg)
{
	if (strcmp(arg, "2") && strcmp(arg, "3"))
		return bad(o, "--lab-gic %s: 2 or 3", arg);
	o->lab_gic = arg;
	return 0;
}

static int set_lab_kernel(struct run_options *o, const char *arg)
{
	o->lab_kernel = arg;
	return 0;
}

static int set_lab_smp(struct run_options *o, const char *arg)
{
	uint64_t n;

	if (!number_in(arg, 1, 64, &n))
		return bad(o, "--lab-smp %s: 1 to 64 CPUs", arg);
	o->lab_smp = arg;
	return 0;
}

static int set_lab_mem(struct run_options *o, const char *arg)
{
	o->lab_mem = arg;
	return 0;
}

/* A NULL name begins a group, and help is the group's title. */
static const struct run_option {
	const char *name;
	char letter;
	const char *takes; /* NULL: no argument */
	const char *help;
	int (*set)(struct run_options *o, const char *arg);
} table[] = {
	{ NULL, 0, NULL, "Machine", NULL },
	{ "cpus", 'c', "N", "vCPUs, 1 to 16; 8 on a GICv2 host (1)", set_cpus },
	{ "mem", 'm', "SIZE", "memory, K M G T; MiB without a letter (512M)",
	  set_mem },
	{ "disk", 'd', "FILE[,ro]", "raw image as a virtio disk; repeatable",
	  set_disk },
	{ "net", 'n',
	  "user[,hostfwd=tcp:HOSTPORT-GUESTPORT]...[,host-loopback=on]|tap=NAME",
	  "virtio network through the host, or a tap device", set_net },
	{ "accel", 0, "auto|kvm|trapline|PATH",
	  "the device that runs the guest (auto)", set_accel },
	{ "lpa2", 0, NULL, "let the guest use 52-bit addresses", set_lpa2 },
	{ "pauth", 0, NULL, "let the guest use pointer authentication",
	  set_pauth },
	{ NULL, 0, NULL, "Kernel", NULL },
	{ "initrd", 'i', "FILE", "initial RAM disk", set_initrd },
	{ "append", 'a', "ARGS", "more kernel arguments", set_append },
	{ "dtb", 0, "FILE", "start from this device tree blob", set_dtb },
	{ "load-address", 0, "ADDRESS", "load KERNEL there, also a flat binary",
	  set_load_address },
	{ NULL, 0, NULL, "Debugger", NULL },
	{ "gdb", 0, "[HOST:]PORT[,any-user]|unix:PATH|dev:PATH|none",
	  "the debugger's port (1234, on this machine and only for you)",
	  set_gdb },
	{ "gdb-target", 0, "COMMAND",
	  "what to type in gdb, if the port is forwarded", set_gdb_target },
	{ "wait", 0, NULL, "stop before the first instruction", set_wait },
	{ "catch", 0, "oops,panic|none",
	  "stop when the guest kernel crashes (oops,panic)", set_catch },
	{ "flight", 0, "N",
	  "record the last N exits of each vCPU (--accel trapline)",
	  set_flight },
	{ "modules", 0, "DIR", "folder with the guest's .ko files, for gdb",
	  set_modules },
	{ "save-dir", 0, "DIR", "folder for files of monitor commands (none)",
	  set_save_dir },
	{ NULL, 0, NULL, "Lab, if this machine cannot run arm64 guests", NULL },
	{ "lab-cpu", 0, "vhe|nvhe|nvhe-max|MODEL", "its CPU", set_lab_cpu },
	{ "lab-gic", 0, "2|3", "interrupt controller of the lab and the guest",
	  set_lab_gic },
	{ "lab-kernel", 0, "6.12|6.1|FILE", "its kernel", set_lab_kernel },
	{ "lab-smp", 0, "N", "its CPUs", set_lab_smp },
	{ "lab-mem", 0, "SIZE", "its memory (the guest's and 512M)",
	  set_lab_mem },
	{ NULL, 0, NULL, "Other", NULL },
	{ "no-sandbox", 0, NULL, "do not confine the process in a sandbox",
	  set_no_sandbox },
	{ "sandbox", 0, NULL, "fail if the kernel lacks a part of the sandbox",
	  set_sandbox },
	{ "quiet", 'q', NULL, "print only errors", set_quiet },
	{ "help", 'h', NULL, "this text", set_help },
};

void run_options_help(FILE *out)
{
	fprintf(out,
		"usage: trapline run [options] KERNEL\n"
		"\n"
		"Boots KERNEL as a guest and serves gdb. The guest stops when its kernel\n"
		"oopses or panics, and gdb sees the faulting code:\n"
		"\n"
		"  trapline run -c 2 -m 1G -i initrd.img Image\n"
		"  gdb-multiarch -ex 'target remote :1234'         (from another terminal)\n"
		"\n"
		"  trapline run --wait Image.gz                    from the first instruction\n"
		"  trapline run -d root.img -n user,hostfwd=tcp:2222-22 \\\n"
		"               -a 'root=/dev/vda rw' vmlinuz      a whole system\n"
		"  trapline run --load-address 0x40080000 hello.bin  bare metal\n"
		"\n"
		"KERNEL is an arm64 Image, plain or compressed by gzip, zstd, xz or lzma, an\n"
		"EFI zboot image (vmlinuz), an ELF file (vmlinux), or a flat binary with\n"
		"--load-address. Guest RAM begins at 0x40000000.\n");
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		const struct run_option *t = &table[i];
		int n;

		if (!t->name) {
			fprintf(out, "\n%s:\n", t->help);
			continue;
		}
		n = t->letter ? fprintf(out, "  -%c, --%s", t->letter, t->name)
			      : fprintf(out, "  --%s", t->name);
		n += t->takes ? fprintf(out, " %s", t->takes) : 0;
		if (n > 30)
			n = fprintf(out, "\n") - 1;
		fprintf(out, "%*s %s\n", 30 - n, "", t->help);
	}
	fprintf(out,
		"\n"
		"On the guest's console Ctrl-A is the VMM's key: Ctrl-A h lists its commands,\n"
		"Ctrl-A x ends the guest.\n"
		"Exit status: 0 the guest powered off; 1 trapline failed, and gave the reason;\n"
		"2 a wrong option; 3 the guest was ended at a crash; 130 Ctrl-C.\n");
}

static const struct run_option *option_find(const char *name, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (table[i].name && strlen(table[i].name) == len &&
		    !memcmp(table[i].name, name, len))
			return &table[i];
	return NULL;
}

static const struct run_option *letter_find(char letter)
{
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (table[i].letter && table[i].letter == letter)
			return &table[i];
	return NULL;
}

/*
 * Parse one word that begins with '-', and its value: the rest of the word, or
 * the next word. Returns how many words were used.
 */
static int option_parse(struct run_options *o, char *const *argv)
{
	const struct run_option *t;
	const char *word = argv[0], *value = NULL;
	size_t len;
	int err, used = 1;

	if (word[1] == '-') {
		len = strcspn(word + 2, "=");
		t = option_find(word + 2, len);
		value = word[2 + len] ? word + 2 + len + 1 : NULL;
	} else {
		t = letter_find(word[1]);
		value = word[1] && word[2] ? word + 2 : NULL;
	}
	if (!t)
		return bad(o, "no option %s: 'trapline run --help' lists them",
			   word);
	if (!t->takes && value)
		return bad(o, "--%s takes no value", t->name);
	if (t->takes && !value) {
		value = argv[1];
		used = 2;
	}
	if (t->takes && (!value || !*value))
		return bad(o, "--%s needs a value: %s", t->name, t->takes);
	err = t->set(o, value);
	return err ? err : used;
}

static int operand_set(struct run_options *o, const char *word)
{
	if (o->config.kernel)
		return bad(o,
			   "'%s': one KERNEL only, and '%s' is it (kernel "
			   "arguments go into --append)",
			   word, o->config.kernel);
	if (!*word)
		return bad(o, "KERNEL is an empty name");
	o->config.kernel = word;
	return 0;
}

static int check(struct run_options *o)
{
	struct vm_config *c = &o->config;

	if (o->help)
		return 0;
	if (!c->kernel)
		return bad(o, "no KERNEL given: trapline run Image "
			      "('trapline run --help' says more)");
	if (o->lab_gic && *o->lab_gic == '2' && c->cpus > RUN_MAX_CPUS_GICV2)
		return bad(o, "--cpus %u: 1 to %d vCPUs with --lab-gic 2",
			   c->cpus, RUN_MAX_CPUS_GICV2);
	if (o->lab_gic && *o->lab_gic == '2' && !strcmp(c->accel, "trapline"))
		return bad(o, "--accel trapline: not with --lab-gic 2: it "
			      "needs a GICv3");
	if (c->wait && !c->gdb)
		return bad(o, "--wait waits for gdb: not with --gdb none");
	return 0;
}

int run_options_parse(struct run_options *options, int argc, char **argv)
{
	struct run_options *o = options;
	bool operands_only = false;
	int n;

	memset(o, 0, sizeof(*o));
	o->config.accel = "auto";
	o->config.cpus = 1;
	o->config.memory = 512 * SZ_1M;
	o->config.gdb = RUN_DEFAULT_GDB;
	o->config.catches = VMM_CATCH_OOPS | VMM_CATCH_PANIC;
	for (int i = 1; i < argc; i += n) {
		if (!operands_only && !strcmp(argv[i], "--")) {
			operands_only = true;
			n = 1;
		} else if (!operands_only && argv[i][0] == '-') {
			n = option_parse(o, argv + i);
		} else {
			n = operand_set(o, argv[i]) ?: 1;
		}
		if (n < 0)
			return n;
	}
	return check(o);
}

void run_options_deinit(struct run_options *options)
{
	for (size_t i = 0; i < ARRAY_SIZE(options->disk_path); i++)
		free(options->disk_path[i]);
	memset(options->disk_path, 0, sizeof(options->disk_path));
}
