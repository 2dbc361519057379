// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * image_arm64.c - the arm64 kernel Image, bare, compressed or in EFI zboot
 *
 * Sources: Documentation/arch/arm64/booting.rst ("Call the kernel image") for
 * placing an Image; drivers/firmware/efi/libstub/zboot-header.S for zboot; the
 * PE/COFF specification for the section table. The section table says how much
 * of the file must be present. image_size cannot show that an Image is
 * truncated, because it counts memory, .bss included.
 */
#include "image_format.h"
#include "image_stream.h"

#include <ctype.h>
#include <endian.h>
#include <errno.h>
#include <string.h>

/* Headers before v3.17 have no image_size: assume this size for .bss. */
#define OLD_TEXT_OFFSET 0x80000ULL
#define OLD_BSS         (16 * SZ_1M)

#define ZBOOT_OFFSET   8
#define ZBOOT_SIZE     12
#define ZBOOT_TYPE     24
#define ZBOOT_TYPE_MAX 32
#define ZBOOT_HEADER   64

/* PE/COFF: the file header follows the signature, then come section headers. */
#define PE_NR_SECTIONS        6
#define PE_OPTIONAL_SIZE      20
#define PE_HEADER_SIZE        24
#define PE_SECTION_SIZE       40
#define PE_MAX_SECTIONS       96
#define PE_SECTION_RAW_SIZE   16
#define PE_SECTION_RAW_OFFSET 20

static uint16_t get16(const uint8_t *p)
{
	uint16_t v;

	memcpy(&v, p, sizeof(v));
	return le16toh(v);
}

static uint32_t get32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return le32toh(v);
}

bool image_arm64_header(const uint8_t *head, size_t len)
{
	return len >= ARM64_HEADER_SIZE &&
	       !memcmp(head + offsetof(struct arm64_image, magic),
		       ARM64_IMAGE_MAGIC, 4);
}

bool image_arm64_probe(const struct image_job *job)
{
	return image_arm64_header(job->head, job->head_len);
}

bool image_compressed_probe(const struct image_job *job)
{
	return image_stream_compression_name(job->head, job->head_len);
}

bool image_flat_probe(const struct image_job *job)
{
	return job->req->load_address;
}

int image_arm64_place(struct image_job *job, const uint8_t *head,
		      uint64_t min_size)
{
	uint64_t address = job->req->load_address;
	uint64_t text_offset, image_size;
	struct image *img = job->img;
	struct arm64_image h;
	uint8_t *host;
	int err;

	memcpy(&h, head, sizeof(h));
	text_offset = le64toh(h.text_offset);
	image_size = le64toh(h.image_size);
	if (!image_size) {
		text_offset = OLD_TEXT_OFFSET;
		image_size = min_size + OLD_BSS;
	}
	if (image_size < min_size)
		image_size = min_size;
	if (text_offset >= job->ram->size)
		return image_fail(
			job, -ENOSPC,
			"must lie 0x%llx above the base of RAM, but RAM "
			"ends before: build the kernel again",
			(unsigned long long)text_offset);
	if (address &&
	    (address < text_offset || (address - text_offset) % SZ_2M))
		return image_fail(job, -EINVAL,
				  "--load-address 0x%llx: this kernel must lie "
				  "0x%llx above a multiple of 2 MiB",
				  (unsigned long long)address,
				  (unsigned long long)text_offset);
	img->text = address ? address
			    : ALIGN_UP(job->ram->ipa, SZ_2M) + text_offset;
	err = image_ram_at(job, img->text, image_size, &host);
	if (err)
		return err;
	img->text_size = image_size;
	img->entry = img->text;
	img->linux_kernel = true;
	return 0;
}

/*
 * The size that the file must have by its PE header; 0 if the header makes no
 * sense. A larger size than was read means that the file is truncated.
 */
static uint64_t pe_file_size(const uint8_t *image, uint64_t len)
{
	uint64_t pe, section, end, size = 0;
	unsigned int nr;

	if (get16(image) != 0x5a4d)
		return 0;
	pe = get32(image + offsetof(struct arm64_image, pe));
	if (pe + PE_HEADER_SIZE > len || memcmp(image + pe, "PE\0\0", 4))
		return 0;
	nr = get16(image + pe + PE_NR_SECTIONS);
	section = pe + PE_HEADER_SIZE + get16(image + pe + PE_OPTIONAL_SIZE);
	if (nr > PE_MAX_SECTIONS)
		return 0;
	for (; nr; nr--, section += PE_SECTION_SIZE) {
		if (section + PE_SECTION_SIZE > len)
			return size;
		end = (uint64_t)get32(image + section + PE_SECTION_RAW_SIZE) +
		      get32(image + section + PE_SECTION_RAW_OFFSET);
		if (end > size)
			size = end;
	}
	return size;
}

