// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_image.c - the loader: every format, every refusal, hostile headers
 *
 * The test makes its files in a temporary folder, and loads them into a mapping
 * between two guard pages. So an access outside guest RAM is a crash.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <elf.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <lzma.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "vmm/boot/image.h"

#define RAM_IPA    0x40000000ULL
#define RAM_SIZE   (64 * SZ_1M)
#define KERNEL_LEN 300000
#define DTB_SIZE   SZ_64K

struct fixture {
	char dir[64];
	char kernel[96];
	char initrd[96];
	uint8_t *map;
	struct guest_ram ram;
	struct image_request req;
	struct image image;
	char err[512];
	uint8_t body[KERNEL_LEN]; /* an arm64 Image */
};

static void put16(uint8_t *p, uint16_t v)
{
	v = htole16(v);
	memcpy(p, &v, sizeof(v));
}

static void put32(uint8_t *p, uint32_t v)
{
	v = htole32(v);
	memcpy(p, &v, sizeof(v));
}

static void put64(uint8_t *p, uint64_t v)
{
	v = htole64(v);
	memcpy(p, &v, sizeof(v));
}

/* Make an Image without a PE header: text_offset, image_size, contents. */
static void body_make(uint8_t *body, uint64_t text_offset, uint64_t image_size)
{
	for (size_t i = 0; i < KERNEL_LEN; i++)
		body[i] = i * 7 + (i >> 8);
	memset(body, 0, 64);
	put64(body + 8, text_offset);
	put64(body + 16, image_size);
	put64(body + 24, 0xa);
	memcpy(body + 56, "ARM\x64", 4);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	size_t page = sysconf(_SC_PAGESIZE);

	strcpy(f->dir, "/tmp/test_image.XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->kernel, sizeof(f->kernel), "%s/kernel", f->dir);
	snprintf(f->initrd, sizeof(f->initrd), "%s/initrd", f->dir);
	f->map = mmap(NULL, RAM_SIZE + 2 * page, PROT_NONE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	assert_true(f->map != MAP_FAILED);
	f->ram.host = f->map + page;
	f->ram.ipa = RAM_IPA;
	f->ram.size = RAM_SIZE;
	assert_int_equal(
		mprotect(f->ram.host, RAM_SIZE, PROT_READ | PROT_WRITE), 0);
	f->req.kernel = f->kernel;
	f->req.dtb_size = DTB_SIZE;
	body_make(f->body, 0, SZ_1M);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	unlink(f->kernel);
	unlink(f->initrd);
	rmdir(f->dir);
	munmap(f->map, RAM_SIZE + 2 * sysconf(_SC_PAGESIZE));
	free(f);
	return 0;
}

static void file_make(const char *path, const void *data, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, len), len);
	close(fd);
}

static int load(struct fixture *f)
{
	f->err[0] = 0;
	return image_load(&f->req, &f->ram, &f->image, f->err, sizeof(f->err));
}

static int load_bytes(struct fixture *f, const void *data, size_t len)
{
	file_make(f->kernel, data, len);
	return load(f);
}

/* Check that the whole Image of body_make() was loaded to text. */
static void assert_loaded(struct fixture *f, ipa_t text)
{
	assert_string_equal(f->err, "");
	assert_true(f->image.linux_kernel);
	assert_int_equal(f->image.text, text);
	assert_int_equal(f->image.entry, text);
	assert_int_equal(f->image.x0, f->image.dtb);
	assert_memory_equal(f->ram.host + (text - RAM_IPA), f->body,
			    KERNEL_LEN);
}

static void assert_refused(struct fixture *f, int ret, int error,
			   const char *text)
{
	assert_int_equal(ret, error);
	if (!strstr(f->err, text))
		fail_msg("'%s' does not say '%s'", f->err, text);
	assert_null(strchr(f->err, '\n'));
}

/* ---- files that load ---------------------------------------------------- */

static void test_image(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(load_bytes(f, f->body, KERNEL_LEN), 0);
	assert_loaded(f, RAM_IPA);
	assert_string_equal(f->image.format, "arm64 Image");
	assert_int_equal(f->image.text_size, SZ_1M);
	/* The device tree follows the kernel, and does not cross 2 MiB. */
	assert_int_equal(f->image.dtb, RAM_IPA + SZ_1M);
	assert_int_equal(f->image.initrd_size, 0);
}

