// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * services.c - Linux awareness for the gdb stub, for the live VM
 *
 * gdb sees the guest's kernel and its modules as files below /trapline:
 *
 *	/trapline/kernel-RELEASE	symbols of the kernel
 *	/trapline/modules/NAME.ko	the user's own file from --modules, if
 *					its build-id is that of the module in
 *					the guest; otherwise symbols from guest
 *					memory
 *
 * Files are passed on as copies, because the files that introspect/ builds are
 * valid only until it looks at the guest again. The library list follows the
 * GDB manual, "Library List Format". It has one segment for each library, and
 * the file has its one PT_LOAD at the same address. So a debugger relocates
 * nothing.
 */
#include "vmm/debug/debug.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "session/modfile.h"
#include "monitor.h"
#include "vmm/regs.h"
#include "vmm/vm.h"

#define KERNEL_PREFIX "/trapline/kernel-"
#define MODULE_PREFIX "/trapline/modules/"
#define MODULE_SUFFIX ".ko"

static int no_kernel_yet(struct debug *d)
{
	va_t text;

	if (introspect_find_kernel(debug_introspect(d)))
		return -ENOENT;
	return introspect_text_va(debug_introspect(d), &text);
}

static const char *svc_exec_file(void *opaque)
{
	struct debug *d = opaque;
	static char path[128];

	if (no_kernel_yet(d))
		return NULL;
	snprintf(path, sizeof(path), KERNEL_PREFIX "%s",
		 introspect_release(debug_introspect(d)));
	return path;
}

static int file_copy(const uint8_t *data, size_t size, struct gdbstub_file *ret)
{
	uint8_t *copy = malloc(size ? size : 1);

	if (!copy)
		return -ENOMEM;
	memcpy(copy, data, size);
	ret->data = copy;
	ret->size = size;
	return 0;
}

static va_t section_va(const void *opaque, const char *name)
{
	const struct introspect_module *m = opaque;

	for (unsigned int i = 0; i < m->nr_sections; i++)
		if (!strcmp(m->sections[i].name, name))
			return m->sections[i].va;
	return 0;
}

/* The user's file for a loaded module, linked to the module's address. */
static int user_file(struct debug *d, const struct introspect_module *m,
		     struct modfile *ret, va_t *load)
{
	const char *dir = debug_vm(d)->config->modules;
	int err = -ENOENT;

	if (dir && m->nr_sections)
		err = modfile_find(dir, m->name, m->build_id, m->build_id_size,
				   ret);
	if (err)
		return err;
	err = modfile_link(ret, section_va, m, load);
	if (err)
		modfile_free(ret);
	return err;
}

static int module_index(struct debug *d, const char *path)
{
	struct introspect *in = debug_introspect(d);
	const char *name = path + strlen(MODULE_PREFIX);
	size_t n = strlen(name);
	int nr = introspect_modules_refresh(in);

	if (nr < 0 || n <= strlen(MODULE_SUFFIX) ||
	    strcmp(name + n - strlen(MODULE_SUFFIX), MODULE_SUFFIX))
		return -ENOENT;
	n -= strlen(MODULE_SUFFIX);
	for (int i = 0; i < nr; i++) {
		const struct introspect_module *m =
			introspect_module(in, (unsigned int)i);

		if (strlen(m->name) == n && !memcmp(m->name, name, n))
			return i;
	}
	return -ENOENT;
}

static int module_open(struct debug *d, const char *path,
		       struct gdbstub_file *ret)
{
	struct introspect *in = debug_introspect(d);
	const struct introspect_module *m;
	int i = module_index(d, path);
	struct modfile file;
	uint8_t *data;
	va_t load;

	if (i < 0)
		return i;
	m = introspect_module(in, (unsigned int)i);
	if (!user_file(d, m, &file, &load)) {
		ret->data = file.data;
		ret->size = file.size;
		return 0;
	}
	if (introspect_module_symbol_file(in, (unsigned int)i, &data,
					  &ret->size))
		return -ENOENT;
	ret->data = data;
	return 0;
}

static int svc_file_open(void *opaque, const char *path,
			 struct gdbstub_file *ret)
{
	struct debug *d = opaque;
	const char *kernel = svc_exec_file(d);
	const uint8_t *data;
	size_t size;