static int read_fail(struct image_job *job, struct image_stream *s,
		     ssize_t error)
{
	const char *how = image_stream_compression(s);

	if (error == -EBADMSG)
		return image_fail(job, -EBADMSG,
				  "truncated or corrupt (%s): copy or build "
				  "the file again",
				  how ? how : "stored");
	return image_fail(job, error, "%s", strerror(-error));
}

/* Read the rest of the stream to img->text, after the header. */
static int body_read(struct image_job *job, struct image_stream *s,
		     const uint8_t *head, size_t head_len)
{
	struct image *img = job->img;
	uint64_t room = job->ram->size - (img->text - job->ram->ipa);
	uint8_t *to, more;
	ssize_t n = 0;
	int err;

	err = image_ram_at(job, img->text, head_len, &to);
	if (err)
		return err;
	memcpy(to, head, head_len);
	if (head_len == ARM64_HEADER_SIZE) {
		n = image_stream_read(s, to + head_len, room - head_len);
		if (n < 0)
			return read_fail(job, s, n);
	}
	if (head_len + n == room && image_stream_read(s, &more, 1) > 0)
		return image_fail(job, -ENOSPC,
				  "does not fit into %llu MiB: give the guest "
				  "more with --mem",
				  (unsigned long long)(room / SZ_1M));
	n += head_len;
	if (img->linux_kernel && pe_file_size(to, n) > (uint64_t)n)
		return image_fail(job, -EBADMSG,
				  "truncated: %llu of at least %llu bytes are "
				  "there: copy or build the file again",
				  (unsigned long long)n,
				  (unsigned long long)pe_file_size(to, n));
	if (img->text_size < (uint64_t)n)
		img->text_size = n;
	return 0;
}

/* Load an arm64 Image from a stream or, with a load address, any binary. */
static int stream_load(struct image_job *job, struct image_stream *s)
{
	uint8_t head[ARM64_HEADER_SIZE];
	ssize_t n = image_stream_read(s, head, sizeof(head));
	int err;

	if (n < 0)
		return read_fail(job, s, n);
	if (image_arm64_header(head, n)) {
		err = image_arm64_place(job, head, ARM64_HEADER_SIZE);
		return err ? err : body_read(job, s, head, n);
	}
	if (n >= 4 && !memcmp(head, "\177ELF", 4))
		return image_fail(job, -ENOEXEC,
				  "a compressed ELF file: decompress it first");
	if (!job->req->load_address)
		return image_refuse(job, head, n);
	job->img->text = job->req->load_address;
	job->img->entry = job->img->text;
	return body_read(job, s, head, n);
}

/* how: the compression's name, for the message when it is not supported. */
static int range_load(struct image_job *job, uint64_t offset, uint64_t size,
		      const char *how)
{
	struct image_stream *s;
	int err = image_stream_open(job->fd, offset, size, &s);

	if (err == -ENOTSUP)
		return image_fail(job, -ENOEXEC,
				  "compressed in a way that is not supported "
				  "(%s): give the Image itself, or Image.gz",
				  how);
	if (err)
		return image_fail(job, err, "%s", strerror(-err));
	err = stream_load(job, s);
	image_stream_close(s);
	return err;
}

int image_stream_load(struct image_job *job)
{
	return range_load(job, 0, job->size,
			  image_stream_compression_name(job->head,
							job->head_len));
}

bool image_zboot_probe(const struct image_job *job)
{
	return job->head_len >= ZBOOT_HEADER && !memcmp(job->head, "MZ", 2) &&
	       !memcmp(job->head + 4, "zimg", 4);
}

int image_zboot_load(struct image_job *job)
{
	uint64_t offset = get32(job->head + ZBOOT_OFFSET);
	uint64_t size = get32(job->head + ZBOOT_SIZE);
	char type[ZBOOT_TYPE_MAX + 1] = "";

	for (int i = 0; i < ZBOOT_TYPE_MAX; i++) {
		type[i] = job->head[ZBOOT_TYPE + i];
		if (!isalnum((unsigned char)type[i])) {
			type[i] = 0;
			break;
		}
	}
	if (offset < ZBOOT_HEADER || !size)
		return image_fail(job, -EBADMSG,
				  "zboot header without a kernel in it: copy "
				  "or build the file again");
	if (offset + size > job->size)
		return image_fail(job, -EBADMSG,
				  "truncated: %llu of at least %llu bytes are "
				  "there: copy or build the file again",
				  (unsigned long long)job->size,
				  (unsigned long long)(offset + size));
	return range_load(job, offset, size, type);
}