static void test_text_offset(void **state)
{
	struct fixture *f = *state;

	body_make(f->body, 0x80000, SZ_1M);
	assert_int_equal(load_bytes(f, f->body, KERNEL_LEN), 0);
	assert_loaded(f, RAM_IPA + 0x80000);
	/* The tree lies below the kernel, because it fits there. */
	assert_int_equal(f->image.dtb, RAM_IPA);
}

/*
 * Kernels before v3.17 have no image_size, and text_offset in any byte order.
 */
static void test_old_header(void **state)
{
	struct fixture *f = *state;

	body_make(f->body, 0x0000080000000000, 0);
	assert_int_equal(load_bytes(f, f->body, KERNEL_LEN), 0);
	assert_loaded(f, RAM_IPA + 0x80000);
	assert_true(f->image.text_size > KERNEL_LEN);
}

static void test_load_address_of_image(void **state)
{
	struct fixture *f = *state;

	f->req.load_address = RAM_IPA + 2 * SZ_2M;
	assert_int_equal(load_bytes(f, f->body, KERNEL_LEN), 0);
	assert_loaded(f, RAM_IPA + 2 * SZ_2M);
	f->req.load_address += SZ_4K;
	assert_refused(f, load(f), -EINVAL, "multiple of 2 MiB");
}

static size_t gzip_make(const struct fixture *f, uint8_t *out, size_t room)
{
	z_stream z = { .next_in = (Bytef *)f->body,
		       .avail_in = KERNEL_LEN,
		       .next_out = out,
		       .avail_out = room };

	assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 31, 8, 0), Z_OK);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	deflateEnd(&z);
	return z.total_out;
}

static size_t zstd_make(const struct fixture *f, uint8_t *out, size_t room)
{
	return ZSTD_compress(out, room, f->body, KERNEL_LEN, 3);
}

static size_t xz_make(const struct fixture *f, uint8_t *out, size_t room)
{
	size_t n = 0;

	assert_int_equal(lzma_easy_buffer_encode(1, LZMA_CHECK_CRC32, NULL,
						 f->body, KERNEL_LEN, out, &n,
						 room),
			 LZMA_OK);
	return n;
}

static size_t lzma_make(const struct fixture *f, uint8_t *out, size_t room)
{
	lzma_stream s = LZMA_STREAM_INIT;
	lzma_options_lzma options;

	lzma_lzma_preset(&options, 1);
	assert_int_equal(lzma_alone_encoder(&s, &options), LZMA_OK);
	s.next_in = f->body;
	s.avail_in = KERNEL_LEN;
	s.next_out = out;
	s.avail_out = room;
	assert_int_equal(lzma_code(&s, LZMA_FINISH), LZMA_STREAM_END);
	lzma_end(&s);
	return room - s.avail_out;
}

static size_t (*const compressors[])(const struct fixture *f, uint8_t *out,
				     size_t room) = {
	gzip_make,
	zstd_make,
	xz_make,
	lzma_make,
};

static void test_compressed(void **state)
{
	struct fixture *f = *state;
	uint8_t *out = malloc(2 * KERNEL_LEN);
	size_t n;

	for (size_t i = 0; i < ARRAY_SIZE(compressors); i++) {
		n = compressors[i](f, out, 2 * KERNEL_LEN);
		memset(f->ram.host, 0, SZ_1M);
		assert_int_equal(load_bytes(f, out, n), 0);
		assert_loaded(f, RAM_IPA);
		assert_string_equal(f->image.format, "compressed Image");
	}
	free(out);
}

/* A compressed file that is cut, or that has a wrong checksum, is refused. */
static void test_compressed_truncated(void **state)
{
	struct fixture *f = *state;
	uint8_t *out = malloc(2 * KERNEL_LEN);
	size_t n;

	for (size_t i = 0; i < ARRAY_SIZE(compressors); i++) {
		n = compressors[i](f, out, 2 * KERNEL_LEN);
		assert_refused(f, load_bytes(f, out, n - 1), -EBADMSG,
			       "truncated");
		assert_refused(f, load_bytes(f, out, n / 2), -EBADMSG,
			       "truncated");
		assert_refused(f, load_bytes(f, out, 20), -EBADMSG,
			       "truncated");
	}
	n = gzip_make(f, out, 2 * KERNEL_LEN);
	out[n - 6] ^= 1; /* a byte of the checksum */
	assert_refused(f, load_bytes(f, out, n), -EBADMSG, "corrupt");
	free(out);
}

