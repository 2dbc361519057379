// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kernel.c - find and identify the arm64 Image in guest RAM
 *
 * The header is struct arm64_image. A boot loader puts the Image at a 2 MiB
 * boundary plus text_offset (64 KiB aligned in kernels that have one). The
 * Image never moves after that. One of the header's two instructions is a
 * branch to primary_entry: it gives the place of one symbol in the Image
 * without any symbol table.
 */
#include "kernel.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <trapline/arm64_image.h>
#include <trapline/text.h>

/* Every real kernel is in this range; the size in a false header may not be. */
#define IMAGE_SIZE_MIN SZ_1M
#define IMAGE_SIZE_MAX (512 * SZ_1M)

/* The search looks at every 64 KiB near the start of RAM, then every 2 MiB. */
#define FINE_SEARCH (64 * SZ_1M)

/* A64 "B": opcode and signed word offset. */
#define INSN_B_MASK  GENMASK_ULL(31, 26)
#define INSN_B       0x14000000U
#define INSN_B_IMM26 GENMASK_ULL(25, 0)

static const char banner_prefix[] = "Linux version ";

static uint64_t branch_target(uint32_t insn, uint64_t at)
{
	uint64_t words = FIELD_GET(INSN_B_IMM26, insn);

	/* Only forward, because the header is at the start of the Image. */
	if ((insn & INSN_B_MASK) != INSN_B || words >= BIT_ULL(25))
		return 0;
	return at + words * 4;
}

/* Copy the Image header at ipa, good or bad. Returns false if there is none. */
static bool header_read(const struct guest *g, ipa_t ipa,
			struct arm64_image *ret)
{
	uint64_t len = sizeof(*ret);
	const uint8_t *p = guest_map(g, ipa, &len);

	if (!p || len < sizeof(*ret))
		return false;
	memcpy(ret, p, sizeof(*ret));
	return !memcmp(ret->magic, ARM64_IMAGE_MAGIC, sizeof(ret->magic));
}

/* The part of the header that is not supported; NULL: the header is good. */
static const char *header_fault(const struct guest *g, ipa_t ipa,
				const struct arm64_image *h)
{
	if (h->image_size < IMAGE_SIZE_MIN || h->image_size > IMAGE_SIZE_MAX ||
	    !guest_ram_range(g, ipa, h->image_size))
		return "image_size in the Image's header";
	return h->flags & ARM64_IMAGE_BIG_ENDIAN ? "its big-endian data" : NULL;
}

bool kernel_header_at(const struct guest *g, ipa_t ipa,
		      struct kernel_image *ret)
{
	struct arm64_image h;

	if (!header_read(g, ipa, &h) || header_fault(g, ipa, &h))
		return false;
	*ret = (struct kernel_image){
		.ipa = ipa,
		.size = h.image_size,
	};
	ret->entry = branch_target(h.code[0], 0);
	if (!ret->entry)
		ret->entry = branch_target(h.code[1], 4);
	if (ret->entry >= h.image_size)
		ret->entry = 0;
	return true;
}

const char *kernel_header_odd(const struct guest *g, ipa_t ipa,
			      struct kernel_image *ret)
{
	uint64_t size = IMAGE_SIZE_MAX;
	const char *fault;
	struct arm64_image h;

	if (!header_read(g, ipa, &h))
		return NULL;
	fault = header_fault(g, ipa, &h);
	if (!fault)
		return NULL;
	while (!guest_ram_range(g, ipa, size))
		size /= 2;
	*ret = (struct kernel_image){
		.ipa = ipa,
		.size = size,
	};
	return fault;
}

int kernel_header_next(const struct guest *g, ipa_t after,
		       struct kernel_image *ret)
{
	for (unsigned int i = 0; i < g->nr_ram; i++) {
		const struct guest_ram *r = &g->ram[i];
		ipa_t ipa = ALIGN_UP(r->ipa, SZ_64K);

		while (ipa - r->ipa < r->size) {
			if (ipa > after && kernel_header_at(g, ipa, ret))
				return 0;
			if (ipa - r->ipa < FINE_SEARCH)
				ipa += SZ_64K;
			else
				ipa = ALIGN_DOWN(ipa, SZ_2M) + SZ_2M;
		}
	}
	return -ENOENT;
}

