// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * irq.c - interrupts: the descriptors, and the count of each CPU
 *
 * The descriptors are in the maple tree sparse_irqs, or in older kernels in the
 * radix tree irq_desc_tree. If there is no symbol for the tree, its address is
 * taken from the code of irq_to_desc().
 */
#include "state.h"
#include "textref.h"
#include "trees.h"

#include <errno.h>
#include <string.h>
#include <trapline/text.h>

#define CANDIDATES  8
#define MAX_ACTIONS 16

static int desc_get(struct introspect *in, va_t desc, const char *path,
		    uint64_t *ret)
{
	return introspect_get(in, "irq_desc", desc, path, ret);
}

static void string_get(struct introspect *in, const char *type, va_t va,
		       const char *path, char *buf, size_t size)
{
	va_t text;

	if (introspect_get(in, type, va, path, &text) ||
	    kva_read_string(in, text, buf, size) < 0)
		*buf = '\0';
	text_clean(buf, strlen(buf));
}

/* Read the names of all handlers of the interrupt. */
static void actions_read(struct introspect *in, va_t action,
			 struct introspect_irq *irq)
{
	char name[64];
	size_t len;

	for (unsigned int i = 0; kva_is_kernel(action) && i < MAX_ACTIONS;
	     i++) {
		string_get(in, "irqaction", action, "name", name, sizeof(name));
		len = strlen(irq->actions);
		snprintf(irq->actions + len, sizeof(irq->actions) - len, "%s%s",
			 len ? ", " : "", name);
		if (!i)
			introspect_get(in, "irqaction", action, "handler",
				       &irq->handler);
		if (introspect_get(in, "irqaction", action, "next", &action))
			break;
	}
}

int introspect_irq_count(struct introspect *in,
			 const struct introspect_irq *irq, unsigned int cpu,
			 uint32_t *ret)
{
	va_t counts, va;
	int err = desc_get(in, irq->va, "kstat_irqs", &counts);

	if (!err)
		err = introspect_percpu_pointer(in, counts, cpu, &va);
	return err ? err : introspect_read(in, va, ret, sizeof(*ret));
}

struct irqs {
	struct introspect *in;
	bool (*see)(void *opaque, const struct introspect_irq *irq);
	void *opaque;
};

static bool irq_see(void *opaque, uint64_t index, va_t desc)
{
	struct introspect_irq irq = { .va = desc };
	struct irqs *irqs = opaque;
	uint64_t number = index, action = 0, mask;

	desc_get(irqs->in, desc, "irq_data.irq", &number);
	desc_get(irqs->in, desc, "irq_data.hwirq", &irq.hwirq);
	desc_get(irqs->in, desc, "action", &action);
	desc_get(irqs->in, desc, "depth", &irq.depth);
	irq.per_cpu = !desc_get(irqs->in, desc, "percpu_enabled", &mask) &&
		      mask;
	string_get(irqs->in, "irq_desc", desc, "irq_data.chip->name", irq.chip,
		   sizeof(irq.chip));
	irq.number = (unsigned int)number;
	actions_read(irqs->in, action, &irq);
	return irqs->see(irqs->opaque, &irq);
}

/* Find the radix tree by the addresses in the code of irq_to_desc(). */
static int old_tree(struct introspect *in, va_t *ret)
{
	uint64_t ref[CANDIDATES];
	unsigned int nr;
	va_t head;

	if (!introspect_symbol_by_name(in, "irq_desc_tree", ret))
		return 0;
	nr = textref_scan(in, "irq_to_desc", ref, CANDIDATES);
	for (unsigned int i = 0; i < nr; i++) {
		*ret = in->kva.text + ref[i];
		if (!introspect_get(in, "xarray", *ret, "xa_head", &head) &&
		    kva_is_kernel(head))
			return 0;
	}
	return -ENOENT;
}

int introspect_irq_each(struct introspect *in,
			bool (*see)(void *opaque,
				    const struct introspect_irq *irq),
			void *opaque)
{
	struct irqs irqs = { .in = in, .see = see, .opaque = opaque };
	va_t tree;
	int err;

	if (!introspect_symbol_by_name(in, "sparse_irqs", &tree))
		return tree_maple_each(in, tree, irq_see, &irqs);
	err = old_tree(in, &tree);
	return err ? err : tree_xarray_each(in, tree, irq_see, &irqs);
}
