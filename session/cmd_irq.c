// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cmd_irq.c - commands about interrupts and timers
 */
#include "record.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <trapline/util.h>
#include "linux.h"
#include "state.h"

#define MAX_CPU_COLUMNS 16

struct rows {
	struct record r;
	struct session *s;
};

/* --- interrupts ---------------------------------------------------------------- */

static bool irq_row(void *opaque, const struct introspect_irq *irq)
{
	struct rows *rows = opaque;
	struct introspect *in = session_introspect(rows->s);
	unsigned int nr = min(introspect_nr_cpus(in), MAX_CPU_COLUMNS + 0U);
	char name[16];
	uint32_t count;

	record_number(&rows->r, "irq", 4, irq->number);
	record_number(&rows->r, "hwirq", 10, (int64_t)irq->hwirq);
	for (unsigned int i = 0; i < nr; i++) {
		if (introspect_irq_count(in, irq, i, &count))
			count = 0;
		snprintf(name, sizeof(name), "cpu%u", i);
		record_number(&rows->r, name, 9, count);
	}
	record_text(&rows->r, "chip", -12, irq->chip);
	record_text(&rows->r, "state", -8,
		    irq->per_cpu ? "per CPU"
		    : irq->depth ? "disabled"
				 : "enabled");
	record_text(&rows->r, "actions", -24, irq->actions);
	record_symbol(&rows->r, rows->s, "handler", irq->handler, false);
	record_row(&rows->r);
	return true;
}

static int cmd_irqs(struct session *s, const char *args, FILE *out)
{
	struct rows rows = { .s = s };
	int err;

	record_begin(&rows.r, s, out);
	err = introspect_irq_each(session_introspect(s), irq_row, &rows);
	linux_note(&rows.r, "the tree of interrupts", err);
	record_end(&rows.r);
	return err;
}

/* --- timers -------------------------------------------------------------------- */

static const char *clock_name(int clock)
{
	switch (clock) {
	case -1:
		return "jiffies";
	case 0:
		return "REALTIME";
	case 1:
		return "MONOTONIC";
	case 7:
		return "BOOTTIME";
	case 11:
		return "TAI";
	default:
		return "?";
	}
}

static bool timer_row(void *opaque, const struct introspect_timer *t)
{
	struct rows *rows = opaque;
	bool wheel = t->clock == -1;

	record_number(&rows->r, "cpu", 3, t->cpu);
	record_text(&rows->r, "clock", -9, clock_name(t->clock));
	record_number(&rows->r, "expires", 20, (int64_t)t->expires);
	record_text(&rows->r, "in", -2, wheel ? "" : "ns");
	record_hex(&rows->r, "timer", t->va);
	record_symbol(&rows->r, rows->s, "function", t->function, false);
	record_row(&rows->r);
	return true;
}

static int cmd_timers(struct session *s, const char *args, FILE *out)
{
	struct introspect *in = session_introspect(s);
	struct rows rows = { .s = s };
	uint64_t jiffies;
	int err = 0, one;
	va_t va;

	record_begin(&rows.r, s, out);
	for (unsigned int i = 0; i < introspect_nr_cpus(in); i++) {
		one = introspect_timer_each(in, i, timer_row, &rows);
		linux_note(&rows.r, "timers", one);
		err = err ? err : one;
	}
	if (!introspect_symbol_by_name(in, "jiffies", &va) &&
	    !introspect_read(in, va, &jiffies, sizeof(jiffies)))
		record_note(&rows.r, "jiffies is %" PRId64, (int64_t)jiffies);
	record_end(&rows.r);
	return err;
}

/* clang-format off */
static const struct session_command rows[] = {
	{ "irqs", "[--json]", "interrupts: count on each CPU, and handlers\n"
	  "irqs", SESSION_LINUX, cmd_irqs },
	{ "timers", "[--json]", "timers that are armed, by CPU\ntimers",
	  SESSION_LINUX, cmd_timers },
};
/* clang-format on */

int session_commands_irq(struct session *s)
{
	return session_commands_add(s, rows, ARRAY_SIZE(rows));
}
