/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * modfile.h - the user's .ko files, matched to modules the guest has loaded
 *
 * A file belongs to a loaded module when the GNU build-ids agree. The file's
 * name (foo-bar.ko is module foo_bar) only says where to look. The files are
 * untrusted: every offset is checked. This code does not use KVM, so the host
 * can test it.
 */
#ifndef TRAPLINE_SESSION_MODFILE_H
#define TRAPLINE_SESSION_MODFILE_H

#include <trapline/types.h>

struct modfile {
	uint8_t *data; /* the whole file, malloc'ed */
	size_t size;
};

/*
 * Read the .ko of module name with this build-id from folder dir. Returns 0,
 * -ENOENT (no such file, or another build), -EBADMSG (no arm64 ET_REL),
 * -ENOMEM, or the error of open(2) or read(2).
 */
int modfile_find(const char *dir, const char *name, const uint8_t *build_id,
		 size_t build_id_size, struct modfile *ret);
void modfile_free(struct modfile *file);

/*
 * Link the file, in place, to the addresses where the guest has loaded its
 * sections. The result is ET_DYN with one PT_LOAD at *load and relocated debug
 * information, so a debugger relocates the file by 0. address returns the
 * guest's address of the section with this name; 0: the guest has not loaded
 * the section. Returns 0, -EBADMSG, -ENOMEM or -ENOTSUP (compressed debug
 * sections). After an error the file's contents are unusable; the caller must
 * still free it.
 */
int modfile_link(struct modfile *file,
		 va_t (*address)(const void *opaque, const char *name),
		 const void *opaque, va_t *load);

/* The steps, for tests. The file is in memory. Returns 0 or -EBADMSG. */
int modfile_check(const struct modfile *file);
/* Returns the length of the GNU build-id; 0: there is none. */
size_t modfile_build_id(const struct modfile *file, const uint8_t **ret);

#endif
