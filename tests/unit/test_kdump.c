// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vmcore/: a kdump-compressed dump has all data of the guest; pages compressed
 * by each method are read; a damaged file is refused or read in part.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <trapline/util.h>
#include <trapline/vmcore.h>
#include <zlib.h>

#include "tests/unit/fake_guest.h"
#include "vmcore/kdump.h"

#define RAM1      0x40000000ULL
#define RAM1_SIZE (4 * SZ_1M)
#define RAM2      0x80000000ULL
#define RAM2_SIZE SZ_1M

static char path[] = "/tmp/test-kdump-XXXXXX";
static char err[512];
static const char info[] = "OSRELEASE=6.12\nPAGESIZE=4096\n";

/* Pages of zeros, of a pattern, and of noise, which cannot be compressed. */
static void ram_fill(struct fake_guest *fake, ipa_t ipa, uint64_t size)
{
	uint64_t noise = 1;

	for (uint64_t at = 0; at < size; at += 8) {
		uint64_t kind = at / SZ_4K % 8, value = ipa + at / 64;

		noise = noise * 6364136223846793005ULL + 1442695040888963407ULL;
		if (kind == 3)
			value = noise;
		if (kind >= 3 && kind <= 5)
			memcpy(fake_guest_at(fake, ipa + at, 8), &value, 8);
	}
}

static struct fake_guest *guest_make(void)
{
	struct fake_guest *fake = fake_guest_create(2, RAM1, RAM1_SIZE);

	fake_guest_add_ram(fake, RAM2, RAM2_SIZE);
	ram_fill(fake, RAM1, RAM1_SIZE);
	ram_fill(fake, RAM2, RAM2_SIZE);
	memset(&fake->regs[1], 0x5a, sizeof(fake->regs[1]));
	fake->sysregs[1][GUEST_TCR_EL1] = 77;
	fake->guest.last.kind = GUEST_STOP_CRASH;
	fake->guest.last.vcpu = 1;
	return fake;
}

static void dump(struct fake_guest *fake, uint64_t page_size)
{
	struct vmcore_source s = { .guest = &fake->guest,
				   .vmcoreinfo = info,
				   .compress = true,
				   .page_size = page_size };
	int fd = open(path, O_RDWR | O_TRUNC);

	assert_true(fd >= 0);
	assert_int_equal(vmcore_write(&s, fd), 0);
	close(fd);
}

static uint8_t *file_read(size_t *ret_size)
{
	int fd = open(path, O_RDONLY);
	struct stat st;
	uint8_t *data;

	assert_int_equal(fstat(fd, &st), 0);
	*ret_size = (size_t)st.st_size;
	data = malloc(*ret_size);
	assert_int_equal(read_all(fd, data, *ret_size), 0);
	close(fd);
	return data;
}

static void file_write(const void *data, size_t size)
{
	int fd = open(path, O_RDWR | O_TRUNC);

	assert_int_equal(write_all(fd, data, size), 0);
	close(fd);
}

static struct vmcore *core_open(void)
{
	struct vmcore *c = NULL;

	err[0] = '\0';
	vmcore_open(path, &c, err, sizeof(err));
	assert_string_equal(err, "");
	assert_non_null(c);
	return c;
}

static void ram_same(struct fake_guest *fake, struct guest *g)
{
	assert_int_equal(g->nr_ram, 2);
	for (unsigned int i = 0; i < g->nr_ram; i++) {
		const struct guest_ram *r = &g->ram[i];
		uint8_t *all = malloc(r->size);

		assert_true(r->ipa == fake->ram[i].ipa);
		assert_true(r->size == fake->ram[i].size);
		assert_true(guest_ram_read(g, r->ipa, all, r->size));
		assert_memory_equal(all, fake->ram[i].host, r->size);
		memset(all, 0, r->size);
		assert_int_equal(g->ops->ipa_read(g, r->ipa, all, r->size),
				 r->size);
		assert_memory_equal(all, fake->ram[i].host, r->size);
		free(all);
	}
}

