// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fuzz_objects.c - a kernel whose objects in memory are damaged
 *
 * The program runs one of Debian's kernels in a fake guest, with a record in the
 * ring of its log and a slab. The input is a list of changes to the members of
 * these objects; a member is named by its number in a list, so an input means
 * the same for each kernel. Then commands read the objects. After each run the
 * program undoes the changes.
 *
 * A change has these bytes: the member; the kind of the change; and, by kind,
 * eight bytes to write, four bytes to write, a bit to turn, or the number of
 * another member and an offset from it, to which the member then points.
 */
#include <stdlib.h>
#include <string.h>

#include "input.h"
#include "session/state.h"
#include "tests/unit/fake_slab.h"

#define MAX_MEMBERS 128
#define MAX_CHANGES 64
#define RING        (HEAP_VA + 16 * SZ_64K)
#define DESCS       (RING + SZ_4K) /* as log_line_put() places them */
#define INFOS       (RING + 2 * SZ_4K)
#define TEXTS       (RING + 3 * SZ_4K)

enum kind {
	KIND_WORD,
	KIND_HALF,
	KIND_BIT,
	KIND_POINTER,
	NR_KINDS,
};

static const struct session_owner owner;
static struct setup *setup;
static va_t member_va[MAX_MEMBERS];
static unsigned int nr_members;

static struct undo {
	void *at;
	uint64_t value;
} undo[MAX_CHANGES];

/* --- the guest ------------------------------------------------------------ */

static void add(va_t va)
{
	must(nr_members < MAX_MEMBERS, "too many members");
	member_va[nr_members++] = va;
}

/* A member that this kernel lacks is in the list, too: numbers stay the same. */
static void members_add(va_t object, const char *type, const char *const *paths)
{
	uint32_t offset = 0;

	for (; *paths; paths++) {
		if (introspect_offset(setup->in, type, *paths, &offset))
			offset = 0;
		add(object + offset);
	}
}

static void words_add(va_t va, unsigned int nr)
{
	while (nr--)
		add(va + 8 * nr);
}

static void log_add(void)
{
	static const char *const ring[] = {
		"desc_ring.count_bits",     "desc_ring.descs",
		"desc_ring.infos",          "desc_ring.head_id",
		"desc_ring.tail_id",        "text_data_ring.size_bits",
		"text_data_ring.data",      "text_data_ring.head_lpos",
		"text_data_ring.tail_lpos", NULL
	};
	static const char *const desc[] = { "state_var", "text_blk_lpos.begin",
					    "text_blk_lpos.next", NULL };
	static const char *const record[] = { "seq", "ts_nsec", "text_len",
					      "caller_id", NULL };

	log_line_put(setup, RING, "some text\nand a second line");
	members_add(RING, "printk_ringbuffer", ring);
	members_add(DESCS, "prb_desc", desc);
	members_add(INFOS, "printk_info", record);
	words_add(TEXTS, 8);
}

static void slab_add(void)
{
	static const char *const cache[] = {
		"name",   "size",     "object_size", "inuse",       "offset",
		"random", "cpu_slab", "flags",       "cpu_sheaves", "list",
		"align",  "node",     "per_node",    NULL
	};
	static const char *const slab[] = { "slab_cache", "freelist", "inuse",
					    "next", NULL };
	static const char *const cpu[] = { "slab", "freelist", "partial",
					   NULL };
	static const char *const page[] = { "flags",         "page_type",
					    "compound_head", "compound_info",
					    "_refcount",     NULL };

	pages_put(setup);
	slab_put(setup);
	members_add(CACHE, "kmem_cache", cache);
	members_add(page_of(setup, SLAB), "slab", slab);
	members_add(page_of(setup, SLAB), "page", page);
	members_add(SHEAVES, "kmem_cache_cpu", cpu);
	words_add(SHEAVES + 0x1000, 4);
	words_add(SHEAVES + 0x3000, 4);
	for (unsigned int i = 0; i < NR; i++) {
		words_add(object(i) + LINK, 1);
		words_add(object(i) + INUSE, 4);
	}
	words_add(NAMES, 2);
	words_add(ROOTS, 2);
	words_add(SECTIONS, 4);
}

/* Linux 6.12: its variables have symbols. */
static void set_up(void)
{
	const char *kernels[16];
	size_t nr = truth_kernels(kernels, ARRAY_SIZE(kernels));

	for (size_t i = 0; i < nr; i++) {
		if (!strcmp(kernels[i], "6.12"))
			setup = running_create(truth_load(kernels[i]));
		free((char *)kernels[i]);
	}
	must(setup, "there is no kernel 6.12: run scripts/setup");
	start(setup);
	percpu_put(setup, 1);
	tasks_put(setup);
	log_add();
	slab_add();
}

/* --- one run -------------------------------------------------------------- */

static void command(const char *line)
{
	struct session *session = NULL;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	must(out && !session_create(&setup->fake->guest, setup->in, &owner,
				    NULL, NULL, &session),
	     "no memory");
	session_run(session, line, out);
	session_destroy(session);
	fclose(out);
	free(text);
}

static uint64_t changed(struct input *in, uint64_t value)
{
	unsigned int to;

	switch (input_next(in) % NR_KINDS) {
	case KIND_WORD:
		return input_word(in);
	case KIND_HALF:
		value = value >> 32 << 32;
		for (unsigned int i = 0; i < 4; i++)
			value |= (uint64_t)input_next(in) << (8 * i);
		return value;
	case KIND_BIT:
		return value ^ BIT_ULL(input_next(in) % 64);
	default:
		to = input_next(in) % nr_members;
		return member_va[to] + (uint64_t)(int8_t)input_next(in);
	}
}

static void read_all(void)
{
	static const char *const lines[] = { "dmesg", "dmesg --json", "mem",
					     "mem slabs", "mem zones" };
	char line[64];

	for (unsigned int i = 0; i < ARRAY_SIZE(lines); i++)
		command(lines[i]);
	for (unsigned int i = 0; i < NR; i += 3) {
		snprintf(line, sizeof(line), "slab 0x%llx",
			 (unsigned long long)object(i));
		command(line);
		snprintf(line, sizeof(line), "whatis 0x%llx",
			 (unsigned long long)object(i) + 5);
		command(line);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, data + size };
	unsigned int nr = 0;

	if (!setup)
		set_up();
	for (; in.at < in.end && nr < MAX_CHANGES; nr++) {
		struct undo *u = &undo[nr];
		uint64_t value;

		u->at = at(setup, member_va[input_next(&in) % nr_members]);
		memcpy(&u->value, u->at, sizeof(value));
		value = changed(&in, u->value);
		memcpy(u->at, &value, sizeof(value));
	}
	read_all();
	while (nr--)
		memcpy(undo[nr].at, &undo[nr].value, sizeof(undo[nr].value));
	return 0;
}
