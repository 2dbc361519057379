// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * run_options.c - the command line of "trapline run"
 *
 * See options.h. The short options are those of kvmtool.
 */
#include "run_options.h"
#include "options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <trapline/util.h>

#define AT(field) offsetof(struct run_options, field)

static int set_load_address(struct option_parser *p, const char *arg)
{
	struct run_options *o = p->result;
	uint64_t address;

	if (!number_in(arg, SZ_1G, SZ_1G + RUN_MAX_MEMORY - 4, &address) ||
	    address % 4)
		return option_bad(p,
				  "give a multiple of 4 in guest RAM, which "
				  "begins at 0x%llx",
				  SZ_1G);
	o->config.load_address = address;
	return 0;
}

static int set_disk(struct option_parser *p, const char *arg)
{
	struct run_options *o = p->result;
	struct vm_config *c = &o->config;
	size_t len = strlen(arg);
	bool ro = false;
	char *path;

	if (c->nr_disks == VMM_MAX_DISKS)
		return option_bad(p, "a guest has at most %d disks",
				  VMM_MAX_DISKS);
	if (len > 3 && !strcmp(arg + len - 3, ",ro")) {
		ro = true;
		len -= 3;
	}
	if (!len || *arg == ',')
		return option_bad(p, "give FILE or FILE,ro");
	path = strndup(arg, len);
	if (!path)
		return option_bad(p, "%s", strerror(ENOMEM));
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

static int set_net(struct option_parser *p, const char *arg)
{
	struct run_options *o = p->result;
	struct vm_config *c = &o->config;
	struct vmm_net *net = &c->net[c->nr_nets];

	if (c->nr_nets == VMM_MAX_NETS)
		return option_bad(p, "a guest has at most %d networks",
				  VMM_MAX_NETS);
	memset(net, 0, sizeof(*net));
	if (!strncmp(arg, "tap=", 4) && arg[4] && strlen(arg + 4) < 16)
		net->tap = arg + 4;
	else if (strncmp(arg, "user", 4) || !net_user(net, arg + 4))
		return option_bad(p,
				  "give user, user,hostfwd=tcp:HOSTPORT-"
				  "GUESTPORT (at most %d), "
				  "user,host-loopback=on or tap=NAME",
				  VMM_MAX_FORWARDS);
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

static int set_gdb(struct option_parser *p, const char *arg)
{
	struct run_options *o = p->result;
	if (strcmp(arg, "none") && !gdb_spec(arg))
		return option_bad(
			p, "give a port from 1 to 65535 or HOST:PORT, "
			   "maybe with ,any-user, or unix:PATH, dev:PATH "
			   "or none");
	o->config.gdb = strcmp(arg, "none") ? arg : NULL;
	return 0;
}

static int set_unassigned(struct option_parser *p, const char *arg)
{
	struct run_options *o = p->result;

	if (strcmp(arg, "stop") && strcmp(arg, "abort"))
		return option_bad(p, "give stop or abort");
	o->config.unassigned = *arg == 'a' ? VMM_UNASSIGNED_ABORT
					   : VMM_UNASSIGNED_STOP;
	return 0;
}

static int set_catch(struct option_parser *p, const char *arg)
{
	struct run_options *o = p->result;
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
			return option_bad(p, "give oops, panic, oops,panic or "
					     "none");
		if (!at[len])
			break;
	}
	o->config.catches = catches;
	return 0;
}

static int set_flight(struct option_parser *p, const char *arg)
{
	struct run_options *o = p->result;
	uint64_t n;

	if (!number_in(arg, 16, 65536, &n) || n & (n - 1))
		return option_bad(p, "give a power of two from 16 to 65536");
	o->config.flight = n;
	return 0;
}

static int set_dump(struct option_parser *p, const char *arg)
{
	struct run_options *o = p->result;
	unsigned int event = (unsigned int)p->option->low;
	const char *slash = strrchr(arg, '/');
	const char *name = slash ? slash + 1 : arg;
	char *dir;

	if (!*name)
		return option_bad(p, "give the name of a file");
	if (!access(arg, F_OK))
		return option_bad(p, "this exists already; give a new name");
	/* The folder of "/name" is "/". */
	dir = slash ? strndup(arg, slash == arg ? 1 : slash - arg)
		    : strdup(".");
	if (!dir)
		return option_bad(p, "%s", strerror(ENOMEM));
	free(o->dump_dir[event]);
	o->dump_dir[event] = dir;
	o->config.files[event].dump_dir = dir;
	o->config.files[event].dump_name = name;
	return 0;
}

static int set_accel(struct option_parser *p, const char *arg)
{
	if (*arg == '/')
		return option_text(p, arg);
	return option_choice(p, arg);
}

static int operand_set(struct option_parser *p, const char *word)
{
	struct run_options *o = p->result;

	if (o->config.kernel)
		return option_fail(p,
				   "'%s': KERNEL is already '%s' "
				   "(give kernel arguments with --append)",
				   word, o->config.kernel);
	if (!*word)
		return option_fail(p, "KERNEL is an empty name");
	o->config.kernel = word;
	return 0;
}

/* clang-format off */
static const struct cli_option options[] = {
	{ .help = "Machine" },
	{ .name = "cpus", 'c', "N",
	  "The number of vCPUs, from 1 to 16; at most 8 on a host with a GICv2. "
	  "The default is 1.",
	  option_number, AT(config.cpus), 1, RUN_MAX_CPUS },
	{ .name = "mem", 'm', "SIZE",
	  "The guest's memory, such as 2G. The letters are K, M, G and T; a "
	  "number without a letter is MiB. The default is 512M.",
	  option_size, AT(config.memory), RUN_MIN_MEMORY, RUN_MAX_MEMORY },
	{ .name = "disk", 'd', "FILE[,ro]",
	  "A raw image as a virtio disk; ,ro makes it read-only. Give the option "
	  "again for another disk.",
	  set_disk },
	{ .name = "net", 'n',
	  "user[,hostfwd=tcp:HOSTPORT-GUESTPORT]...[,host-loopback=on]|tap=NAME",
	  "A virtio network card. user: the guest reaches the network through "
	  "this host, without privileges. hostfwd: HOSTPORT of this machine "
	  "is forwarded to GUESTPORT. host-loopback: the host's 127.0.0.1 is "
	  "the guest's 10.0.2.2. tap: the card is on the tap device NAME.",
	  set_net },
	{ .name = "accel", 0, "auto|kvm|trapline|PATH",
	  "The device that runs the guest: /dev/kvm, /dev/trapline or PATH. "
	  "auto, the default, takes /dev/kvm if it exists.",
	  set_accel, AT(config.accel) },
	{ .name = "lpa2", 0, NULL, "Let the guest use 52-bit addresses.",
	  option_flag, AT(config.lpa2) },
	{ .name = "pauth", 0, NULL, "Let the guest use pointer authentication.",
	  option_flag, AT(config.pauth) },
	{ .help = "Kernel" },
	{ .name = "initrd", 'i', "FILE", "The initial RAM disk.",
	  option_text, AT(config.initrd) },
	{ .name = "append", 'a', "ARGS",
	  "Arguments for the kernel. They follow the default, console=ttyAMA0.",
	  option_maybe_empty, AT(config.append) },
	{ .name = "dtb", 0, "FILE",
	  "Give the guest this device tree blob instead of a generated one.",
	  option_text, AT(config.dtb) },
	{ .name = "load-address", 0, "ADDRESS",
	  "Load KERNEL at this address and start at its first byte. Any file "
	  "can be loaded in this way, for example a bare-metal program.",
	  set_load_address },
	{ .help = "Debugger" },
	{ .name = "gdb", 0, "[HOST:]PORT[,any-user]|unix:PATH|dev:PATH|none",
	  "The address for gdb. The default is port 1234 of this machine. Only "
	  "your own gdb and root's are accepted; ,any-user accepts every user "
	  "of this machine.",
	  set_gdb },
	{ .name = "gdb-target", 0, "COMMAND",
	  "The command that messages tell you to type in gdb. For a port that "
	  "is forwarded to another machine.",
	  option_text, AT(config.gdb_target) },
	{ .name = "wait", 0, NULL,
	  "Stop before the first instruction and wait for gdb.",
	  option_flag, AT(config.wait) },
	{ .name = "catch", 0, "oops,panic|none",
	  "Stop the guest when its kernel crashes: at an oops, at a panic, or "
	  "never. The default is oops,panic.",
	  set_catch },
	{ .name = "unassigned", 0, "stop|abort",
	  "Say what an access to an address without a device does: stop the "
	  "guest, which gets the external abort when it continues, or give the "
	  "abort at once, as a board does. The default is stop.",
	  set_unassigned },
	{ .name = "flight", 0, "N",
	  "Record the last N exits of each vCPU, for 'monitor flight' and for "
	  "the report of a crash. N is a power of two. Needs --accel trapline.",
	  set_flight },
	{ .name = "dump-on-oops", 0, "FILE",
	  "Write a dump to FILE when the guest crashes for the first time; see "
	  "'trapline post'. FILE must not exist.",
	  set_dump, 0, VMM_OOPS },
	{ .name = "report-on-oops", 0, "DIR",
	  "When the guest crashes for the first time, write report.txt, "
	  "report.html, report.json and a dump, vmcore, to the folder DIR; see "
	  "'trapline report'. Then end with status 3, unless a debugger is "
	  "connected. None of these files may exist.",
	  option_text, AT(config.files[VMM_OOPS].report_dir) },
	{ .name = "watchdog", 0, "SECONDS",
	  "Stop the guest, as at a crash, when a CPU, a task or RCU has made no "
	  "progress for this time. The time of the guest counts: it stands still "
	  "while a debugger has stopped the guest.",
	  option_number, AT(config.watchdog), 1, RUN_MAX_WATCHDOG },
	{ .name = "dump-on-hang", 0, "FILE",
	  "The same as --dump-on-oops, when --watchdog stops the guest.",
	  set_dump, 0, VMM_HANG },
	{ .name = "report-on-hang", 0, "DIR",
	  "The same as --report-on-oops, when --watchdog stops the guest. DIR may "
	  "be the same folder.",
	  option_text, AT(config.files[VMM_HANG].report_dir) },
	{ .name = "compress", 0, NULL,
	  "Write dumps in the kdump-compressed format, which gdb cannot read "
	  "without 'trapline post'.",
	  option_flag, AT(config.compress) },
	{ .name = "modules", 0, "DIR",
	  "The folder with the guest's .ko files. gdb then shows the source "
	  "lines of modules.",
	  option_text, AT(config.modules) },
	{ .name = "save-dir", 0, "DIR",
	  "The folder in which monitor commands may make files. Without this "
	  "option they cannot make files.",
	  option_text, AT(config.save_dir) },
	{ .help = "Lab, which runs the guest if this machine cannot" },
	{ .name = "lab-cpu", 0, "vhe|nvhe|nvhe-max|MODEL",
	  "The lab's CPU: 'trapline lab --help' explains the names.",
	  option_text, AT(lab_cpu) },
	{ .name = "lab-gic", 0, "2|3",
	  "The version of the interrupt controller, the lab's and the guest's.",
	  option_choice, AT(lab_gic) },
	{ .name = "lab-kernel", 0, "6.12|6.1|FILE", "The lab's kernel.",
	  option_text, AT(lab_kernel) },
	{ .name = "lab-smp", 0, "N", "The number of the lab's CPUs, from 1 to 64.",
	  option_number, AT(lab_smp), 1, 64 },
	{ .name = "lab-mem", 0, "SIZE",
	  "The lab's memory. The default is 512M more than the guest needs.",
	  option_size, AT(lab_mem), 256 * SZ_1M, 255 * SZ_1G },
	{ .help = "Other" },
	{ .name = "no-sandbox", 0, NULL,
	  "Do not confine the process. Without this option it gives up all "
	  "rights that the guest does not need.",
	  option_value, AT(config.sandbox), VMM_SANDBOX_OFF },
	{ .name = "sandbox", 0, NULL,
	  "Fail if the kernel lacks a part of the sandbox, instead of running "
	  "without this part.",
	  option_value, AT(config.sandbox), VMM_SANDBOX_REQUIRED },
	{ .name = "quiet", 'q', NULL, "Print only errors.", option_flag, AT(quiet) },
	{ .name = "help", 'h', NULL, "Print this text.", option_flag, AT(help) },
};
/* clang-format on */

static const struct cli_syntax syntax = {
	.command = "run",
	.intro =
		"usage: trapline run [options] KERNEL\n"
		"\n"
		"Boots KERNEL as a guest and serves gdb. When the guest's kernel oopses or\n"
		"panics, the guest stops and gdb shows the faulting code:\n"
		"\n"
		"  trapline run -c 2 -m 1G -i initrd.img Image\n"
		"  gdb-multiarch -ex 'target remote :1234'         in another terminal\n"
		"\n"
		"  trapline run --wait Image.gz                    from the first instruction\n"
		"  trapline run -d root.img -n user,hostfwd=tcp:2222-22 \\\n"
		"               -a 'root=/dev/vda rw' vmlinuz      a whole system\n"
		"  trapline run --load-address 0x40080000 hello.bin  a bare-metal program\n"
		"\n"
		"KERNEL is an arm64 Image, plain or compressed by gzip, zstd, xz or lzma, an\n"
		"EFI zboot image (vmlinuz), an ELF file (vmlinux), or a flat binary with\n"
		"--load-address. Guest RAM begins at 0x40000000. gdb needs no vmlinux.\n",
	.end = "The terminal is the guest's console. Ctrl-A h lists trapline's own keys;\n"
	       "Ctrl-A x ends the guest.\n"
	       "Exit status: 0 if the guest has powered off, 1 after an error of trapline,\n"
	       "2 for a wrong option, 3 if the guest was ended at a crash or a hang, 130 after\n"
	       "Ctrl-C.\n",
	.options = options,
	.nr_options = ARRAY_SIZE(options),
	.operand = operand_set,
};

void run_options_help(FILE *out)
{
	options_help(&syntax, out);
}

static int check(struct run_options *o)
{
	struct option_parser p = { .error = o->error,
				   .error_size = sizeof(o->error) };
	struct vm_config *c = &o->config;

	if (o->help)
		return 0;
	if (!c->kernel)
		return option_fail(&p, "no KERNEL given: trapline run Image "
				       "('trapline run --help' says more)");
	if (o->lab_gic && *o->lab_gic == '2' && c->cpus > RUN_MAX_CPUS_GICV2)
		return option_fail(
			&p,
			"--cpus %u: give 1 to %d with --lab-gic 2, because "
			"a GICv2 has no more",
			c->cpus, RUN_MAX_CPUS_GICV2);
	if (o->lab_gic && *o->lab_gic == '2' && !strcmp(c->accel, "trapline"))
		return option_fail(&p,
				   "--accel trapline needs a GICv3: leave out "
				   "--lab-gic 2");
	if (!c->watchdog &&
	    (c->files[VMM_HANG].dump_dir || c->files[VMM_HANG].report_dir))
		return option_fail(&p,
				   "--dump-on-hang and --report-on-hang need "
				   "--watchdog SECONDS");
	if (c->wait && !c->gdb)
		return option_fail(
			&p, "--wait waits for gdb: leave out --gdb none");
	return 0;
}

int run_options_parse(struct run_options *o, int argc, char **argv)
{
	int n;

	memset(o, 0, sizeof(*o));
	o->config.accel = "auto";
	o->config.cpus = 1;
	o->config.memory = 512 * SZ_1M;
	o->config.gdb = RUN_DEFAULT_GDB;
	o->config.catches = VMM_CATCH_OOPS | VMM_CATCH_PANIC;
	n = options_parse(&syntax, o, argc, argv, o->error, sizeof(o->error));
	if (n < 0)
		return n;
	o->config.memory = ALIGN_UP(o->config.memory, SZ_2M);
	return check(o);
}

void run_options_deinit(struct run_options *o)
{
	for (size_t i = 0; i < ARRAY_SIZE(o->disk_path); i++)
		free(o->disk_path[i]);
	memset(o->disk_path, 0, sizeof(o->disk_path));
	for (size_t i = 0; i < ARRAY_SIZE(o->dump_dir); i++)
		free(o->dump_dir[i]);
	memset(o->dump_dir, 0, sizeof(o->dump_dir));
}
