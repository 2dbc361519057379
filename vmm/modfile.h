/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * modfile.h - the user's .ko files, to go with modules the guest has loaded
 *
 * A file belongs to a loaded module when the GNU build-ids agree; its name
 * alone (foo-bar.ko is module foo_bar) only says where to look. Files are
 * hostile: every offset is checked. No KVM here: the host tests it.
 */
#ifndef TRAPLINE_VMM_MODFILE_H
#define TRAPLINE_VMM_MODFILE_H

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
 * Name of the nth section that occupies memory (SHF_ALLOC), in the order of
 * the section headers; NULL: there are no more. *exec: it holds code.
 */
const char *modfile_alloc_section(const struct modfile *file, unsigned int n,
				  bool *exec);

/*
 * Link the file in place to where the guest has its sections (ET_DYN, debug
 * information relocated), so that a debugger relocates it by nothing. address
 * tells the address of a section by its name; exec: it holds code. 0,
 * -EBADMSG, -ENOTSUP (compressed debug sections; the file is spoilt).
 */
int modfile_link(struct modfile *file,
		 va_t (*address)(const void *opaque, const char *name,
				 bool exec),
		 const void *opaque);

/* The parts, for tests: over a file in memory, 0 or -EBADMSG. */
int modfile_check(const struct modfile *file);
/* Length of the GNU build-id, 0: none. */
size_t modfile_build_id(const struct modfile *file, const uint8_t **ret);

#endif