static void round_trip(void **state)
{
	static const uint64_t page_sizes[] = { 0, SZ_4K, 4 * SZ_4K, SZ_64K };
	struct fake_guest *fake = guest_make();

	for (size_t i = 0; i < ARRAY_SIZE(page_sizes); i++) {
		struct guest_regs regs;
		struct vmcore *c;
		struct guest *g;
		struct stat st;
		uint64_t value;
		uint8_t byte;
		size_t size;

		dump(fake, page_sizes[i]);
		assert_int_equal(stat(path, &st), 0);
		assert_true((uint64_t)st.st_size < RAM1_SIZE / 2);
		c = core_open();
		g = vmcore_guest(c);
		ram_same(fake, g);
		assert_null(vmcore_warning(c));
		assert_int_equal(g->nr_vcpus, 2);
		assert_int_equal(g->ops->regs_get(g, 1, &regs), 0);
		assert_memory_equal(&regs, &fake->regs[1], sizeof(regs));
		assert_int_equal(
			g->ops->sysreg_get(g, 1, GUEST_TCR_EL1, &value), 0);
		assert_int_equal(value, 77);
		assert_int_equal(g->last.kind, GUEST_STOP_CRASH);
		assert_int_equal(g->last.vcpu, 1);
		assert_memory_equal(vmcore_vmcoreinfo(c, &size), info,
				    strlen(info));
		assert_int_equal(g->ops->ipa_read(g, RAM1 - 1, &byte, 1),
				 -EFAULT);
		vmcore_close(c);
	}
	fake_guest_destroy(fake);
}

/* RAM that is no multiple of the page size cannot be written. */
static void odd_ram(void **state)
{
	struct fake_guest *fake = fake_guest_create(1, RAM1, SZ_64K + SZ_4K);
	struct vmcore_source s = { .guest = &fake->guest,
				   .compress = true,
				   .page_size = SZ_64K };

	assert_int_equal(vmcore_write(&s, -1), -EINVAL);
	fake_guest_destroy(fake);
}

/* --- other programs' files ----------------------------------------------- */

struct file {
	uint8_t *data;
	size_t size;
	struct kdump_header h;
	struct kdump_sub_header s;
	struct kdump_desc *desc; /* in data */
	uint64_t nr_descs;
};

static void file_open(struct file *f)
{
	uint64_t at;

	f->data = file_read(&f->size);
	memcpy(&f->h, f->data, sizeof(f->h));
	memcpy(&f->s, f->data + f->h.block_size, sizeof(f->s));
	at = (1ULL + f->h.sub_header_blocks + f->h.bitmap_blocks) *
	     f->h.block_size;
	f->desc = (struct kdump_desc *)(void *)(f->data + at);
	f->nr_descs = (RAM1_SIZE + RAM2_SIZE) / SZ_4K;
}

/* The same file, with pages that zlib has compressed. */
static void by_zlib(void **state)
{
	struct fake_guest *fake = guest_make();
	struct vmcore *c;
	struct file f;
	size_t room = (RAM1_SIZE + RAM2_SIZE) * 2, at;
	uint8_t *out;

	dump(fake, 0);
	file_open(&f);
	out = calloc(1, f.size + room);
	at = f.size;
	for (uint64_t i = 0; i < f.nr_descs; i++) {
		uint64_t in_ram = i * SZ_4K;
		const uint8_t *page =
			in_ram < RAM1_SIZE
				? fake->ram[0].host + in_ram
				: fake->ram[1].host + (in_ram - RAM1_SIZE);
		uLongf n = room;

		assert_int_equal(compress(out + at, &n, page, SZ_4K), Z_OK);
		f.desc[i].offset = at;
		f.desc[i].size = (uint32_t)n;
		f.desc[i].flags = KDUMP_ZLIB;
		at += n;
		room -= n;
	}
	memcpy(out, f.data, f.size);
	file_write(out, at);
	c = core_open();
	ram_same(fake, vmcore_guest(c));
	vmcore_close(c);
	free(out);
	free(f.data);
	fake_guest_destroy(fake);
}

