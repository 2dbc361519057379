/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vFile: the files that the services generate, for gdb to read symbols from.
 * Source: the GDB manual, "Host I/O Packets". The error numbers and the layout
 * of struct stat are those of "File-I/O Remote Protocol Extension" (all
 * big-endian).
 *
 * Replies are F result [, errno] [; attachment], with hexadecimal numbers. No
 * packet can reach the host's file system.
 */
#include <errno.h>
#include <string.h>

#include "command.h"

/* "Errno Values" and "Open Flags", "mode_t Values" of the File-I/O protocol */
enum {
	FILEIO_ENOENT = 2,
	FILEIO_EBADF = 9,
	FILEIO_EINVAL = 22,
	FILEIO_EMFILE = 24,
	FILEIO_EROFS = 30,
	FILEIO_EUNKNOWN = 9999,
};

#define FILEIO_O_ACCMODE 3
#define FILEIO_O_RDONLY  0
#define FILEIO_S_IFREG   0100000
#define FILE_MODE        (FILEIO_S_IFREG | 0444)
#define FILE_BLOCK       4096
#define PATH_SIZE        1024
/* No file is opened while the open files hold this much memory or more. */
#define FILES_SIZE_MAX   (512 * SZ_1M)

static int failed(struct gdbstub *stub, int error)
{
	reply_printf(&stub->reply, "F-1,%x", error);
	return STUB_BUILT;
}

static int fileio_errno(int error)
{
	switch (-error) {
	case ENOENT:
		return FILEIO_ENOENT;
	case EINVAL:
		return FILEIO_EINVAL;
	default:
		return FILEIO_EUNKNOWN;
	}
}

/* The open file with this number; NULL: there is none. */
static struct stub_file *file_of(struct gdbstub *stub, uint64_t number)
{
	if (number >= STUB_MAX_FILES || !stub->files[number].open)
		return NULL;
	return &stub->files[number];
}

static void file_close(struct gdbstub *stub, struct stub_file *file)
{
	if (file->open && stub->services->file_close)
		stub->services->file_close(stub->opaque, &file->file);
	memset(file, 0, sizeof(*file));
}

void files_close(struct gdbstub *stub)
{
	for (unsigned int i = 0; i < STUB_MAX_FILES; i++)
		file_close(stub, &stub->files[i]);
}

/* vFile:setfs:pid - there is one file system for all processes */
int handle_file_setfs(struct gdbstub *stub, struct args *args)
{
	uint64_t ignored;

	if (!args_hex(args, &ignored) || !args_at_end(args))
		return failed(stub, FILEIO_EINVAL);
	reply_text(&stub->reply, "F0");
	return STUB_BUILT;
}

static bool is_full(const struct gdbstub *stub)
{
	uint64_t size = 0;

	for (unsigned int i = 0; i < STUB_MAX_FILES; i++)
		size += stub->files[i].file.size;
	return size >= FILES_SIZE_MAX;
}

static int path_open(struct gdbstub *stub, const char *path,
		     struct gdbstub_file *ret)
{
	if (!stub->services->file_open)
		return -ENOENT;
	return stub->services->file_open(stub->opaque, path, ret);
}

static bool is_exec_file(struct gdbstub *stub, const char *path)
{
	const char *exec = stub->services->exec_file
				   ? stub->services->exec_file(stub->opaque)
				   : NULL;

	return exec && !strcmp(exec, path);
}

/* vFile:open:filename,flags,mode */
int handle_file_open(struct gdbstub *stub, struct args *args)
{
	char path[PATH_SIZE];
	uint64_t flags, mode;
	unsigned int i;
	int error;

	if (!args_hex_string(args, path, sizeof(path)) ||
	    !args_char(args, ',') || !args_hex(args, &flags) ||
	    !args_char(args, ',') || !args_hex(args, &mode) ||
	    !args_at_end(args))
		return failed(stub, FILEIO_EINVAL);
	if ((flags & FILEIO_O_ACCMODE) != FILEIO_O_RDONLY)
		return failed(stub, FILEIO_EROFS);
	for (i = 0; i < STUB_MAX_FILES && stub->files[i].open; i++)
		;
	if (i == STUB_MAX_FILES || is_full(stub))
		return failed(stub, FILEIO_EMFILE);
	error = path_open(stub, path, &stub->files[i].file);
	if (error)
		return failed(stub, fileio_errno(error));
	stub->files[i].open = true;
	if (is_exec_file(stub, path))
		stub->own_symbols = true;
	reply_printf(&stub->reply, "F%x", i);
	return STUB_BUILT;
}