int kernel_open(const struct guest *g, struct kernel_image *k)
{
	uint64_t n;

	k->data = guest_ram_at(g, k->ipa, k->size);
	if (k->data)
		return 0;
	k->copy = calloc(1, k->size);
	if (!k->copy)
		return -ENOMEM;
	k->data = k->copy;
	for (uint64_t at = 0; at < k->size; at += n) {
		n = SZ_4K;
		if (n > k->size - at)
			n = k->size - at;
		guest_ram_read(g, k->ipa + at, k->copy + at, n);
	}
	return 0;
}

void kernel_close(struct kernel_image *k)
{
	free(k->copy);
	k->copy = NULL;
	k->data = NULL;
}

/*
 * A release becomes part of a path, which gdb may look for on its own machine.
 * So only the characters of real releases are kept.
 */
static char release_char(char c)
{
	return isalnum((unsigned char)c) || strchr("+-._~", c) ? c : '_';
}

/* Get the word after the prefix, if the word looks like a release. */
static bool release_parse(const char *banner, char *ret)
{
	const char *p = banner + sizeof(banner_prefix) - 1;
	size_t len = strcspn(p, " ");

	if (len < 3 || len >= KERNEL_RELEASE_SIZE || p[len] != ' ' ||
	    *p < '1' || *p > '9')
		return false;
	for (size_t i = 0; i < len; i++)
		ret[i] = release_char(p[i]);
	ret[len] = '\0';
	return true;
}

static bool banner_take(struct kernel_image *k, const uint8_t *at)
{
	size_t max = k->data + k->size - at, len;
	char buf[sizeof(k->banner)], release[KERNEL_RELEASE_SIZE];

	if (max > sizeof(buf) - 1)
		max = sizeof(buf) - 1;
	memcpy(buf, at, max);
	buf[max] = '\0';
	len = strcspn(buf, "\n");
	buf[len] = '\0';
	for (size_t i = 0; i < len; i++)
		if (buf[i] < ' ' || buf[i] > '~')
			return false;
	if (!release_parse(buf, release))
		return false;
	memcpy(k->banner, buf, len + 1);
	memcpy(k->release, release, sizeof(release));
	return true;
}

/*
 * The Image may contain two banners: the real one, and an earlier one that the
 * linker replaced ("# SMP", without a build number: 2df8220cc511 "kbuild: build
 * init/built-in.a just once"). The replaced banner is taken only if no real
 * banner follows.
 */
int kernel_banner_find(struct kernel_image *k, uint64_t from)
{
	size_t prefix = sizeof(banner_prefix) - 1;
	const uint8_t *p = k->data + from, *end = k->data + k->size;
	bool found = false;

	while (from < k->size &&
	       (p = memmem(p, end - p, banner_prefix, prefix))) {
		if (banner_take(k, p)) {
			found = true;
			if (!strstr(k->banner, " # "))
				break;
		}
		p += prefix;
	}
	return found ? 0 : -ENOENT;
}

/* An ELF note of type NT_GNU_BUILD_ID with a 20-byte (SHA-1) description. */
static const uint8_t build_id_note[16] = { 4, 0, 0, 0, 20,  0,   0,   0,
					   3, 0, 0, 0, 'G', 'N', 'U', 0 };
#define BUILD_ID_SIZE 20

void kernel_build_id_find(struct kernel_image *k, uint64_t from)
{
	size_t note = sizeof(build_id_note);

	for (from = ALIGN_UP(from, 4ULL);
	     from + note + BUILD_ID_SIZE <= k->size; from += 4) {
		const uint8_t *p = k->data + from;

		if (*p != build_id_note[0] || memcmp(p, build_id_note, note))
			continue;
		memcpy(k->build_id, p + note, BUILD_ID_SIZE);
		k->build_id_size = BUILD_ID_SIZE;
		return;
	}
}
