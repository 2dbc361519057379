// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fuzz_dump.c - dumps that an attacker has made
 *
 * The program writes one small guest as a dump of each format: ELF,
 * kdump-compressed with zstd, zlib and LZO, and flattened. The guest has a page
 * of VMCOREINFO. The first byte of the input chooses a format. Patches follow,
 * of six bytes each: the offset in the dump, and the two bytes to write there.
 * With bit 31 of the offset set, the dump ends at this offset; with bit 30 set,
 * the offset is one of the headers and notes, which come first. So each input
 * gets past the first checks.
 *
 * This must hold: all bytes that a reader gets at once belong to RAM.
 */
#include <endian.h>
#include <fcntl.h>
#include <lzo/lzo1x.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <trapline/introspect.h>
#include <trapline/util.h>
#include <trapline/vmcore.h>
#include <unistd.h>
#include <zlib.h>

#include "input.h"
#include "tests/unit/fake_guest.h"
#include "vmcore/kdump.h"

#define RAM        SZ_1M
#define RAM_SIZE   (16 * SZ_4K)
#define NR_PAGES   (RAM_SIZE / SZ_4K)
#define PATCH_SIZE 6
#define HEADERS    SZ_4K /* each dump is larger */

enum format {
	FORMAT_ELF,
	FORMAT_ZSTD,
	FORMAT_ZLIB,
	FORMAT_LZO,
	FORMAT_FLAT,
	NR_FORMATS,
};

static struct base {
	uint8_t *data;
	size_t size;
} base[NR_FORMATS];

static struct fake_guest *guest;
static int fd; /* the dump */
static char path[64];

/* --- the dumps ----------------------------------------------------------- */

static const char info[] = "OSRELEASE=6.12\nPAGESIZE=4096\n"
			   "SYMBOL(_stext)=ffff800080010000\n"
			   "SYMBOL(swapper_pg_dir)=ffff800080002000\n"
			   "NUMBER(VA_BITS)=48\nNUMBER(TCR_EL1_T1SZ)=0x10\n"
			   "NUMBER(kimage_voffset)=0xffff80007ff00000\n";

static void guest_make(void)
{
	guest = fake_guest_create(2, RAM, RAM_SIZE);
	for (uint64_t at = 0; at < RAM_SIZE; at += 8) {
		uint64_t value = at / SZ_4K % 3 ? at * at : 0;

		memcpy(fake_guest_at(guest, RAM + at, 8), &value, 8);
	}
	memcpy(fake_guest_at(guest, RAM + 8 * SZ_4K, sizeof(info)), info,
	       sizeof(info));
	guest->guest.last.kind = GUEST_STOP_CRASH;
}

static void file_set(const void *data, size_t size)
{
	must(!ftruncate(fd, 0) && pwrite(fd, data, size, 0) == (ssize_t)size,
	     "the file cannot be written");
}

static void base_write(enum format format, bool compress)
{
	struct vmcore_source s = { .guest = &guest->guest,
				   .vmcoreinfo = info,
				   .compress = compress };
	struct base *b = &base[format];

	must(!ftruncate(fd, 0) && !lseek(fd, 0, SEEK_SET) &&
		     !vmcore_write(&s, fd),
	     "the dump cannot be written");
	b->size = (size_t)lseek(fd, 0, SEEK_END);
	b->data = calloc(1, b->size + NR_PAGES * 2 * SZ_4K);
	must(b->data && pread(fd, b->data, b->size, 0) == (ssize_t)b->size,
	     "the dump cannot be read");
}

static size_t page_compress(enum format format, const uint8_t *page,
			    uint8_t *out)
{
	static uint8_t work[LZO1X_1_MEM_COMPRESS];
	lzo_uint lzo = 0;
	uLongf size = 2 * SZ_4K;

	if (format == FORMAT_LZO) {
		lzo1x_1_compress(page, SZ_4K, out, &lzo, work);
		return lzo;
	}
	compress(out, &size, page, SZ_4K);
	return size;
}

/* The pages of a dump as makedumpfile compresses them. */
static void base_recompress(enum format format, uint32_t flag)
{
	struct base *b = &base[format];
	const struct kdump_header *h;
	struct kdump_desc *desc;

	base_write(format, true);
	h = (const void *)b->data;
	desc = (void *)(b->data +
			(1ULL + h->sub_header_blocks + h->bitmap_blocks) *
				h->block_size);
	for (uint64_t i = 0; i < NR_PAGES; i++) {
		desc[i].offset = b->size;
		desc[i].flags = flag;
		desc[i].size = (uint32_t)page_compress(
			format, guest->ram[0].host + i * SZ_4K,
			b->data + b->size);
		b->size += desc[i].size;
	}
}