static size_t zboot_make(const struct fixture *f, uint8_t *out, size_t room)
{
	size_t n = gzip_make(f, out + 0x200, room - 0x200);

	memset(out, 0, 0x200);
	memcpy(out, "MZ\0\0zimg", 8);
	put32(out + 8, 0x200);
	put32(out + 12, n);
	strcpy((char *)out + 24, "gzip");
	memset(out + 0x200 + n, 0x5a, 64); /* the rest of the EFI program */
	return 0x200 + n + 64;
}

static void test_zboot(void **state)
{
	struct fixture *f = *state;
	uint8_t *out = malloc(2 * KERNEL_LEN);
	size_t n = zboot_make(f, out, 2 * KERNEL_LEN);

	assert_int_equal(load_bytes(f, out, n), 0);
	assert_loaded(f, RAM_IPA);
	assert_string_equal(f->image.format, "EFI zboot image");

	assert_refused(f, load_bytes(f, out, n - 100), -EBADMSG, "truncated");
	put32(out + 8, 0xffffffff);
	assert_refused(f, load_bytes(f, out, n), -EBADMSG, "truncated");
	put32(out + 8, 0);
	assert_refused(f, load_bytes(f, out, n), -EBADMSG, "zboot");
	put32(out + 8, 0x200);
	strcpy((char *)out + 24, "lzo\n");
	memcpy(out + 0x200, "\x89LZO", 4);
	assert_refused(f, load_bytes(f, out, n), -ENOEXEC, "(lzo)");
	free(out);
}

static void test_flat(void **state)
{
	static const char code[] = "any bytes are a program";
	struct fixture *f = *state;

	f->req.load_address = RAM_IPA + 0x80000;
	assert_int_equal(load_bytes(f, code, sizeof(code)), 0);
	assert_false(f->image.linux_kernel);
	assert_int_equal(f->image.entry, RAM_IPA + 0x80000);
	assert_int_equal(f->image.dtb, RAM_IPA);
	assert_memory_equal(f->ram.host + 0x80000, code, sizeof(code));
	/*
	 * A file that is shorter than a header, loaded at the very end of RAM.
	 */
	f->req.load_address = RAM_IPA + RAM_SIZE - 4;
	assert_int_equal(load_bytes(f, code, 4), 0);
	assert_refused(f, load_bytes(f, code, 5), -ENOSPC, "--mem");
	f->req.load_address = RAM_IPA + RAM_SIZE;
	assert_refused(f, load(f), -EINVAL, "outside guest RAM");
	f->req.load_address = RAM_IPA - 4;
	assert_refused(f, load(f), -EINVAL, "outside guest RAM");
}

/* ---- ELF -------------------------------------------------------------- */

struct elf {
	Elf64_Ehdr h;
	Elf64_Phdr p[2];
	uint8_t data[KERNEL_LEN];
};

static struct elf *elf_make(const struct fixture *f, uint64_t vaddr,
			    uint64_t paddr)
{
	struct elf *e = calloc(1, sizeof(*e));

	memcpy(e->h.e_ident, ELFMAG, SELFMAG);
	e->h.e_ident[EI_CLASS] = ELFCLASS64;
	e->h.e_ident[EI_DATA] = ELFDATA2LSB;
	e->h.e_type = ET_EXEC;
	e->h.e_machine = EM_AARCH64;
	e->h.e_entry = vaddr + 0x40;
	e->h.e_phoff = offsetof(struct elf, p);
	e->h.e_phentsize = sizeof(Elf64_Phdr);
	e->h.e_phnum = 2;
	e->p[0] = (Elf64_Phdr){ .p_type = PT_LOAD,
				.p_offset = offsetof(struct elf, data),
				.p_vaddr = vaddr,
				.p_paddr = paddr,
				.p_filesz = 200000,
				.p_memsz = 200000 };
	e->p[1] = e->p[0];
	e->p[1].p_offset += 200000;
	e->p[1].p_vaddr += 200000;
	e->p[1].p_paddr += 200000;
	e->p[1].p_filesz = KERNEL_LEN - 200000;
	e->p[1].p_memsz = 200000;
	memcpy(e->data, f->body, KERNEL_LEN);
	return e;
}

