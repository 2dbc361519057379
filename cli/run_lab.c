// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * run_lab.c - "trapline run" as "trapline lab ... trapline run ..."
 *
 * The lab has each file at its own path, so a file has the same absolute name
 * inside. See run_lab.h and trapline/lab.h.
 */
#include "run_lab.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <trapline/types.h>
#include <unistd.h>

#define LAB_OWN_MEMORY (512 * SZ_1M)
#define LAB_MAX_MEMORY (255 * SZ_1G)
#define PORT_DEVICE    "dev:/dev/virtio-ports/trapline.gdb"
/* Ctrl-A is the escape key of the VMM in the lab. */
#define LAB_ESCAPE     "ctrl-]"

struct translation {
	const struct run_options *o;
	struct run_lab *lab;
	char *kernel, *initrd, *dtb, *modules, *save_dir;
	char *dump_dir[VMM_NR_EVENTS], *report_dir[VMM_NR_EVENTS];
	char *disk[VMM_MAX_DISKS];
	uint64_t copied; /* bytes of files that the lab keeps in memory */
	int error; /* the first error stays set */
};

static void fail(struct translation *t, int error, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void fail(struct translation *t, int error, const char *fmt, ...)
{
	va_list ap;

	if (t->error)
		return;
	t->error = error;
	va_start(ap, fmt);
	vsnprintf(t->lab->error, sizeof(t->lab->error), fmt, ap);
	va_end(ap);
}

static void arg(struct translation *t, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void arg(struct translation *t, const char *fmt, ...)
{
	struct run_lab *lab = t->lab;
	char *text;
	va_list ap;
	int n;

	if (t->error)
		return;
	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0 || lab->argc == RUN_LAB_MAX_ARGS) {
		if (n >= 0)
			free(text);
		fail(t, -ENOMEM, "too many arguments for the lab");
		return;
	}
	lab->argv[lab->argc++] = text;
	lab->argv[lab->argc] = NULL;
}

static void option(struct translation *t, const char *name, const char *value)
{
	if (!value)
		return;
	arg(t, "--%s", name);
	arg(t, "%s", value);
}

/*
 * The absolute name of a file or folder. If the lab keeps copies of the file in
 * memory, its size is added to copied.
 */
static char *file(struct translation *t, const char *name, bool is_dir,
		  bool copies)
{
	struct stat st;
	char *path;

	if (!name || t->error)
		return NULL;
	path = realpath(name, NULL);
	if (!path || stat(path, &st)) {
		fail(t, -errno, "%s: %s", name, strerror(errno));
		goto free_path;
	}
	if (is_dir ? !S_ISDIR(st.st_mode) : !S_ISREG(st.st_mode)) {
		fail(t, -ENOTSUP, "%s: not a %s", name,
		     is_dir ? "folder" : "regular file, which the lab needs");
		goto free_path;
	}
	if (copies)
		t->copied += (uint64_t)st.st_size;
	return path;

free_path:
	free(path);
	return NULL;
}

static void files_find(struct translation *t)
{
	const struct vm_config *c = &t->o->config;

	t->kernel = file(t, c->kernel, false, true);
	t->initrd = file(t, c->initrd, false, true);
	t->dtb = file(t, c->dtb, false, true);
	t->modules = file(t, c->modules, true, false);
	t->save_dir = file(t, c->save_dir, true, false);
	for (unsigned int i = 0; i < VMM_NR_EVENTS; i++) {
		t->dump_dir[i] = file(t, c->files[i].dump_dir, true, false);
		t->report_dir[i] = file(t, c->files[i].report_dir, true, false);
	}
	for (unsigned int i = 0; i < c->nr_disks; i++)
		t->disk[i] = file(t, c->disk[i].path, false, false);
}

static void files_free(struct translation *t)
{
	free(t->kernel);
	free(t->initrd);
	free(t->dtb);
	free(t->modules);
	free(t->save_dir);
	for (unsigned int i = 0; i < VMM_NR_EVENTS; i++) {
		free(t->dump_dir[i]);
		free(t->report_dir[i]);
	}
	for (unsigned int i = 0; i < VMM_MAX_DISKS; i++)
		free(t->disk[i]);
}

/*
 * The lab's --gdb takes a port of this machine's loopback, maybe with
 * ,any-user.
 */
static const char *gdb_port(struct translation *t)
{
	static const char *const loopback[] = { "127.0.0.1:", "localhost:" };
	const char *spec = t->o->config.gdb;

	for (size_t i = 0; spec && i < ARRAY_SIZE(loopback); i++)
		if (!strncmp(spec, loopback[i], strlen(loopback[i])))
			return spec + strlen(loopback[i]);
	if (spec && spec[strspn(spec, "0123456789")] &&
	    strcmp(spec + strspn(spec, "0123456789"), ",any-user"))
		fail(t, -EINVAL,
		     "--gdb %s: in the lab only a port, such as "
		     "--gdb 1234",
		     spec);
	return spec;
}

static void nets_forward(struct translation *t)
{
	const struct vm_config *c = &t->o->config;

	if (c->nr_nets)
		arg(t, "--net");
	for (unsigned int i = 0; i < c->nr_nets; i++) {
		const struct vmm_net *net = &c->net[i];

		if (net->tap)
			fail(t, -EINVAL,
			     "--net tap=%s: the lab has no such "
			     "device: use --net user",
			     net->tap);
		for (unsigned int j = 0; j < net->nr_forwards; j++) {
			const struct vmm_forward *f = &net->forward[j];

			if (f->udp)
				fail(t, -EINVAL,
				     "--net hostfwd=udp:%u: the lab "
				     "carries TCP ports only",
				     f->host_port);
			arg(t, "--forward");
			arg(t, "%u:%u", f->host_port, f->host_port);
		}
	}
}

/* Share the folders in which the VMM makes files, each folder once. */
static void shares_writable(struct translation *t)
{
	const char *dirs[1 + 2 * VMM_NR_EVENTS] = { t->save_dir };
	unsigned int nr = 1, same;

	for (unsigned int i = 0; i < VMM_NR_EVENTS; i++) {
		dirs[nr++] = t->dump_dir[i];
		dirs[nr++] = t->report_dir[i];
	}
	for (unsigned int i = 0; i < nr; i++) {
		for (same = 0; dirs[i] && same < i; same++)
			if (dirs[same] && !strcmp(dirs[same], dirs[i]))
				break;
		if (dirs[i] && same == i)
			option(t, "share", dirs[i]);
	}
}

/*
 * Give the lab only the files that the guest needs. Files that are read once
 * are copied into the lab. Disks become disks of the lab; vmm_check() has
 * locked them. Folders are shared, because they are read later. Only the
 * folders of shares_writable() are writable.
 */
static void shares(struct translation *t)
{
	const struct vm_config *c = &t->o->config;

	arg(t, "--no-cwd");
	option(t, "file", t->kernel);
	option(t, "file", t->initrd);
	option(t, "file", t->dtb);
	if (t->modules) {
		arg(t, "--share");
		arg(t, "%s,ro", t->modules);
	}
	shares_writable(t);
	for (unsigned int i = 0; i < c->nr_disks; i++) {
		arg(t, "--disk");
		arg(t, "%s%s,locked", t->disk[i] ? t->disk[i] : "",
		    c->disk[i].read_only ? ",ro" : "");
	}
}

static void outer(struct translation *t)
{
	const struct run_options *o = t->o;
	/* While the lab unpacks a copy, its memory holds the copy twice. */
	uint64_t mib = (o->config.memory + LAB_OWN_MEMORY + 2 * t->copied +
			SZ_1M - 1) /
		       SZ_1M;

	if (mib > LAB_MAX_MEMORY / SZ_1M)
		fail(t, -EINVAL,
		     "--mem: in the lab a guest has at most "
		     "254G");
	arg(t, "lab");
	option(t, "cpu", o->lab_cpu);
	option(t, "gic", o->lab_gic);
	option(t, "kernel", o->lab_kernel);
	if (o->lab_smp) {
		arg(t, "--smp");
		arg(t, "%u", o->lab_smp);
	}
	if (!strcmp(o->config.accel, "trapline"))
		option(t, "accel", o->config.accel);
	arg(t, "--mem");
	arg(t, "%lluM",
	    (unsigned long long)(o->lab_mem ? o->lab_mem / SZ_1M : mib));
	option(t, "gdb", gdb_port(t));
	option(t, "escape", LAB_ESCAPE);
	nets_forward(t);
	shares(t);
}

/*
 * Listen on 0.0.0.0, because the connections that the lab forwards arrive at
 * its network card, not at its loopback device.
 */
static void inner_nets(struct translation *t)
{
	const struct vm_config *c = &t->o->config;
	char text[VMM_MAX_FORWARDS * 48 + 32];
	size_t len;

	for (unsigned int i = 0; i < c->nr_nets; i++) {
		const struct vmm_net *net = &c->net[i];

		len = snprintf(text, sizeof(text), "user%s",
			       net->host_loopback ? ",host-loopback=on" : "");
		for (unsigned int j = 0; j < net->nr_forwards; j++)
			len += snprintf(text + len, sizeof(text) - len,
					",hostfwd=tcp:0.0.0.0:%u-%u",
					net->forward[j].host_port,
					net->forward[j].guest_port);
		option(t, "net", text);
	}
}

static void inner_flags(struct translation *t)
{
	const struct vm_config *c = &t->o->config;

	if (c->compress)
		arg(t, "--compress");
	if (c->wait)
		arg(t, "--wait");
	if (c->lpa2)
		arg(t, "--lpa2");
	if (c->pauth)
		arg(t, "--pauth");
	if (c->sandbox != VMM_SANDBOX_TRY)
		arg(t, c->sandbox == VMM_SANDBOX_OFF ? "--no-sandbox"
						     : "--sandbox");
	if (t->o->quiet)
		arg(t, "--quiet");
}

/* The files that the VMM writes, and when. */
static void inner_files(struct translation *t)
{
	static const char *const events[] = {
		[VMM_OOPS] = "oops", [VMM_HANG] = "hang"
	};
	const struct vm_config *c = &t->o->config;

	if (c->watchdog) {
		arg(t, "--watchdog");
		arg(t, "%u", c->watchdog);
	}
	option(t, "save-dir", t->save_dir);
	for (unsigned int i = 0; i < VMM_NR_EVENTS; i++) {
		if (t->dump_dir[i]) {
			arg(t, "--dump-on-%s", events[i]);
			arg(t, "%s/%s", t->dump_dir[i], c->files[i].dump_name);
		}
		if (t->report_dir[i]) {
			arg(t, "--report-on-%s", events[i]);
			arg(t, "%s", t->report_dir[i]);
		}
	}
}

static void inner(struct translation *t)
{
	const struct vm_config *c = &t->o->config;
	static const char *const catches[] = { "none", "oops", "panic",
					       "oops,panic" };

	arg(t, "trapline");
	arg(t, "run");
	arg(t, "--cpus");
	arg(t, "%u", c->cpus);
	arg(t, "--mem");
	arg(t, "%lluM", (unsigned long long)(c->memory / SZ_1M));
	option(t, "accel", strcmp(c->accel, "auto") ? c->accel : NULL);
	option(t, "initrd", t->initrd);
	option(t, "append", c->append);
	option(t, "dtb", t->dtb);
	option(t, "modules", t->modules);
	inner_files(t);
	for (unsigned int i = 0; i < c->nr_disks; i++) {
		arg(t, "--disk");
		arg(t, "%s%s", t->disk[i] ? t->disk[i] : "",
		    c->disk[i].read_only ? ",ro" : "");
	}
	inner_nets(t);
	if (c->load_address) {
		arg(t, "--load-address");
		arg(t, "0x%llx", (unsigned long long)c->load_address);
	}
	option(t, "gdb", c->gdb ? PORT_DEVICE : "none");
	if (c->gdb_target || c->gdb) {
		arg(t, "--gdb-target");
		if (c->gdb_target)
			arg(t, "%s", c->gdb_target);
		else
			arg(t, "target remote :%.*s",
			    (int)strcspn(gdb_port(t), ","), gdb_port(t));
	}
	option(t, "catch", catches[c->catches]);
	if (c->unassigned == VMM_UNASSIGNED_ABORT)
		option(t, "unassigned", "abort");
	if (c->flight) {
		arg(t, "--flight");
		arg(t, "%u", c->flight);
	}
	inner_flags(t);
	arg(t, "--");
	arg(t, "%s", t->kernel ? t->kernel : "");
}

int run_lab_translate(const struct run_options *options, struct run_lab *lab)
{
	struct translation t = { .o = options, .lab = lab };

	memset(lab, 0, sizeof(*lab));
	files_find(&t);
	outer(&t);
	inner(&t);
	files_free(&t);
	return t.error;
}

void run_lab_deinit(struct run_lab *lab)
{
	for (int i = 0; i < lab->argc; i++)
		free(lab->argv[i]);
	lab->argc = 0;
}