static void base_flatten(void)
{
	const struct base *from = &base[FORMAT_ZLIB];
	struct base *b = &base[FORMAT_FLAT];
	const size_t part = 3000;
	struct flat_record r;

	b->data = calloc(1, FLAT_HEADER + 2 * from->size + SZ_4K);
	must(b->data, "no memory");
	memcpy(b->data, FLAT_MAGIC, sizeof(FLAT_MAGIC));
	b->size = FLAT_HEADER;
	for (size_t at = 0; at < from->size; at += part) {
		size_t n = min(part, from->size - at);

		r = (struct flat_record){ htobe64(at), htobe64(n) };
		memcpy(b->data + b->size, &r, sizeof(r));
		memcpy(b->data + b->size + sizeof(r), from->data + at, n);
		b->size += sizeof(r) + n;
	}
	r = (struct flat_record){ FLAT_END, FLAT_END };
	memcpy(b->data + b->size, &r, sizeof(r));
	b->size += sizeof(r);
}

static void set_up(void)
{
	fd = memfd_create("dump", MFD_CLOEXEC);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	guest_make();
	base_write(FORMAT_ELF, false);
	base_write(FORMAT_ZSTD, true);
	base_recompress(FORMAT_ZLIB, KDUMP_ZLIB);
	base_recompress(FORMAT_LZO, KDUMP_LZO);
	base_flatten();
}

/* --- one run ------------------------------------------------------------- */

static void cpus_read(struct guest *g)
{
	struct guest_regs regs;
	uint64_t value;

	for (unsigned int i = 0; i < g->nr_vcpus; i++) {
		g->ops->regs_get(g, i, &regs);
		for (int reg = 0; reg < GUEST_NR_SYSREGS; reg++)
			g->ops->sysreg_get(g, i, (enum guest_sysreg)reg,
					   &value);
	}
}

/* At most 64 pages of each range: the ranges may be large. */
static void ram_use(struct guest *g)
{
	uint8_t page[SZ_4K];

	for (unsigned int i = 0; i < g->nr_ram; i++) {
		const struct guest_ram *r = &g->ram[i];
		uint64_t size = min(r->size, (uint64_t)(64 * SZ_4K));

		for (uint64_t at = 0; at < size; at += SZ_4K) {
			uint64_t n = 2 * SZ_4K;
			const uint8_t *p = guest_map(g, r->ipa + at, &n);

			must(!p || n <= r->size - at, "more than RAM");
			if (p && n)
				page[0] = p[n - 1];
			g->ops->ipa_read(g, r->ipa + at, page, sizeof(page));
		}
	}
}

static void texts_use(const struct vmcore *c)
{
	size_t size;
	const char *text = vmcore_vmcoreinfo(c, &size);
	char *copy = malloc(size + 1);

	if (copy && text)
		memcpy(copy, text, size);
	free(copy);
	for (int note = VMCORE_FLIGHT; note < VMCORE_NR_NOTES; note++) {
		struct vmcore_text t = vmcore_text(c, (enum vmcore_note)note);

		copy = malloc(t.size + 1);
		if (copy && t.data)
			memcpy(copy, t.data, t.size);
		free(copy);
	}
}

static void use(struct vmcore *c)
{
	struct guest *g = vmcore_guest(c);
	struct introspect *in;

	cpus_read(g);
	ram_use(g);
	texts_use(c);
	if (introspect_create(g, &in))
		return;
	vmcore_find_tables(c, in);
	texts_use(c);
	introspect_destroy(in);
}

/* The dump of the input. Returns its size. */
static size_t dump_patch(struct input *in, const struct base *b, uint8_t *dump)
{
	size_t size = b->size;

	memcpy(dump, b->data, b->size);
	while (in->end - in->at >= PATCH_SIZE) {
		uint32_t where;

		memcpy(&where, in->at, sizeof(where));
		if (where & BIT_ULL(31))
			size = (where & GENMASK_ULL(30, 0)) % b->size;
		else if (where & BIT_ULL(30))
			memcpy(dump + where % HEADERS, in->at + 4, 2);
		else
			memcpy(dump + where % (b->size - 1), in->at + 4, 2);
		in->at += PATCH_SIZE;
	}
	return size;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, data + size };
	const struct base *b;
	struct vmcore *c;
	char err[512];
	uint8_t *dump;

	if (!guest)
		set_up();
	b = &base[input_next(&in) % NR_FORMATS];
	dump = malloc(b->size);
	must(dump, "no memory");
	file_set(dump, dump_patch(&in, b, dump));
	free(dump);
	if (!vmcore_open(path, &c, err, sizeof(err))) {
		use(c);
		vmcore_close(c);
	}
	return 0;
}
