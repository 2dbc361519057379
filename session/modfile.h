/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * modfile.h - the user's .ko files, to go with modules the guest has loaded
 *
 * A file belongs to a loaded module when the GNU build-ids agree; its name
 * alone (foo-bar.ko is module foo_bar) only says where to look. Files are
 * hostile: every offset is checked. No KVM here: the host tests it.
 */
#ifndef TRAPLINE_SESSION_MODFILE_H
#define TRAPLINE_SESSION_MODFILE_H

#include <trapline/types.h>

struct modfile {
	uint8_t *data; /* the whole file, malloc'ed */
	size_t size;
};

/*
 * Read the .ko in folder dir that is module name with this build-id. 0, or
 * -ENOENT (none there, or another build), -EBADMSG (no arm64 ET_REL), -ENOMEM,
 * or what open(2) and read(2) said.
 */
int modfile_find(const char *dir, const char *name, const uint8_t *build_id,
		 size_t build_id_size, struct modfile *ret);
void modfile_free(struct modfile *file);

/*
 * Link the file in place to where the guest has its sections (ET_DYN, one
 * PT_LOAD at *load, debug information relocated), so that a debugger relocates
 * it by nothing. address tells where the guest has the section of that name,
 * 0: nowhere. 0, -EBADMSG, -ENOMEM, -ENOTSUP (compressed debug sections); the
 * file is spoilt then, and has to be freed all the same.
 */
int modfile_link(struct modfile *file,
		 va_t (*address)(const void *opaque, const char *name),
		 const void *opaque, va_t *load);

/* The parts, for tests: over a file in memory, 0 or -EBADMSG. */
int modfile_check(const struct modfile *file);
/* Length of the GNU build-id, 0: none. */
size_t modfile_build_id(const struct modfile *file, const uint8_t **ret);

#endif
