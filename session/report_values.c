// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * report_values.c - what a 64-bit value may be
 *
 * Poisons: include/linux/poison.h of Linux; POISON_POINTER_DELTA is arm64's.
 */
#include "reportcrash.h"

#include <inttypes.h>
#include <string.h>
#include <trapline/text.h>
#include <trapline/util.h>

#define STACK_MAX  SZ_64K /* a kernel stack is no larger */
#define SMALL      4096U
#define ERRNO_MAX  4095U
#define CHARACTERS 8

static const struct {
	uint64_t value;
	const char *text;
} poisons[] = {
	{ 0xdead000000000100ULL, "LIST_POISON1: an entry that was removed" },
	{ 0xdead000000000122ULL, "LIST_POISON2: an entry that was removed" },
	{ 0x6b6b6b6b6b6b6b6bULL, "slab poison: memory that was freed" },
	{ 0x5a5a5a5a5a5a5a5aULL, "slab poison: memory never written" },
	{ 0xa5a5a5a5a5a5a5a5ULL, "slab poison: the end of an object" },
};

static bool is_text(uint64_t value, char *buf)
{
	for (unsigned int i = 0; i < CHARACTERS; i++) {
		buf[i] = (char)(value >> (8 * i));
		if (!text_is_printable(buf[i]))
			return false;
	}
	buf[CHARACTERS] = '\0';
	return true;
}

static bool in_stack(struct crash *c, uint64_t value, char *buf, size_t size)
{
	uint64_t stack;
	va_t task;

	if (introspect_current_task(c->in, c->vcpu, &task))
		return false;
	if (value == task) {
		snprintf(buf, size, "the task %s itself", c->comm);
		return true;
	}
	if (introspect_get(c->in, "task_struct", task, "stack", &stack) ||
	    !stack || value < stack || value - stack >= STACK_MAX)
		return false;
	/*
	 * The size of the stack is not known. The first 16 KiB always belong to
	 * it; after these, accept a value only up to 16 KiB above SP.
	 */
	if (value - stack >= 4 * SZ_4K && value > c->regs.sp + 4 * SZ_4K)
		return false;
	snprintf(buf, size, "the stack of %s, SP %c 0x%" PRIx64, c->comm,
		 value < c->regs.sp ? '-' : '+',
		 value < c->regs.sp ? c->regs.sp - value : value - c->regs.sp);
	return true;
}

static bool in_percpu(struct crash *c, uint64_t value, char *buf, size_t size)
{
	struct introspect_percpu_place place;

	if (introspect_percpu_find(c->in, value, &place))
		return false;
	snprintf(buf, size, "%s+0x%" PRIx64 ", per-CPU variable of CPU %u",
		 place.name, place.offset, place.cpu);
	return true;
}

/* Mapped memory: by IPA, and the characters there. */
static void mapped_text(struct crash *c, uint64_t value, char *buf, size_t size)
{
	struct stage1_mapping map;
	struct stage1_regs regs;
	char text[25] = "";
	size_t n = 0;

	if (introspect_stage1_regs(c->in, c->vcpu, &regs))
		return;
	if (stage1_walk(c->g, &regs, value, &map)) {
		snprintf(buf, size, "not mapped");
		return;
	}
	if (!introspect_read(c->in, value, text, sizeof(text) - 1))
		while (n < sizeof(text) - 1 && text_is_printable(text[n]))
			n++;
	if (!guest_ram_range(c->g, map.ipa, 1))
		snprintf(buf, size, "a device, IPA 0x%" PRIx64, map.ipa);
	else if (n >= 4 && !text[n])
		snprintf(buf, size, "memory, IPA 0x%" PRIx64 ": \"%.*s\"",
			 map.ipa, (int)n, text);
	else
		snprintf(buf, size, "memory, IPA 0x%" PRIx64 "%s", map.ipa,
			 map.writable ? "" : ", read-only");
}

void crash_value_text(struct crash *c, uint64_t value, char *buf, size_t size)
{
	char text[CHARACTERS + 1];
	struct introspect_symbol sym;

	*buf = '\0';
	if (value < SMALL)
		return;
	for (unsigned int i = 0; i < ARRAY_SIZE(poisons); i++)
		if (poisons[i].value == value) {
			snprintf(buf, size, "%s", poisons[i].text);
			return;
		}
	if (is_text(value, text))
		snprintf(buf, size, "the characters \"%s\"", text);
	else if (value >= 0 - (uint64_t)ERRNO_MAX)
		snprintf(buf, size, "%" PRId64 ", which may be an error",
			 (int64_t)value);
	else if (value >> 52 != 0xfff)
		return;
	else if (!introspect_symbol_by_address(c->in, value, &sym) &&
		 *sym.name && value - sym.va < sym.size)
		crash_place(c, value, buf, size);
	else if (!introspect_symbol_exact(c->in, value, &sym))
		snprintf(buf, size, "%s [%s]", sym.name, sym.module);
	else if (!in_stack(c, value, buf, size) &&
		 !in_percpu(c, value, buf, size))
		mapped_text(c, value, buf, size);
}
