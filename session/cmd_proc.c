// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cmd_proc.c - commands that show what a process has: memory, files, mounts
 */
#include "record.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <trapline/util.h>
#include "linux.h"
#include "state.h"

struct rows {
	struct record r;
	struct session *s;
};

/* --- memory ------------------------------------------------------------------ */

#define VM_READ   0x1
#define VM_WRITE  0x2
#define VM_EXEC   0x4
#define VM_SHARED 0x8

static bool vma_row(void *opaque, const struct introspect_vma *vma)
{
	struct rows *rows = opaque;
	char flags[5] = "---p", path[1024] = "";

	flags[0] = vma->flags & VM_READ ? 'r' : '-';
	flags[1] = vma->flags & VM_WRITE ? 'w' : '-';
	flags[2] = vma->flags & VM_EXEC ? 'x' : '-';
	flags[3] = vma->flags & VM_SHARED ? 's' : 'p';
	if (vma->file)
		introspect_file_path(session_introspect(rows->s), vma->file,
				     path, sizeof(path));
	record_hex(&rows->r, "start", vma->start);
	record_hex(&rows->r, "end", vma->end);
	record_text(&rows->r, "prot", -4, flags);
	record_hex(&rows->r, "flags", vma->flags);
	record_number(&rows->r, "page", 8, (int64_t)vma->pgoff);
	record_hex(&rows->r, "vma", vma->va);
	record_text(&rows->r, "file", -1, path);
	record_row(&rows->r);
	return true;
}

static int cmd_vmas(struct session *s, const char *args, FILE *out)
{
	struct introspect *in = session_introspect(s);
	struct rows rows = { .s = s };
	struct introspect_task t;
	va_t mm;
	int err = linux_task(s, args, &t, out);

	if (err)
		return err;
	record_begin(&rows.r, s, out);
	if (introspect_get(in, "task_struct", t.va, "mm", &mm)) {
		record_note(&rows.r, "pid %d: its mm cannot be read", t.pid);
		err = -EFAULT;
	} else if (!mm) {
		record_note(&rows.r, "pid %d %s has no memory of its own",
			    t.pid, t.comm);
	} else {
		err = introspect_vma_each(in, mm, vma_row, &rows);
		linux_note(&rows.r, "the tree of areas", err);
	}
	record_end(&rows.r);
	return err;
}

/* --- files -------------------------------------------------------------------- */

static bool file_row(void *opaque, unsigned int fd, va_t file)
{
	struct rows *rows = opaque;
	struct introspect *in = session_introspect(rows->s);
	uint64_t flags = 0, pos = 0;
	char path[1024];

	introspect_get(in, "file", file, "f_flags", &flags);
	introspect_get(in, "file", file, "f_pos", &pos);
	introspect_file_path(in, file, path, sizeof(path));
	record_number(&rows->r, "fd", 4, fd);
	record_hex(&rows->r, "file", file);
	record_number(&rows->r, "pos", 10, (int64_t)pos);
	record_hex(&rows->r, "flags", flags);
	record_text(&rows->r, "path", -1, path);
	record_row(&rows->r);
	return true;
}

static int cmd_files(struct session *s, const char *args, FILE *out)
{
	struct rows rows = { .s = s };
	struct introspect_task t;
	int err = linux_task(s, args, &t, out);

	if (err)
		return err;
	record_begin(&rows.r, s, out);
	err = introspect_file_each(session_introspect(s), t.va, file_row,
				   &rows);
	linux_note(&rows.r, "the table of files", err);
	record_end(&rows.r);
	return err;
}

/* --- mounts ------------------------------------------------------------------- */

static bool mount_row(void *opaque, const struct introspect_mount *m)
{
	struct rows *rows = opaque;

	record_hex(&rows->r, "mount", m->va);
	record_text(&rows->r, "type", -10, m->type);
	record_text(&rows->r, "mode", -4, m->read_only ? "ro" : "rw");
	record_text(&rows->r, "device", -16, m->device);
	record_text(&rows->r, "path", -1, m->path);
	record_row(&rows->r);
	return true;
}

static int cmd_mounts(struct session *s, const char *args, FILE *out)
{
	struct rows rows = { .s = s };
	struct introspect_task t;
	int err = linux_task(s, *args ? args : "1", &t, out);

	if (err)
		return err;
	record_begin(&rows.r, s, out);
	err = introspect_mount_each(session_introspect(s), t.va, mount_row,
				    &rows);
	linux_note(&rows.r, "the tree of mounts", err);
	record_end(&rows.r);
	return err;
}

/* clang-format off */
static const struct session_command rows[] = {
	{ "vmas", "PID|TASK [--json]", "areas of memory of a process\nvmas 1",
	  SESSION_LINUX, cmd_vmas },
	{ "files", "PID|TASK [--json]", "open files of a process\nfiles 1",
	  SESSION_LINUX, cmd_files },
	{ "mounts", "[PID|TASK] [--json]",
	  "mounts that a process sees; without PID: those of init\nmounts",
	  SESSION_LINUX, cmd_mounts },
};
/* clang-format on */

int session_commands_proc(struct session *s)
{
	return session_commands_add(s, rows, ARRAY_SIZE(rows));
}
