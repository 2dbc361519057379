// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * image.c - put a kernel, an initrd and room for a device tree into guest RAM
 *
 * This code opens the file, asks each format of the table below whether the
 * file is of that format, and places the other parts that the boot protocol
 * requires around the kernel (Documentation/arch/arm64/booting.rst).
 * image_arm64.c and image_elf.c read the formats.
 */
#include "image_format.h"
#include "image_stream.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The initrd shares a window of 32 GiB with the kernel (booting.rst). */
#define INITRD_LOW    (3 * SZ_1G)
#define INITRD_WINDOW (32 * SZ_1G)

static const struct image_format formats[] = {
	{ "EFI zboot image", image_zboot_probe, image_zboot_load },
	{ "arm64 Image", image_arm64_probe, image_stream_load },
	{ "ELF", image_elf_probe, image_elf_load },
	{ "compressed Image", image_compressed_probe, image_stream_load },
	{ "flat binary", image_flat_probe, image_stream_load },
};

/* Files that users give by mistake. The message names the kind of file. */
static const struct mistake {
	size_t offset;
	const char *magic;
	size_t len;
	const char *text;
} mistakes[] = {
	{ 0x202, "HdrS", 4, "is an x86 kernel (bzImage), not an arm64 one" },
	{ 0x24, "\x18\x28\x6f\x01", 4,
	  "is a 32-bit Arm zImage, not an arm64 kernel" },
	{ 0, "\x27\x05\x19\x56", 4,
	  "is a U-Boot uImage: give the Image it was made from" },
	{ 0, "\xd0\x0d\xfe\xed", 4,
	  "is a device tree or FIT image, not a kernel: use --dtb for a tree" },
	{ 0, "070701", 6, "is an initrd, not a kernel: use --initrd" },
	{ 0, "KDUMP   ", 8, "is a crash dump, not a kernel" },
	{ 0, "QFI\xfb", 4, "is a disk image, not a kernel: use --disk" },
};

int image_fail(struct image_job *job, int error, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (!job->err_size)
		return error;
	n = snprintf(job->err, job->err_size, "%s: ", job->req->kernel);
	if (n < 0 || (size_t)n >= job->err_size)
		return error;
	va_start(ap, fmt);
	vsnprintf(job->err + n, job->err_size - n, fmt, ap);
	va_end(ap);
	return error;
}

int image_refuse(struct image_job *job, const uint8_t *head, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(mistakes); i++) {
		const struct mistake *m = &mistakes[i];

		if (len >= m->offset + m->len &&
		    !memcmp(head + m->offset, m->magic, m->len))
			return image_fail(job, -ENOEXEC, "%s", m->text);
	}
	return image_fail(job, -ENOEXEC,
			  "no arm64 kernel: give Image, Image.gz, vmlinuz or "
			  "vmlinux, or say --load-address for a flat binary");
}

/* Bytes as MiB for messages, rounded up. */
static unsigned long long mib(uint64_t bytes)
{
	return bytes / SZ_1M + !!(bytes % SZ_1M);
}

int image_ram_at(struct image_job *job, ipa_t ipa, uint64_t size, uint8_t **ret)
{
	const struct guest_ram *ram = job->ram;

	if (ipa < ram->ipa || ipa - ram->ipa >= ram->size)
		return image_fail(
			job, -EINVAL,
			"would lie at 0x%llx, outside guest RAM "
			"(0x%llx-0x%llx): choose another address or "
			"more memory with --mem",
			(unsigned long long)ipa, (unsigned long long)ram->ipa,
			(unsigned long long)(ram->ipa + ram->size - 1));
	if (size > ram->size - (ipa - ram->ipa))
		return image_fail(job, -ENOSPC,
				  "needs %llu MiB of memory from 0x%llx, but "
				  "the guest has %llu MiB there: give it more "
				  "with --mem",
				  mib(size), (unsigned long long)ipa,
				  (ram->size - (ipa - ram->ipa)) / SZ_1M);
	*ret = ram->host + (ipa - ram->ipa);
	return 0;
}

/* Open a regular file that is not empty. */
static int file_open(const char *path, int *ret_fd, uint64_t *ret_size,
		     char *err, size_t err_size)
{
	struct stat st;
	int error, fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0 || fstat(fd, &st)) {
		error = -errno;
		snprintf(err, err_size, "%s: %s", path, strerror(-error));
	} else if (!S_ISREG(st.st_mode)) {
		error = S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL;
		snprintf(err, err_size, "%s: %s, not a file", path,
			 S_ISDIR(st.st_mode) ? "a folder" : "a device");
	} else if (!st.st_size) {
		error = -ENOEXEC;
		snprintf(err, err_size, "%s: the file is empty", path);
	} else {
		*ret_fd = fd;
		*ret_size = st.st_size;
		return 0;
	}
	if (fd >= 0)
		close(fd);
	return error;
}

