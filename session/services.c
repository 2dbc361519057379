// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * services.c - Linux awareness for the gdb stub
 *
 * gdb sees the guest's kernel and its modules as files below /trapline:
 *
 *	/trapline/kernel-RELEASE	symbols of the kernel
 *	/trapline/modules/NAME.ko	the user's own file from --modules, if
 *					its build-id is that of the module in
 *					the guest; otherwise symbols from guest
 *					memory
 *	/trapline/modules/init/NAME.ko	the same while the module has its init
 *					text; the name differs because gdb keeps
 *					a file as long as its name is listed
 *
 * Files are passed on as copies, because the files that introspect/ builds are
 * valid only until it looks at the guest again. The library list follows the
 * GDB manual, "Library List Format". It has one segment for each library, and
 * the file has its one PT_LOAD at the same address. So a debugger relocates
 * nothing.
 */
#include "state.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <trapline/code.h>
#include "modfile.h"

#define KERNEL_PREFIX "/trapline/kernel-"
#define MODULE_PREFIX "/trapline/modules/"
#define INIT_FOLDER   "init/"
#define MODULE_SUFFIX ".ko"

static int no_kernel_yet(struct session *s)
{
	va_t text;

	if (introspect_find_kernel(session_introspect(s)))
		return -ENOENT;
	return introspect_text_va(session_introspect(s), &text);
}

static const char *svc_exec_file(void *opaque)
{
	struct session *s = opaque;
	static char path[128];

	if (no_kernel_yet(s))
		return NULL;
	snprintf(path, sizeof(path), KERNEL_PREFIX "%s",
		 introspect_release(session_introspect(s)));
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

	/* module_init_section(): the memory of these sections is freed. */
	if (!m->has_init && !strncmp(name, ".init", 5))
		return 0;
	for (unsigned int i = 0; i < m->nr_sections; i++)
		if (!strcmp(m->sections[i].name, name))
			return m->sections[i].va;
	return 0;
}

