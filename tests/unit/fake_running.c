// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fake_running.c - see fake_running.h
 */
#include "fake_running.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_KERNELS 16
#define MAX_TESTS   64

uint64_t *ram64(struct setup *s, ipa_t ipa)
{
	uint8_t *p = fake_guest_at(s->fake, ipa, 8);

	assert_non_null(p);
	return (uint64_t *)(void *)p;
}

uint64_t *heap(struct setup *s, va_t va)
{
	return ram64(s, va - HEAP_VA + HEAP);
}

/* 4 KiB pages, 48 bits: a level 2 block for each 2 MiB. */
static void map_blocks(struct setup *s, va_t va, ipa_t ipa, uint64_t size,
		       uint64_t attrs)
{
	for (uint64_t done = 0; done < size; done += SZ_2M) {
		va_t at = va + done;
		ipa_t table = TABLES;

		for (int shift = 39; shift > 21; shift -= 9) {
			uint64_t *d = ram64(s, table + (at >> shift & 511) * 8);

			if (!*d) {
				s->next_table += SZ_4K;
				*d = s->next_table | 3;
			}
			table = *d & GENMASK_ULL(47, 12);
		}
		*ram64(s, table + (at >> 21 & 511) * 8) = (ipa + done) | 0x401 |
							  attrs;
	}
}

void vcpu_set(struct setup *s, unsigned int vcpu, uint64_t ttbr1)
{
	uint64_t *r = s->fake->sysregs[vcpu];

	r[GUEST_SCTLR_EL1] = 1;
	r[GUEST_TCR_EL1] = TCR;
	r[GUEST_TTBR1_EL1] = ttbr1;
	r[GUEST_TPIDR_EL1] = 0;
	s->fake->regs[vcpu].pstate = 5; /* EL1h */
}

void relocate(struct setup *s)
{
	if (truth_has(s->t, "relative_base"))
		*ram64(s, KERNEL + truth_number(s->t, "relative_base")) =
			TEXT + truth_number(s->t, "base");
	map_blocks(s, LINEAR, RAM, RAM_SIZE, DESC_PXN);
	map_blocks(s, TEXT, KERNEL, truth_number(s->t, "image_size"), 0);
	map_blocks(s, HEAP_VA, HEAP, HEAP_SIZE, 0);
	vcpu_set(s, 0, TABLES | 1);
}

struct setup *running_create(const struct truth *t)
{
	struct setup *s = calloc(1, sizeof(*s));

	s->t = t;
	s->next_table = TABLES;
	s->fake = fake_guest_create(2, RAM, RAM_SIZE);
	assert_true(truth_number(t, "image_size") < TABLES - KERNEL);
	fake_guest_map(s->fake, KERNEL, t->image_fd, t->image_size);
	assert_int_equal(introspect_create(&s->fake->guest, &s->in), 0);
	s->fake->offline[1] = true;
	return s;
}

static int setup_kernel(void **state)
{
	*state = running_create(*state);
	return 0;
}

static int teardown_kernel(void **state)
{
	struct setup *s = *state;

	introspect_destroy(s->in);
	fake_guest_destroy(s->fake);
	free(s);
	return 0;
}

va_t member(struct setup *s, va_t object, const char *name)
{
	return object + truth_number(s->t, name);
}

void log_line_put(struct setup *s, va_t ring, const char *text)
{
#define RING_SET(field, value) \
	(*heap(s, member(s, ring, "printk_ringbuffer." field)) = (value))
	va_t descs = ring + SZ_4K, infos = ring + 2 * SZ_4K;
	va_t texts = ring + 3 * SZ_4K, size_bits, text_len, prb;
	const uint64_t finalized = 2, id = 2;

	assert_int_equal(introspect_symbol_by_name(s->in, "prb", &prb), 0);
	*ram64(s, prb - TEXT + KERNEL) = ring;
	RING_SET("desc_ring.count_bits", 1);
	RING_SET("desc_ring.descs", descs);
	RING_SET("desc_ring.infos", infos);
	RING_SET("desc_ring.head_id", id);
	RING_SET("desc_ring.tail_id", id);
	RING_SET("text_data_ring.data", texts);
	size_bits =
		member(s, ring, "printk_ringbuffer.text_data_ring.size_bits");
	*(uint32_t *)heap(s, size_bits) = 8;
	*heap(s, descs) = id | finalized << 62;
	*heap(s, member(s, descs, "prb_desc.text_blk_lpos.begin")) = 0;
	*heap(s, member(s, descs, "prb_desc.text_blk_lpos.next")) = 128;
	*heap(s, member(s, infos, "printk_info.seq")) = id;
	text_len = member(s, infos, "printk_info.text_len");
	*(uint16_t *)heap(s, text_len) = (uint16_t)strlen(text);
	*heap(s, texts) = id;
	memcpy(heap(s, texts + 8), text, strlen(text));
}

int running_tests(const struct running_test *tests, size_t nr_tests)
{
	static struct CMUnitTest list[MAX_KERNELS * MAX_TESTS];
	struct truth *truths[MAX_KERNELS];
	const char *kernels[MAX_KERNELS];
	size_t nr = truth_kernels(kernels, MAX_KERNELS), n = 0;
	char *name;
	int failed;

	for (size_t k = 0; k < nr; k++) {
		assert_true(nr_tests <= MAX_TESTS);
		truths[k] = truth_load(kernels[k]);
		for (size_t i = 0; i < nr_tests; i++) {
			if (asprintf(&name, "%s %s", tests[i].name,
				     kernels[k]) < 0)
				return 1;
			list[n++] = (struct CMUnitTest){
				.name = name,
				.test_func = tests[i].function,
				.setup_func = setup_kernel,
				.teardown_func = teardown_kernel,
				.initial_state = truths[k],
			};
		}
	}
	failed = _cmocka_run_group_tests("RAM in place", list, n, NULL, NULL);
	fake_guest_pieces = true;
	failed += _cmocka_run_group_tests("RAM in pieces", list, n, NULL, NULL);
	for (size_t i = 0; i < n; i++)
		free((char *)list[i].name);
	for (size_t k = 0; k < nr; k++) {
		truth_free(truths[k]);
		free((char *)kernels[k]);
	}
	return failed;
}