static void test_elf_program(void **state)
{
	struct fixture *f = *state;
	struct elf *e = elf_make(f, 0xffff000000080000, RAM_IPA + 0x80000);

	memset(f->ram.host, 0xff, SZ_2M);
	assert_int_equal(load_bytes(f, e, sizeof(*e)), 0);
	assert_string_equal(f->image.format, "ELF");
	assert_int_equal(f->image.text, RAM_IPA + 0x80000);
	assert_int_equal(f->image.text_size, 400000);
	assert_int_equal(f->image.entry, RAM_IPA + 0x80040);
	assert_memory_equal(f->ram.host + 0x80000, f->body, KERNEL_LEN);
	assert_int_equal(f->ram.host[0x80000 + KERNEL_LEN], 0);
	assert_int_equal(f->ram.host[0x80000 + 399999], 0);
	assert_int_equal(f->ram.host[0x80000 + 400000], 0xff);
	/* e_entry may be a physical address already. */
	e->h.e_entry = RAM_IPA + 0x80100;
	assert_int_equal(load_bytes(f, e, sizeof(*e)), 0);
	assert_int_equal(f->image.entry, RAM_IPA + 0x80100);
	e->h.e_entry = 0x1234;
	assert_refused(f, load_bytes(f, e, sizeof(*e)), -EBADMSG, "entry");
	free(e);
}

static void test_elf_moved(void **state)
{
	struct fixture *f = *state;
	struct elf *e = elf_make(f, 0x1000, 0x1000);

	memset(e->data, 0x77, 64); /* not an Image */
	assert_refused(f, load_bytes(f, e, sizeof(*e)), -EINVAL,
		       "outside guest RAM");
	f->req.load_address = RAM_IPA + SZ_1M;
	assert_int_equal(load(f), 0);
	assert_int_equal(f->image.entry, RAM_IPA + SZ_1M + 0x40);
	free(e);
}

static void test_elf_vmlinux(void **state)
{
	struct fixture *f = *state;
	struct elf *e = elf_make(f, 0xffff800080000000, 0xffff800080000000);

	e->h.e_type = ET_DYN;
	assert_int_equal(load_bytes(f, e, sizeof(*e)), 0);
	assert_loaded(f, RAM_IPA);
	assert_int_equal(f->image.text_size, SZ_1M);
	/*
	 * If image_size is smaller than the segments, the segments' size
	 * counts.
	 */
	put64(e->data + 16, 0x1000);
	assert_int_equal(load_bytes(f, e, sizeof(*e)), 0);
	assert_int_equal(f->image.text_size, 400000);
	free(e);
}

static void elf_refused(struct fixture *f, struct elf *e, int error,
			const char *text)
{
	assert_refused(f, load_bytes(f, e, sizeof(*e)), error, text);
	free(e);
}

static struct elf *elf_usual(struct fixture *f)
{
	return elf_make(f, RAM_IPA, RAM_IPA);
}

static void test_elf_kinds(void **state)
{
	struct fixture *f = *state;
	struct elf *e = elf_usual(f);

	e->h.e_machine = EM_X86_64;
	elf_refused(f, e, -ENOEXEC, "x86");
	e = elf_usual(f);
	e->h.e_ident[EI_CLASS] = ELFCLASS32;
	elf_refused(f, e, -ENOEXEC, "not for arm64");
	e = elf_usual(f);
	e->h.e_ident[EI_DATA] = ELFDATA2MSB;
	elf_refused(f, e, -ENOEXEC, "big-endian");
	e = elf_usual(f);
	e->h.e_type = ET_REL;
	elf_refused(f, e, -ENOEXEC, "object");
	e = elf_usual(f);
	e->h.e_phnum = 0;
	elf_refused(f, e, -ENOEXEC, "program headers");
	e = elf_usual(f);
	e->h.e_phnum = 0xffff;
	elf_refused(f, e, -ENOEXEC, "65535");
	e = elf_usual(f);
	e->p[0].p_type = PT_NOTE;
	e->p[1].p_memsz = 0;
	elf_refused(f, e, -ENOEXEC, "nothing to load");
}