/* makedumpfile -d leaves pages out: they are RAM, and cannot be read. */
static void pages_left_out(void **state)
{
	struct fake_guest *fake = guest_make();
	uint64_t frame = RAM1 / SZ_4K + 4, n;
	struct vmcore *c;
	struct guest *g;
	struct file f;
	uint8_t byte, *bitmap;

	dump(fake, 0);
	file_open(&f);
	bitmap = f.data + (2 + f.h.bitmap_blocks / 2) * (size_t)SZ_4K;
	bitmap[frame / 8] &= (uint8_t)~BIT_ULL(frame % 8);
	memmove(&f.desc[4], &f.desc[5], (f.nr_descs - 5) * sizeof(*f.desc));
	file_write(f.data, f.size);
	c = core_open();
	g = vmcore_guest(c);
	assert_int_equal(g->nr_ram, 2);
	assert_true(g->ram[0].size == RAM1_SIZE);
	assert_int_equal(g->ops->ipa_read(g, RAM1 + 4 * SZ_4K, &byte, 1),
			 -EFAULT);
	n = SZ_4K;
	assert_memory_equal(guest_map(g, RAM1 + 5 * SZ_4K, &n),
			    fake->ram[0].host + 5 * SZ_4K, SZ_4K);
	vmcore_close(c);
	free(f.data);
	fake_guest_destroy(fake);
}

struct flat {
	uint8_t *data;
	uint64_t size;
};

static void flat_add(struct flat *f, uint64_t offset, const uint8_t *data,
		     uint64_t size)
{
	uint64_t head[2] = { htobe64(offset), htobe64(size) };

	memcpy(f->data + f->size, head, sizeof(head));
	memcpy(f->data + f->size + sizeof(head), data, size);
	f->size += sizeof(head) + size;
}

/* Flatten a file: its second half comes first, in records of 1,000 bytes. */
static void flat_make(struct flat *ret, const uint8_t *data, uint64_t size)
{
	uint64_t half = size / 2;

	ret->data = calloc(1, FLAT_HEADER + 2 * size + SZ_4K);
	memcpy(ret->data, FLAT_MAGIC, strlen(FLAT_MAGIC));
	ret->size = FLAT_HEADER;
	for (uint64_t at = half; at < size; at += 1000)
		flat_add(ret, at, data + at, min(1000ULL, size - at));
	flat_add(ret, 0, data, half);
	flat_add(ret, FLAT_END, data, 0);
}

static void flattened(void **state)
{
	struct fake_guest *fake = guest_make();
	struct vmcore *c = NULL;
	struct flat flat, twice;
	struct file f;

	dump(fake, 0);
	file_open(&f);
	flat_make(&flat, f.data, f.size);
	file_write(flat.data, flat.size);
	c = core_open();
	ram_same(fake, vmcore_guest(c));
	assert_null(vmcore_warning(c));
	vmcore_close(c);
	/* The end is missing. */
	file_write(flat.data, flat.size - 16);
	c = core_open();
	assert_non_null(strstr(vmcore_warning(c), "ends too early"));
	vmcore_close(c);
	/* A flattened file in a flattened file */
	flat_make(&twice, flat.data, flat.size);
	file_write(twice.data, twice.size);
	assert_int_equal(vmcore_open(path, &c, err, sizeof(err)), -EBADMSG);
	assert_non_null(strstr(err, "make no file"));
	/* A record that is far away */
	flat_add(&flat, 1ULL << 40, f.data, 1);
	memset(flat.data + flat.size - 17 - 16, 0, 16);
	file_write(flat.data, flat.size);
	assert_int_equal(vmcore_open(path, &c, err, sizeof(err)), -EBADMSG);
	free(twice.data);
	free(flat.data);
	free(f.data);
	fake_guest_destroy(fake);
}

/* --- bad files ----------------------------------------------------------- */

