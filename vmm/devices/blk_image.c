// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * blk_image.c - the file or block device behind a guest's disk
 *
 * The locks are "open file description" locks (fcntl(2)): they end with the
 * descriptor, however the process ends. On file systems without locks (some
 * network ones) the image is used unlocked.
 */
#include "blk_image.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/falloc.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <trapline/report.h>
#include <trapline/util.h>

#define SECTOR      512ULL
#define FLUSH_PIECE (32 * SZ_1M)

static int fail(char *err, size_t err_size, const char *path, const char *what,
		int code)
{
	snprintf(err, err_size, "disk %s: %s", path, what);
	return code;
}

static int fail_open(char *err, size_t err_size, const struct vmm_disk *disk,
		     int code)
{
	const char *what = strerror(-code);

	if (code == -ENOENT)
		what = "no such file: give -d an existing raw image";
	else if ((code == -EACCES || code == -EROFS) && !disk->read_only)
		what = "not writable: fix its permissions, or give it as "
		       "PATH,ro";
	else if (code == -EACCES)
		what = "not readable: fix its permissions";
	return fail(err, err_size, disk->path, what, code);
}

static int image_lock(int fd, bool read_only)
{
	struct flock lock = {
		.l_type = read_only ? F_RDLCK : F_WRLCK,
		.l_whence = SEEK_SET,
	};

	if (fcntl(fd, F_OFD_SETLK, &lock) == 0)
		return 0;
	return errno == EAGAIN || errno == EACCES ? -EBUSY : 0;
}

/* Refuse a file that is certainly no raw image: maybe the path is wrong. */
static const char *image_refuse(int fd)
{
	char magic[4] = "";
	struct stat st;

	if (fstat(fd, &st) < 0)
		return strerror(errno);
	if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
		return "neither a file nor a block device";
	if (pread(fd, magic, sizeof(magic), 0) == sizeof(magic) &&
	    !memcmp(magic, "QFI\xfb", sizeof(magic)))
		return "a qcow2 image: make a raw one of it with "
		       "\"qemu-img convert -O raw\"";
	return NULL;
}

