/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * savefile.h - the files that monitor commands write
 *
 * A debugger chooses the name of the file, and the debugger is not trusted. So
 * a file is written only below the folder that the user gave by --save-dir,
 * only under a name that does not exist, and never through a symbolic link.
 * Every monitor command that writes a file opens it here.
 */
#ifndef TRAPLINE_SESSION_SAVEFILE_H
#define TRAPLINE_SESSION_SAVEFILE_H

#include <limits.h>
#include <stddef.h>

/*
 * Begin the file name below dir, mode 0600. name is relative to dir. It may
 * contain folders, which have to exist. dir is NULL if the user gave none. The
 * file gets its name when it is complete: until then it is ".NAME.PID.part" in
 * the same folder.
 *
 * savefile_begin() returns 0 and *ret, or one line in err and
 *	-EACCES	dir is NULL, or the folder is not writable
 *	-EINVAL	name is empty
 *	-EXDEV	name leads out of dir: it begins with '/', or has ".." in it
 *	-ELOOP	a part of name is a symbolic link
 *	-EEXIST	name exists already
 *	or the error of openat(2).
 *
 * After it, call either savefile_commit(), whose errors are those of
 * renameat2(2), or savefile_abort(). Both end the file; then only a file that
 * was committed is left.
 */
struct savefile {
	int fd; /* write here */
	int folder;
	char name[NAME_MAX + 1];
	char part[NAME_MAX + 1];
};

int savefile_begin(const char *dir, const char *name, struct savefile *ret,
		   char *err, size_t err_size);
int savefile_commit(struct savefile *f, char *err, size_t err_size);
void savefile_abort(struct savefile *f);

/*
 * Save len bytes of text in one go. Returns 0, or one line in err and an error
 * of the calls above or of write(2). After an error no file is left.
 */
int savefile_put(const char *dir, const char *name, const char *text,
		 size_t len, char *err, size_t err_size);

/* Is dir a folder in which files may be made? Errors as savefile_begin(). */
int savefile_check(const char *dir, char *err, size_t err_size);

#endif