static void test_elf_hostile(void **state)
{
	struct fixture *f = *state;
	struct elf *e = elf_usual(f);

	e->h.e_phoff = UINT64_MAX - 8;
	elf_refused(f, e, -EBADMSG, "truncated");
	e = elf_usual(f);
	e->h.e_phoff = sizeof(*e) - 8;
	elf_refused(f, e, -EBADMSG, "truncated");
	e = elf_usual(f);
	e->p[1].p_offset = UINT64_MAX - 100;
	elf_refused(f, e, -EBADMSG, "truncated");
	e = elf_usual(f);
	e->p[1].p_filesz = UINT64_MAX;
	elf_refused(f, e, -EBADMSG, "truncated");
	e = elf_usual(f);
	e->p[1].p_memsz = 1;
	elf_refused(f, e, -EBADMSG, "more bytes in the file");
	e = elf_usual(f);
	e->p[1].p_paddr = UINT64_MAX - 100;
	elf_refused(f, e, -EBADMSG, "overflows");
	e = elf_usual(f);
	e->p[1].p_paddr = RAM_IPA + RAM_SIZE - 4;
	elf_refused(f, e, -ENOSPC, "--mem");
	e = elf_usual(f);
	e->p[1].p_memsz = RAM_SIZE;
	elf_refused(f, e, -ENOSPC, "--mem");
	e = elf_usual(f);
	e->p[1].p_vaddr = e->p[1].p_paddr = 0x7000000000000000;
	elf_refused(f, e, -EINVAL, "outside guest RAM");
}

/* ---- files that do not load --------------------------------------------- */

static void test_no_kernel(void **state)
{
	static const char text[] = "#!/bin/sh\necho hello\n";
	struct fixture *f = *state;
	uint8_t bz[1024] = "MZ";

	assert_refused(f, load_bytes(f, text, sizeof(text) - 1), -ENOEXEC,
		       "no arm64 kernel");
	assert_refused(f, load_bytes(f, "", 0), -ENOEXEC, "empty");
	assert_refused(f, load_bytes(f, "070701", 6), -ENOEXEC, "--initrd");
	memcpy(bz + 0x202, "HdrS", 4);
	assert_refused(f, load_bytes(f, bz, sizeof(bz)), -ENOEXEC, "x86");
	unlink(f->kernel);
	assert_refused(f, load(f), -ENOENT, "No such file");
	f->req.kernel = f->dir;
	assert_refused(f, load(f), -EISDIR, "folder");
	f->req.kernel = "/dev/null";
	assert_refused(f, load(f), -EINVAL, "device");
}

/* The PE header gives the length that the file must have. */
static void test_truncated_image(void **state)
{
	struct fixture *f = *state;
	uint8_t *pe = f->body + 64, *section = pe + 24 + 0xa0;

	memcpy(f->body, "MZ", 2);
	put32(f->body + 60, 64);
	memcpy(pe, "PE\0\0", 4);
	put16(pe + 6, 1);
	put16(pe + 20, 0xa0);
	put32(section + 16, KERNEL_LEN - 0x1000);
	put32(section + 20, 0x1000);
	assert_int_equal(load_bytes(f, f->body, KERNEL_LEN), 0);
	assert_loaded(f, RAM_IPA);
	assert_refused(f, load_bytes(f, f->body, KERNEL_LEN - 1), -EBADMSG,
		       "truncated: 299999 of at least 300000");
	/*
	 * A header that makes no sense does not prove that the file is
	 * truncated.
	 */
	put32(f->body + 60, 0xfffffff0);
	assert_int_equal(load_bytes(f, f->body, KERNEL_LEN - 1), 0);
	put32(f->body + 60, 64);
	put16(pe + 6, 0xffff);
	put16(pe + 20, 0xffff);
	assert_int_equal(load_bytes(f, f->body, KERNEL_LEN - 1), 0);
	assert_int_equal(load_bytes(f, f->body, 64), 0);
}

static void test_hostile_header(void **state)
{
	static const uint64_t values[] = {
		RAM_SIZE,           RAM_SIZE + 1, UINT64_MAX - RAM_IPA,
		UINT64_MAX - SZ_2M, UINT64_MAX,   1ULL << 63
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		body_make(f->body, values[i], SZ_1M);
		assert_refused(f, load_bytes(f, f->body, KERNEL_LEN), -ENOSPC,
			       "RAM");
		body_make(f->body, SZ_4K, values[i]);
		assert_refused(f, load_bytes(f, f->body, KERNEL_LEN), -ENOSPC,
			       "--mem");
	}
	body_make(f->body, RAM_SIZE - SZ_4K, SZ_4K);
	assert_refused(f, load_bytes(f, f->body, KERNEL_LEN), -ENOSPC, "--mem");
}