static void refused(void **state)
{
#define BAD(member, value, text)                                   \
	{                                                          \
		offsetof(struct kdump_header, member), value, text \
	}
#define BAD_SUB(member, value, text)                                           \
	{                                                                      \
		SZ_4K + offsetof(struct kdump_sub_header, member), value, text \
	}
	static const struct {
		size_t at;
		uint32_t value;
		const char *says;
	} bad[] = {
		BAD(version, 5, "too old"),
		BAD(utsname[4], 0x363878, "no dump of an arm64"),
		BAD(block_size, 0, "page size"),
		BAD(bitmap_blocks, 0x7ffffffe, "ends in its bitmaps"),
		BAD(bitmap_blocks, 3, "too short"),
		BAD(sub_header_blocks, ~0U, "ends in its bitmaps"),
		BAD_SUB(split, 1, "several files"),
		BAD_SUB(max_frames_64, 0x7fffffff, "too short"),
	};
#undef BAD
#undef BAD_SUB
	struct fake_guest *fake = guest_make();
	struct vmcore *c = NULL;
	struct file f;

	dump(fake, 0);
	file_open(&f);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		uint32_t old;

		memcpy(&old, f.data + bad[i].at, 4);
		memcpy(f.data + bad[i].at, &bad[i].value, 4);
		file_write(f.data, f.size);
		assert_int_equal(vmcore_open(path, &c, err, sizeof(err)),
				 -EBADMSG);
		assert_non_null(strstr(err, bad[i].says));
		memcpy(f.data + bad[i].at, &old, 4);
	}
	free(f.data);
	fake_guest_destroy(fake);
}

/* Open the file and read all that it offers; ASan watches. */
static void try(void)
{
	static uint8_t all[2 * SZ_64K];
	struct guest_regs regs;
	struct vmcore *c;
	struct guest *g;

	if (vmcore_open(path, &c, err, sizeof(err)))
		return;
	g = vmcore_guest(c);
	for (unsigned int i = 0; i < g->nr_ram; i++) {
		const struct guest_ram *r = &g->ram[i];

		assert_true(r->size && r->ipa + r->size > r->ipa);
		assert_true(!i || r->ipa >= r[-1].ipa + r[-1].size);
		g->ops->ipa_read(g, r->ipa, all,
				 min(r->size, (uint64_t)sizeof(all)));
		g->ops->ipa_read(g, r->ipa + r->size - 1, all, 1);
	}
	for (unsigned int i = 0; i < g->nr_vcpus; i++)
		assert_int_equal(g->ops->regs_get(g, i, &regs), 0);
	vmcore_close(c);
}

/* Lengths, and bad values in the headers, bitmaps, descriptors and pages. */
static void hostile(void **state)
{
	static const uint32_t values[] = { 0, 1, 0x7fffffff, 0xfffffff0, ~0U };
	struct fake_guest *fake = fake_guest_create(1, SZ_64K, SZ_64K);
	struct file f;
	int fd;

	ram_fill(fake, SZ_64K, SZ_64K);
	dump(fake, 0);
	file_open(&f);
	for (size_t n = 0; n < f.size; n += 97) {
		file_write(f.data, n);
		try();
	}
	file_write(f.data, f.size);
	fd = open(path, O_WRONLY);
	for (size_t at = 0; at + 4 < f.size; at += 4) {
		if (at > 512 && at % SZ_4K > 512 && at < 4 * SZ_4K)
			continue; /* zeros that nothing reads */
		for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
			assert_int_equal(pwrite(fd, &values[i], 4, (off_t)at),
					 4);
			try();
		}
		assert_int_equal(pwrite(fd, f.data + at, 4, (off_t)at), 4);
	}
	close(fd);
	free(f.data);
	fake_guest_destroy(fake);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trip), cmocka_unit_test(odd_ram),
		cmocka_unit_test(by_zlib),    cmocka_unit_test(pages_left_out),
		cmocka_unit_test(flattened),  cmocka_unit_test(refused),
		cmocka_unit_test(hostile),
	};
	int fd = mkstemp(path), ret;

	close(fd);
	ret = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(path);
	return ret;
}
