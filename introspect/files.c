// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * files.c - open files, their paths, and mounts
 *
 * A path is read from its end: from a dentry to its parent. At the root of a
 * file system, the path goes on at the dentry where it is mounted. Mounts are
 * found from the root of the namespace through the lists of children, which all
 * kernels have.
 */
#include "state.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <trapline/text.h>
#include <trapline/util.h>

#define MAX_PARTS  256
#define MAX_FDS    65536
#define MAX_MOUNTS 4096
#define MAX_NESTED 64

#define MODE_FORMAT 0170000
#define MODE_SOCKET 0140000
#define MODE_FIFO   0010000

/* --- paths ------------------------------------------------------------------ */

static int dentry_get(struct introspect *in, va_t dentry, const char *path,
		      va_t *ret)
{
	return introspect_get(in, "dentry", dentry, path, ret);
}

/* Put "/name" in front of the text that begins at buf + *at. */
static bool part_put(struct introspect *in, va_t dentry, char *buf, size_t *at)
{
	char name[256];
	size_t len;
	va_t text;

	if (dentry_get(in, dentry, "d_name.name", &text) ||
	    kva_read_string(in, text, name, sizeof(name)) < 0)
		return false;
	len = strlen(name);
	text_clean(name, len);
	if (*at < len + 1)
		return false;
	*at -= len;
	memcpy(buf + *at, name, len);
	buf[--*at] = '/';
	return true;
}

/*
 * Go from the root of a mount to its mount point. false: it is the topmost one.
 */
static bool mount_up(struct introspect *in, va_t *vfsmount, va_t *dentry)
{
	uint32_t at;
	va_t mount, parent;

	if (layout_offset(in, "mount", "mnt", &at))
		return false;
	mount = *vfsmount - at;
	if (introspect_get(in, "mount", mount, "mnt_parent", &parent) ||
	    parent == mount ||
	    introspect_get(in, "mount", mount, "mnt_mountpoint", dentry))
		return false;
	*vfsmount = parent + at;
	return true;
}

static void path_read(struct introspect *in, va_t vfsmount, va_t dentry,
		      char *buf, size_t size)
{
	char text[1024];
	size_t at = sizeof(text) - 1;
	bool whole = false;
	va_t root, parent;

	text[at] = '\0';
	for (unsigned int i = 0; i < MAX_PARTS && !whole; i++) {
		if (introspect_get(in, "vfsmount", vfsmount, "mnt_root",
				   &root) ||
		    dentry_get(in, dentry, "d_parent", &parent))
			break;
		if (dentry == root || dentry == parent) {
			whole = !mount_up(in, &vfsmount, &dentry);
			continue;
		}
		if (!part_put(in, dentry, text, &at))
			break;
		dentry = parent;
	}
	snprintf(buf, size, "%s%s", whole ? "" : "...",
		 whole && !text[at] ? "/" : text + at);
}

void introspect_file_path(struct introspect *in, va_t file, char *buf,
			  size_t size)
{
	uint64_t mode = 0, ino = 0, fs;
	va_t vfsmount, dentry, inode;
	char type[32] = "";

	snprintf(buf, size, "?");
	if (introspect_get(in, "file", file, "f_path.mnt", &vfsmount) ||
	    introspect_get(in, "file", file, "f_path.dentry", &dentry))
		return;
	if (!introspect_get(in, "file", file, "f_inode", &inode)) {
		introspect_get(in, "inode", inode, "i_mode", &mode);
		introspect_get(in, "inode", inode, "i_ino", &ino);
	}
	if ((mode & MODE_FORMAT) == MODE_SOCKET) {
		snprintf(buf, size, "socket:[%" PRIu64 "]", ino);
		return;
	}
	if ((mode & MODE_FORMAT) == MODE_FIFO &&
	    !introspect_get(in, "vfsmount", vfsmount, "mnt_sb->s_type->name",
			    &fs) &&
	    kva_read_string(in, fs, type, sizeof(type)) > 0 &&
	    !strcmp(type, "pipefs")) {
		snprintf(buf, size, "pipe:[%" PRIu64 "]", ino);
		return;
	}
	path_read(in, vfsmount, dentry, buf, size);
}