	if (!strncmp(path, MODULE_PREFIX, strlen(MODULE_PREFIX)))
		return module_open(d, path, ret);
	if (!kernel || strcmp(path, kernel) ||
	    introspect_symbol_file(debug_introspect(d), &data, &size))
		return -ENOENT;
	return file_copy(data, size, ret);
}

static void svc_file_close(void *opaque, struct gdbstub_file *file)
{
	free((void *)(uintptr_t)file->data);
	file->data = NULL;
	file->size = 0;
}

/*
 * Print the value of an XML attribute. It is escaped, because names come from
 * guest memory.
 */
static void print_escaped(const char *s, FILE *out)
{
	for (; *s; s++) {
		if (strchr("<>&\"'", *s))
			fprintf(out, "&#%u;", (unsigned char)*s);
		else if (*s > ' ' && *s < 0x7f)
			fputc(*s, out);
		else
			fputc('?', out);
	}
}

static void print_library(struct debug *d, const struct introspect_module *m,
			  FILE *out)
{
	struct modfile file;
	va_t load;

	if (!user_file(d, m, &file, &load))
		modfile_free(&file);
	else
		load = m->load;
	fprintf(out, "<library name=\"" MODULE_PREFIX);
	print_escaped(m->name, out);
	fprintf(out,
		MODULE_SUFFIX "\"><segment address=\"0x%" PRIx64
			      "\"/></library>\n",
		load);
}

static int svc_libraries(void *opaque, FILE *out)
{
	struct debug *d = opaque;
	struct introspect *in = debug_introspect(d);
	int nr = no_kernel_yet(d) ? 0 : introspect_modules_refresh(in);

	fprintf(out, "<library-list>\n");
	for (int i = 0; i < nr; i++)
		print_library(d, introspect_module(in, (unsigned int)i), out);
	fprintf(out, "</library-list>\n");
	return 0;
}

static int svc_text_address(void *opaque, va_t *ret)
{
	struct debug *d = opaque;
	int err = no_kernel_yet(d);

	return err ? err : introspect_text_va(debug_introspect(d), ret);
}

static bool svc_exec_pending(void *opaque)
{
	return debug_exec_pending(opaque);
}

static int svc_thread_info(void *opaque, unsigned int vcpu, char *buf,
			   size_t size)
{
	struct debug *d = opaque;
	struct guest *g = debug_guest(d);
	struct guest_regs regs;
	char comm[32];
	int n, pid, err;

	if (vcpu >= g->nr_vcpus)
		return -EINVAL;
	if (!g->ops->vcpu_online(g, vcpu)) {
		snprintf(buf, size, "CPU %u, off", vcpu);
		return 0;
	}
	err = g->ops->regs_get(g, vcpu, &regs);
	if (err)
		return err;
	n = snprintf(buf, size, "CPU %u, EL%u", vcpu,
		     (unsigned int)FIELD_GET(PSTATE_EL, regs.pstate));
	if (n < 0 || (size_t)n >= size || no_kernel_yet(d) ||
	    introspect_current(debug_introspect(d), vcpu, comm, sizeof(comm),
			       &pid))
		return 0;
	snprintf(buf + n, size - (size_t)n, ", %s pid %d", comm, pid);
	return 0;
}

static int svc_monitor(void *opaque, const char *command, FILE *out)
{
	return monitor_run(opaque, command, out);
}

static void svc_attached(void *opaque, bool attached)
{
	struct debug *d = opaque;

	debug_modules_want(d, attached);
	if (!debug_vm(d)->config->quiet)
		fprintf(stderr, "trapline: debugger %s\n",
			attached ? "attached" : "detached");
}

static void svc_refused(void *opaque, const char *line)
{
	fprintf(stderr, "trapline: %s\n", line);
}

const struct gdbstub_services debug_services = {
	.exec_file = svc_exec_file,
	.file_open = svc_file_open,
	.file_close = svc_file_close,
	.libraries = svc_libraries,
	.exec_pending = svc_exec_pending,
	.text_address = svc_text_address,
	.thread_info = svc_thread_info,
	.monitor = svc_monitor,
	.attached = svc_attached,
	.refused = svc_refused,
};
