/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * image_format.h - the interface between the loader (image.c) and its formats
 *
 * To add a format: write probe and load functions as declared below, declare
 * them here, add a line to the table in image.c (the first probe that returns
 * true wins), and add a case to tests/unit/test_image.c.
 */
#ifndef TRAPLINE_VMM_IMAGE_FORMAT_H
#define TRAPLINE_VMM_IMAGE_FORMAT_H

#include <trapline/arm64_image.h>
#include "image.h"

#define ARM64_HEADER_SIZE sizeof(struct arm64_image)

/* One call of image_load(). */
struct image_job {
	const struct image_request *req;
	const struct guest_ram *ram;
	struct image *img; /* being filled */
	int fd; /* of the kernel file */
	uint64_t size; /* of the file */
	uint8_t head[1024];
	size_t head_len;
	char *err;
	size_t err_size;
};

/*
 * load: read the kernel into RAM and fill img->format, linux_kernel, entry,
 * text and text_size. Returns 0, or a negative errno with job->err filled.
 */
struct image_format {
	const char *name;
	bool (*probe)(const struct image_job *job);
	int (*load)(struct image_job *job);
};

/* Put "FILE: text" into job->err; returns error. */
int image_fail(struct image_job *job, int error, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * Find the host address of [ipa, ipa + size). On an error, job->err says how
 * much memory is missing (-ENOSPC) or that ipa is outside RAM (-EINVAL).
 */
int image_ram_at(struct image_job *job, ipa_t ipa, uint64_t size,
		 uint8_t **ret);

/* image_arm64.c: an Image, bare or compressed, and any flat binary. */
bool image_arm64_probe(const struct image_job *job);
bool image_compressed_probe(const struct image_job *job);
bool image_flat_probe(const struct image_job *job);
int image_stream_load(struct image_job *job);
/*
 * Read the header and choose the place: img->text, text_size, entry. min_size
 * is the number of bytes that the kernel needs whatever the header says.
 */
bool image_arm64_header(const uint8_t *head, size_t len);
int image_arm64_place(struct image_job *job, const uint8_t *head,
		      uint64_t min_size);

/* image_arm64.c: EFI zboot, a compressed Image after a PE header. */
bool image_zboot_probe(const struct image_job *job);
int image_zboot_load(struct image_job *job);

/* image_elf.c */
bool image_elf_probe(const struct image_job *job);
int image_elf_load(struct image_job *job);

/* image.c: name the kind of file that was given instead; for -ENOEXEC. */
int image_refuse(struct image_job *job, const uint8_t *head, size_t len);

#endif