/* --- files of a task ---------------------------------------------------------- */

int introspect_file_each(struct introspect *in, va_t task,
			 bool (*see)(void *opaque, unsigned int fd, va_t file),
			 void *opaque)
{
	uint64_t nr;
	va_t fdt, table, file;

	if (introspect_get(in, "task_struct", task, "files", &fdt) || !fdt)
		return -ENOENT;
	if (introspect_get(in, "files_struct", fdt, "fdt", &fdt) ||
	    introspect_get(in, "fdtable", fdt, "max_fds", &nr) ||
	    introspect_get(in, "fdtable", fdt, "fd", &table))
		return -EFAULT;
	if (nr > MAX_FDS)
		return -E2BIG;
	for (unsigned int i = 0; i < nr; i++) {
		if (introspect_read(in, table + i * sizeof(file), &file,
				    sizeof(file)))
			return -EFAULT;
		if (file && !see(opaque, i, file))
			break;
	}
	return 0;
}

/* --- mounts ------------------------------------------------------------------- */

struct mounts {
	struct introspect *in;
	bool (*see)(void *opaque, const struct introspect_mount *mount);
	void *opaque;
	uint32_t children, child, mnt;
	unsigned int nr;
	bool ended;
};

static void string_at(struct introspect *in, va_t va, char *buf, size_t size)
{
	if (kva_read_string(in, va, buf, size) < 0)
		snprintf(buf, size, "?");
	text_clean(buf, strlen(buf));
}

static int mount_read(const struct mounts *m, va_t mount,
		      struct introspect_mount *ret)
{
	struct introspect_mount r = { .va = mount };
	va_t root, device, type;
	uint64_t flags = 0;

	if (introspect_get(m->in, "mount", mount, "mnt.mnt_root", &root) ||
	    introspect_get(m->in, "mount", mount, "mnt.mnt_sb", &r.sb) ||
	    introspect_get(m->in, "mount", mount, "mnt_devname", &device))
		return -EFAULT;
	string_at(m->in, device, r.device, sizeof(r.device));
	if (!introspect_get(m->in, "super_block", r.sb, "s_type->name", &type))
		string_at(m->in, type, r.type, sizeof(r.type));
	introspect_get(m->in, "super_block", r.sb, "s_flags", &flags);
	introspect_get(m->in, "mount", mount, "mnt.mnt_flags", &r.flags);
	r.read_only = flags & 1 || r.flags & 0x40; /* SB_RDONLY, MNT_READONLY */
	path_read(m->in, mount + m->mnt, root, r.path, sizeof(r.path));
	*ret = r;
	return 0;
}

static int mount_walk(struct mounts *m, va_t mount, unsigned int depth)
{
	struct introspect_mount one;
	struct introspect_list l;
	va_t node;
	int err = depth > MAX_NESTED || m->nr++ > MAX_MOUNTS
			  ? -ELOOP
			  : mount_read(m, mount, &one);

	if (err)
		return err;
	m->ended = !m->see(m->opaque, &one);
	introspect_list_init(&l, mount + m->children);
	while (!m->ended &&
	       (err = introspect_list_next(m->in, &l, &node)) > 0) {
		err = mount_walk(m, node - m->child, depth + 1);
		if (err)
			return err;
	}
	return m->ended ? 0 : err;
}

int introspect_mount_each(struct introspect *in, va_t task,
			  bool (*see)(void *opaque,
				      const struct introspect_mount *mount),
			  void *opaque)
{
	struct mounts m = { .in = in, .see = see, .opaque = opaque };
	va_t root;

	if (layout_offset(in, "mount", "mnt_mounts", &m.children) ||
	    layout_offset(in, "mount", "mnt_child", &m.child) ||
	    layout_offset(in, "mount", "mnt", &m.mnt))
		return -ENOENT;
	if (introspect_get(in, "task_struct", task, "nsproxy->mnt_ns->root",
			   &root) ||
	    !kva_is_kernel(root))
		return -EFAULT;
	return mount_walk(&m, root, 0);
}
