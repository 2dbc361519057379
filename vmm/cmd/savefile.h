/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * savefile.h - the files that monitor commands write
 *
 * A debugger names the file, and a debugger may be anybody. So a file is
 * written only below the folder that the user gave by --save-dir, only under a
 * name that does not exist, and never through a symbolic link. A monitor
 * command that writes a file opens it here and nowhere else.
 */
#ifndef TRAPLINE_VMM_SAVEFILE_H
#define TRAPLINE_VMM_SAVEFILE_H

#include <stddef.h>
#include <stdio.h>

/*
 * Make the file name below dir and open it for writing, mode 0600. name is
 * relative to dir and may have folders in it, which have to exist. dir NULL:
 * the user gave none.
 *
 * 0 and *ret, or one line in err and
 *	-EACCES	dir is NULL, or the folder may not be written to
 *	-EINVAL	name is empty
 *	-EXDEV	name leads out of dir: it begins with '/', or has ".." in it
 *	-ELOOP	a part of name is a symbolic link
 *	-EEXIST	there is something of that name
 *	or what open(2) and openat2(2) say.
 */
int savefile_open(const char *dir, const char *name, FILE **ret, char *err,
		  size_t err_size);

/* Is dir a folder, and may files be made in it? As savefile_open(). */
int savefile_check(const char *dir, char *err, size_t err_size);

#endif