/* vFile:pread:fd,count,offset - may give less than count */
int handle_file_pread(struct gdbstub *stub, struct args *args)
{
	uint64_t number, count, offset;
	struct reply *reply = &stub->reply;
	const struct stub_file *file;
	size_t head, left, done;
	char count_text[9];

	if (!args_hex(args, &number) || !args_char(args, ',') ||
	    !args_hex(args, &count) || !args_char(args, ',') ||
	    !args_hex(args, &offset) || !args_at_end(args))
		return failed(stub, FILEIO_EINVAL);
	file = file_of(stub, number);
	if (!file)
		return failed(stub, FILEIO_EBADF);
	left = offset < file->file.size ? file->file.size - offset : 0;
	if (count > left)
		count = left;
	/* The count comes before the data, but is known only after it. */
	reply_char(reply, 'F');
	head = reply->length;
	reply_text(reply, "00000000;");
	done = count ? reply_binary(reply, file->file.data + offset, count,
				    RSP_PACKET_SIZE)
		     : 0;
	snprintf(count_text, sizeof(count_text), "%08x", (unsigned int)done);
	memcpy(reply->data + head, count_text, 8);
	return STUB_BUILT;
}

static size_t put_be(uint8_t *at, uint64_t value, size_t size)
{
	for (size_t i = 0; i < size; i++)
		at[i] = (uint8_t)(value >> (8 * (size - 1 - i)));
	return size;
}

/* "struct stat": 64 bytes */
static int stat_reply(struct gdbstub *stub, uint64_t size)
{
	const struct {
		uint64_t value;
		size_t size;
	} members[] = {
		{ 0, 4 }, /* st_dev */
		{ 0, 4 }, /* st_ino */
		{ FILE_MODE, 4 }, /* st_mode */
		{ 1, 4 }, /* st_nlink */
		{ 0, 4 }, /* st_uid */
		{ 0, 4 }, /* st_gid */
		{ 0, 4 }, /* st_rdev */
		{ size, 8 }, /* st_size */
		{ FILE_BLOCK, 8 }, /* st_blksize */
		{ (size + 511) / 512, 8 }, /* st_blocks */
		{ 0, 4 }, /* st_atime */
		{ 0, 4 }, /* st_mtime */
		{ 0, 4 }, /* st_ctime */
	};
	uint8_t out[64];
	size_t at = 0;

	for (size_t i = 0; i < ARRAY_SIZE(members); i++)
		at += put_be(out + at, members[i].value, members[i].size);
	reply_printf(&stub->reply, "F%zx;", at);
	reply_binary(&stub->reply, out, at, RSP_PACKET_SIZE);
	return STUB_BUILT;
}

/* vFile:fstat:fd */
int handle_file_fstat(struct gdbstub *stub, struct args *args)
{
	const struct stub_file *file;
	uint64_t number;

	if (!args_hex(args, &number) || !args_at_end(args))
		return failed(stub, FILEIO_EINVAL);
	file = file_of(stub, number);
	if (!file)
		return failed(stub, FILEIO_EBADF);
	return stat_reply(stub, file->file.size);
}

/* vFile:stat:filename */
int handle_file_stat(struct gdbstub *stub, struct args *args)
{
	struct gdbstub_file file;
	char path[PATH_SIZE];
	int error;

	if (!args_hex_string(args, path, sizeof(path)) || !args_at_end(args))
		return failed(stub, FILEIO_EINVAL);
	error = path_open(stub, path, &file);
	if (error)
		return failed(stub, fileio_errno(error));
	stat_reply(stub, file.size);
	if (stub->services->file_close)
		stub->services->file_close(stub->opaque, &file);
	return STUB_BUILT;
}

/* vFile:close:fd */
int handle_file_close(struct gdbstub *stub, struct args *args)
{
	struct stub_file *file;
	uint64_t number;

	if (!args_hex(args, &number) || !args_at_end(args))
		return failed(stub, FILEIO_EINVAL);
	file = file_of(stub, number);
	if (!file)
		return failed(stub, FILEIO_EBADF);
	file_close(stub, file);
	reply_text(&stub->reply, "F0");
	return STUB_BUILT;
}

int handle_file_read_only(struct gdbstub *stub, struct args *args)
{
	return failed(stub, FILEIO_EROFS);
}

/* None of the files is a symbolic link. */
int handle_file_readlink(struct gdbstub *stub, struct args *args)
{
	return failed(stub, FILEIO_EINVAL);
}