/* The user's file for a loaded module, linked to the module's address. */
static int user_file(struct session *s, const struct introspect_module *m,
		     struct modfile *ret, va_t *load)
{
	const char *dir = s->modules;
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

static int module_index(struct session *s, const char *path)
{
	struct introspect *in = session_introspect(s);
	const char *name = path + strlen(MODULE_PREFIX);
	int nr = introspect_modules_refresh(in);
	size_t n;

	if (!strncmp(name, INIT_FOLDER, strlen(INIT_FOLDER)))
		name += strlen(INIT_FOLDER);
	n = strlen(name);
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

static int module_open(struct session *s, const char *path,
		       struct gdbstub_file *ret)
{
	struct introspect *in = session_introspect(s);
	const struct introspect_module *m;
	int i = module_index(s, path);
	struct modfile file;
	uint8_t *data;
	va_t load;

	if (i < 0)
		return i;
	m = introspect_module(in, (unsigned int)i);
	if (!user_file(s, m, &file, &load)) {
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
	struct session *s = opaque;
	const char *kernel = svc_exec_file(s);
	const uint8_t *data;
	size_t size;

	if (!strncmp(path, MODULE_PREFIX, strlen(MODULE_PREFIX)))
		return module_open(s, path, ret);
	if (!kernel || strcmp(path, kernel) ||
	    introspect_symbol_file(session_introspect(s), &data, &size))
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
static void print_escaped(const char *text, FILE *out)
{
	for (; *text; text++) {
		if (strchr("<>&\"'", *text))
			fprintf(out, "&#%u;", (unsigned char)*text);
		else if (*text > ' ' && *text < 0x7f)
			fputc(*text, out);
		else
			fputc('?', out);
	}
}

static void print_library(struct session *s, const struct introspect_module *m,
			  FILE *out)
{
	struct modfile file;
	va_t load;

	if (!user_file(s, m, &file, &load))
		modfile_free(&file);
	else
		load = m->load;
	fprintf(out, "<library name=\"" MODULE_PREFIX "%s",
		m->has_init ? INIT_FOLDER : "");
	print_escaped(m->name, out);
	fprintf(out,
		MODULE_SUFFIX "\"><segment address=\"0x%" PRIx64
			      "\"/></library>\n",
		load);
}

/*
 * gdb does not clear its breakpoints in a library that is no longer listed: it
 * takes them to have gone with the memory. They have not, and would stop the
 * next module that is loaded there. A module that was loaded again before gdb
 * has asked is still the same library for gdb.
 */
static void forget_points(struct session *s)
{
	struct introspect *in = session_introspect(s);
	struct guest *g = session_guest(s);
	const struct introspect_module *m;
	uint64_t size;
	va_t base;

	while (!introspect_module_went(in, &s->gone, &base, &size)) {
		for (unsigned int i = 0; (m = introspect_module(in, i)); i++)
			if (m->load < base + size &&
			    base < m->load + m->load_size)
				break;
		if (!m && g->ops->break_forget)
			g->ops->break_forget(g, base, size);
	}
}

static int svc_libraries(void *opaque, FILE *out)
{
	struct session *s = opaque;
	struct introspect *in = session_introspect(s);
	int nr = no_kernel_yet(s) ? 0 : introspect_modules_refresh(in);

	if (nr >= 0)
		forget_points(s);
	fprintf(out, "<library-list>\n");
	for (int i = 0; i < nr; i++)
		print_library(s, introspect_module(in, (unsigned int)i), out);
	fprintf(out, "</library-list>\n");
	return 0;
}

static int svc_text_address(void *opaque, va_t *ret)
{
	struct session *s = opaque;
	int err = no_kernel_yet(s);

	return err ? err : introspect_text_va(session_introspect(s), ret);
}

static int svc_vmcoreinfo(void *opaque, FILE *out)
{
	struct session *s = opaque;
	char *text;
	int err = no_kernel_yet(s);

	if (!err)
		err = introspect_vmcoreinfo(session_introspect(s), &text);
	if (err)
		return err;
	fputs(text, out);
	free(text);
	return 0;
}

static bool svc_exec_pending(void *opaque)
{
	struct session *s = opaque;

	return s->owner->exec_pending && s->owner->exec_pending(s->opaque);
}

/* A task that is on no vCPU. */
static int task_info(struct session *s, unsigned int index, char *buf,
		     size_t size)
{
	const struct introspect_task *t = threads_task(&s->view.threads, index);

	if (!t)
		return -EINVAL;
	snprintf(buf, size, "%s pid %d, state %c", t->comm, t->pid, t->state);
	return 0;
}

static int svc_thread_info(void *opaque, unsigned int vcpu, char *buf,
			   size_t size)
{
	struct session *s = opaque;
	struct guest *g = session_guest(s);
	struct guest_regs regs;
	char comm[32];
	int n, pid, err;

	if (vcpu >= g->nr_vcpus)
		return task_info(s, vcpu, buf, size);
	if (!g->ops->vcpu_online(g, vcpu)) {
		snprintf(buf, size, "CPU %u, off", vcpu);
		return 0;
	}
	err = view_regs_get(&s->view, vcpu, GUEST_REG_PSTATE, &regs);
	if (err)
		return err;
	n = snprintf(buf, size, "CPU %u, EL%u", vcpu,
		     (unsigned int)FIELD_GET(PSTATE_EL, regs.pstate));
	if (n < 0 || (size_t)n >= size || no_kernel_yet(s) ||
	    introspect_current(session_introspect(s), vcpu, comm, sizeof(comm),
			       &pid))
		return 0;
	snprintf(buf + n, size - (size_t)n, ", %s pid %d", comm, pid);
	return 0;
}

static int svc_monitor(void *opaque, const char *command, FILE *out)
{
	return session_run(opaque, command, out);
}

static void svc_attached(void *opaque, bool attached)
{
	struct session *s = opaque;

	/* The next debugger begins with the CPUs, whatever this one chose. */
	s->view.threads.shown = false;
	threads_forget(&s->view.threads);
	if (s->owner->attached)
		s->owner->attached(s->opaque, attached);
}

static void svc_refused(void *opaque, const char *line)
{
	struct session *s = opaque;

	if (s->owner->refused)
		s->owner->refused(s->opaque, line);
}

const struct gdbstub_services session_services = {
	.exec_file = svc_exec_file,
	.file_open = svc_file_open,
	.file_close = svc_file_close,
	.libraries = svc_libraries,
	.vmcoreinfo = svc_vmcoreinfo,
	.exec_pending = svc_exec_pending,
	.text_address = svc_text_address,
	.thread_info = svc_thread_info,
	.monitor = svc_monitor,
	.attached = svc_attached,
	.refused = svc_refused,
};