static ssize_t read_at(int fd, void *buf, size_t len, off_t offset)
{
	size_t done = 0;
	ssize_t n;

	while (done < len) {
		n = pread(fd, (char *)buf + done, len - done, offset + done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			break;
		done += n;
	}
	return done;
}

static int kernel_load(struct image_job *job)
{
	ssize_t n = read_at(job->fd, job->head, sizeof(job->head), 0);

	if (n < 0)
		return image_fail(job, n, "%s", strerror(-n));
	job->head_len = n;
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
		if (formats[i].probe(job)) {
			job->img->format = formats[i].name;
			return formats[i].load(job);
		}
	}
	return image_refuse(job, job->head, job->head_len);
}

/* Place the device tree: at the base of RAM, or after the kernel. */
static int dtb_place(struct image_job *job)
{
	uint64_t size = ALIGN_UP(job->req->dtb_size, SZ_64K);
	struct image *img = job->img;
	ipa_t base = job->ram->ipa, at;
	uint8_t *host;

	if (job->req->dtb_size > IMAGE_MAX_DTB)
		return image_fail(
			job, -EINVAL,
			"the device tree has more than 2 MiB, which the "
			"boot protocol does not allow");
	at = ALIGN_UP(img->text + img->text_size, SZ_64K);
	if (ALIGN_DOWN(at, SZ_2M) != ALIGN_DOWN(at + size - 1, SZ_2M))
		at = ALIGN_UP(at, SZ_2M);
	if (img->text - base >= size)
		at = base;
	img->dtb = at;
	img->dtb_size = size;
	img->x0 = at;
	if (at - base >= job->ram->size || image_ram_at(job, at, size, &host))
		return image_fail(job, -ENOSPC,
				  "leaves no room for a device tree in %llu "
				  "MiB: give the guest more with --mem",
				  mib(job->ram->size));
	return 0;
}

static int initrd_fail(struct image_job *job, int error, const char *what)
{
	snprintf(job->err, job->err_size, "%s: %s", job->req->initrd, what);
	return error;
}

/*
 * The highest address at which the initrd still ends within the first limit
 * bytes of RAM; 0: there is none.
 */
static ipa_t initrd_fit(const struct image_job *job, uint64_t size,
			uint64_t limit)
{
	const struct image *img = job->img;
	ipa_t low = img->text + img->text_size, base = job->ram->ipa, at;

	if (low < img->dtb + img->dtb_size)
		low = img->dtb + img->dtb_size;
	if (limit > job->ram->size)
		limit = job->ram->size;
	if (size > limit)
		return 0;
	at = ALIGN_DOWN(base + limit - size, SZ_4K);
	return at >= low ? at : 0;
}

static int initrd_load(struct image_job *job)
{
	struct image *img = job->img;
	uint64_t size;
	ssize_t n;
	int fd, err;

	err = file_open(job->req->initrd, &fd, &size, job->err, job->err_size);
	if (err)
		return err;
	img->initrd = initrd_fit(job, size, INITRD_LOW);
	if (!img->initrd)
		img->initrd = initrd_fit(job, size, INITRD_WINDOW);
	img->initrd_size = size;
	if (!img->initrd) {
		snprintf(job->err, job->err_size,
			 "%s: an initrd of %llu MiB does not fit beside the "
			 "kernel in %llu MiB: give the guest more with --mem",
			 job->req->initrd, mib(size), mib(job->ram->size));
		err = -ENOSPC;
		goto close_file;
	}
	n = read_at(fd, job->ram->host + (img->initrd - job->ram->ipa), size,
		    0);
	if (n < 0)
		err = initrd_fail(job, n, strerror(-n));
	else if ((uint64_t)n < size)
		err = initrd_fail(
			job, -EBADMSG,
			"became shorter while it was read: give it again");
close_file:
	close(fd);
	return err;
}

int image_load(const struct image_request *req, const struct guest_ram *ram,
	       struct image *ret, char *err, size_t err_size)
{
	struct image img = { 0 };
	struct image_job job = {
		.req = req,
		.ram = ram,
		.img = &img,
		.err = err,
		.err_size = err_size,
	};
	int error = file_open(req->kernel, &job.fd, &job.size, err, err_size);

	if (error)
		return error;
	error = kernel_load(&job);
	close(job.fd);
	if (!error)
		error = dtb_place(&job);
	if (!error && req->initrd)
		error = initrd_load(&job);
	if (!error)
		*ret = img;
	return error;
}