int blk_image_open(struct blk_image *image, const struct vmm_disk *disk,
		   char *err, size_t err_size)
{
	const char *slash = strrchr(disk->path, '/');
	const char *refused;
	off_t end;
	int fd, rc = -EINVAL;

	fd = open(disk->path, (disk->read_only ? O_RDONLY : O_RDWR) |
				      O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return fail_open(err, err_size, disk, -errno);
	refused = image_refuse(fd);
	end = lseek(fd, 0, SEEK_END);
	if (!refused && end <= 0)
		refused = "is empty";
	if (!refused && image_lock(fd, disk->read_only) < 0) {
		rc = -EBUSY;
		refused =
			disk->read_only
				? "another VM writes to it"
				: "another VM uses it: end that one, or make a "
				  "copy";
	}
	if (refused) {
		close(fd);
		return fail(err, err_size, disk->path, refused, rc);
	}
	image->fd = fd;
	image->read_only = disk->read_only;
	image->size = ALIGN_UP((uint64_t)end, SECTOR);
	image->name = slash ? slash + 1 : disk->path;
	return 0;
}

/*
 * Report errno to the user, for the first error only. The guest does not get
 * the reason: its request just fails.
 */
static int io_error(struct blk_image *image)
{
	if (!image->complained)
		report(REPORT_ERROR, "disk %s: %s: the guest gets an I/O error",
		       image->name, strerror(errno));
	image->complained = true;
	return -EIO;
}

void blk_image_close(struct blk_image *image)
{
	close(image->fd);
}

/* Drop the first done bytes of *iov; returns how many segments are left. */
static unsigned int iov_advance(struct iovec **iov, unsigned int nr,
				size_t done)
{
	while (nr && done >= (*iov)->iov_len) {
		done -= (*iov)->iov_len;
		(*iov)++;
		nr--;
	}
	if (nr) {
		(*iov)->iov_base = (char *)(*iov)->iov_base + done;
		(*iov)->iov_len -= done;
	}
	return nr;
}

int blk_image_read(struct blk_image *image, struct iovec *iov, unsigned int nr,
		   uint64_t offset)
{
	while (nr) {
		ssize_t done = preadv(image->fd, iov, (int)nr, (off_t)offset);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return io_error(image);
		if (!done)
			break;
		offset += (uint64_t)done;
		nr = iov_advance(&iov, nr, (size_t)done);
	}
	for (unsigned int i = 0; i < nr; i++)
		memset(iov[i].iov_base, 0, iov[i].iov_len);
	return 0;
}

static void note_write(struct blk_image *image, uint64_t offset, uint64_t len)
{
	if (!image->unflushed || offset < image->unflushed_start)
		image->unflushed_start = offset;
	if (offset + len > image->unflushed_end)
		image->unflushed_end = offset + len;
	image->unflushed += len;
}

int blk_image_write(struct blk_image *image, struct iovec *iov, unsigned int nr,
		    uint64_t offset)
{
	while (nr) {
		ssize_t done = pwritev(image->fd, iov, (int)nr, (off_t)offset);

		if (done < 0 && errno == EINTR)
			continue;
		if (!done)
			errno = EIO; /* a write of 0 bytes does not set errno */
		if (done <= 0)
			return io_error(image);
		note_write(image, offset, (uint64_t)done);
		offset += (uint64_t)done;
		nr = iov_advance(&iov, nr, (size_t)done);
	}
	return 0;
}

/*
 * Write back the next piece of the written range. Report an error here: a later
 * fdatasync(2) does not report it again.
 */
static int flush_piece(struct blk_image *image)
{
	uint64_t left = image->unflushed_end - image->unflushed_start;
	uint64_t len = min(left, FLUSH_PIECE);

	if (sync_file_range(
		    image->fd, (off_t)image->unflushed_start, (off_t)len,
		    SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE |
			    SYNC_FILE_RANGE_WAIT_AFTER) < 0 &&
	    (errno == EIO || errno == ENOSPC || errno == EDQUOT))
		return io_error(image);
	image->unflushed_start += len;
	return image->unflushed_start < image->unflushed_end ? -EAGAIN : 0;
}

/*
 * fdatasync(2) of gigabytes takes minutes, and the VM cannot be stopped
 * meanwhile. So a large amount is first written back in pieces.
 */
int blk_image_flush(struct blk_image *image)
{
	int err = 0;

	if (image->read_only)
		return 0;
	if (image->unflushed > FLUSH_PIECE)
		err = flush_piece(image);
	if (err == -EAGAIN)
		return err;
	if (fdatasync(image->fd) < 0)
		err = io_error(image);
	image->unflushed = 0;
	image->unflushed_start = 0;
	image->unflushed_end = 0;
	return err;
}

int blk_image_discard(struct blk_image *image, uint64_t offset, uint64_t len)
{
	if (!len ||
	    fallocate(image->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
		      (off_t)offset, (off_t)len) == 0)
		return 0;
	return errno == EOPNOTSUPP || errno == ENODEV ? 0 : io_error(image);
}

static int write_zeroes(struct blk_image *image, uint64_t offset, uint64_t len)
{
	static const uint8_t zeroes[SZ_64K];

	while (len) {
		size_t part = min(len, sizeof(zeroes));
		struct iovec iov = { .iov_base = (void *)(uintptr_t)zeroes,
				     .iov_len = part };

		if (blk_image_write(image, &iov, 1, offset) < 0)
			return -EIO;
		offset += part;
		len -= part;
	}
	return 0;
}

int blk_image_zero(struct blk_image *image, uint64_t offset, uint64_t len,
		   bool unmap)
{
	int mode = FALLOC_FL_KEEP_SIZE |
		   (unmap ? FALLOC_FL_PUNCH_HOLE : FALLOC_FL_ZERO_RANGE);

	if (!len || fallocate(image->fd, mode, (off_t)offset, (off_t)len) == 0)
		return 0;
	return write_zeroes(image, offset, len);
}