/* A small file that unpacks to more bytes than the guest has RAM. */
static void test_bomb(void **state)
{
	struct fixture *f = *state;
	size_t size = RAM_SIZE + SZ_1M;
	uint8_t *big = calloc(1, size), *out = malloc(SZ_1M);
	size_t n;

	memcpy(big, f->body, 64);
	n = ZSTD_compress(out, SZ_1M, big, size, 3);
	assert_false(ZSTD_isError(n));
	assert_refused(f, load_bytes(f, out, n), -ENOSPC, "--mem");
	free(out);
	free(big);
}

/* ---- device tree and initrd --------------------------------------------- */

static void test_initrd(void **state)
{
	struct fixture *f = *state;

	f->req.initrd = f->initrd;
	file_make(f->initrd, "an initrd", 9);
	assert_int_equal(load_bytes(f, f->body, KERNEL_LEN), 0);
	assert_int_equal(f->image.initrd, RAM_IPA + RAM_SIZE - SZ_4K);
	assert_int_equal(f->image.initrd_size, 9);
	assert_memory_equal(f->ram.host + RAM_SIZE - SZ_4K, "an initrd", 9);
}

static void test_initrd_too_big(void **state)
{
	struct fixture *f = *state;

	f->req.initrd = f->initrd;
	file_make(f->kernel, f->body, KERNEL_LEN);
	file_make(f->initrd, "x", 1);
	assert_int_equal(truncate(f->initrd, RAM_SIZE + 1), 0);
	assert_refused(f, load(f), -ENOSPC, "65 MiB does not fit");
	assert_int_equal(truncate(f->initrd, 1LL << 40), 0);
	assert_refused(f, load(f), -ENOSPC, "does not fit");
	/* An initrd that fits exactly after the kernel and the tree. */
	assert_int_equal(truncate(f->initrd, RAM_SIZE - SZ_1M - DTB_SIZE), 0);
	assert_int_equal(load(f), 0);
	assert_int_equal(f->image.initrd, f->image.dtb + DTB_SIZE);
	assert_int_equal(truncate(f->initrd, RAM_SIZE - SZ_1M - DTB_SIZE + 1),
			 0);
	assert_refused(f, load(f), -ENOSPC, "does not fit");
	unlink(f->initrd);
	assert_refused(f, load(f), -ENOENT, "initrd: No such file");
}

static void test_dtb_place(void **state)
{
	struct fixture *f = *state;

	body_make(f->body, 0, SZ_2M - SZ_64K / 2);
	f->req.dtb_size = SZ_64K + 1;
	assert_int_equal(load_bytes(f, f->body, KERNEL_LEN), 0);
	assert_int_equal(f->image.dtb, RAM_IPA + SZ_2M);
	assert_int_equal(f->image.dtb_size, 2 * SZ_64K);
	body_make(f->body, 0, SZ_2M - SZ_64K);
	assert_int_equal(load_bytes(f, f->body, KERNEL_LEN), 0);
	assert_int_equal(f->image.dtb, RAM_IPA + SZ_2M);
	f->req.dtb_size = SZ_2M;
	assert_int_equal(load(f), 0);
	assert_int_equal(f->image.dtb % SZ_2M, 0);
	f->req.dtb_size = SZ_2M + 1;
	assert_refused(f, load(f), -EINVAL, "2 MiB");
	body_make(f->body, 0, RAM_SIZE);
	f->req.dtb_size = 1;
	assert_refused(f, load_bytes(f, f->body, KERNEL_LEN), -ENOSPC,
		       "device tree");
}

/* A reset loads the bytes of the file again, to the same addresses. */
static void test_again(void **state)
{
	struct fixture *f = *state;
	struct image first;

	assert_int_equal(load_bytes(f, f->body, KERNEL_LEN), 0);
	first = f->image;
	memset(f->ram.host, 0xee, SZ_1M);
	assert_int_equal(load(f), 0);
	assert_loaded(f, RAM_IPA);
	assert_memory_equal(&first, &f->image, sizeof(first));
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_image),
		TEST(test_text_offset),
		TEST(test_old_header),
		TEST(test_load_address_of_image),
		TEST(test_compressed),
		TEST(test_compressed_truncated),
		TEST(test_zboot),
		TEST(test_flat),
		TEST(test_elf_program),
		TEST(test_elf_moved),
		TEST(test_elf_vmlinux),
		TEST(test_elf_kinds),
		TEST(test_elf_hostile),
		TEST(test_no_kernel),
		TEST(test_truncated_image),
		TEST(test_hostile_header),
		TEST(test_bomb),
		TEST(test_initrd),
		TEST(test_initrd_too_big),
		TEST(test_dtb_place),
		TEST(test_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
