// SPDX-License-Identifier: GPL-2.0-only
#include "ppi.h"

#include <linux/acpi.h>
#include <linux/bitfield.h>
#include <linux/errno.h>
#include <linux/of.h>
#include <linux/of_irq.h>
#include <asm/cputype.h>
#include <asm/sysreg.h>
#include "regs.h"

#define OF_VIRT 2 /* index of the virtual timer's interrupt */

static const struct of_device_id timer_nodes[] = {
	{ .compatible = "arm,armv8-timer" },
	{}
};

static const struct of_device_id gic_nodes[] = { { .compatible = "arm,gic-v3" },
						 {} };

static int from_tree(const struct of_device_id *nodes, int index)
{
	struct device_node *node = of_find_matching_node(NULL, nodes);
	int irq;

	if (!node)
		return -ENODEV;
	irq = of_irq_get(node, index);
	of_node_put(node);
	return irq > 0 ? irq : -ENODEV;
}

#ifdef CONFIG_ACPI
static int gsi_map(u32 gsi, bool edge, bool low)
{
	int irq = gsi ? acpi_register_gsi(NULL, gsi,
					  edge ? ACPI_EDGE_SENSITIVE
					       : ACPI_LEVEL_SENSITIVE,
					  low ? ACPI_ACTIVE_LOW
					      : ACPI_ACTIVE_HIGH)
		      : 0;

	return irq > 0 ? irq : -ENODEV;
}

static int from_gtdt(void)
{
	struct acpi_table_gtdt *gtdt;
	int irq;

	if (acpi_disabled ||
	    ACPI_FAILURE(acpi_get_table(ACPI_SIG_GTDT, 0,
					(struct acpi_table_header **)&gtdt)))
		return -ENODEV;
	irq = gsi_map(gtdt->virtual_timer_interrupt,
		      gtdt->virtual_timer_flags & ACPI_GTDT_INTERRUPT_MODE,
		      gtdt->virtual_timer_flags & ACPI_GTDT_INTERRUPT_POLARITY);
	acpi_put_table(&gtdt->header);
	return irq;
}

/* The first entry of this type in the MADT that has at least len bytes. */
static const void *madt_entry(const struct acpi_table_header *madt, u8 type,
			      u8 len)
{
	const char *at = (const char *)madt + sizeof(struct acpi_table_madt);
	const char *end = (const char *)madt + madt->length;
	const struct acpi_subtable_header *entry;

	for (; at + sizeof(*entry) <= end; at += entry->length) {
		entry = (const struct acpi_subtable_header *)at;
		if (entry->length < sizeof(*entry) || at + entry->length > end)
			return NULL;
		if (entry->type == type && entry->length >= len)
			return entry;
	}
	return NULL;
}

static int from_madt(void)
{
	const struct acpi_madt_generic_distributor *gicd;
	const struct acpi_madt_generic_interrupt *gicc;
	struct acpi_table_header *madt;
	int irq = -ENODEV;

	if (acpi_disabled ||
	    ACPI_FAILURE(acpi_get_table(ACPI_SIG_MADT, 0, &madt)))
		return -ENODEV;
	gicd = madt_entry(madt, ACPI_MADT_TYPE_GENERIC_DISTRIBUTOR,
			  sizeof(*gicd));
	gicc = madt_entry(madt, ACPI_MADT_TYPE_GENERIC_INTERRUPT,
			  offsetofend(typeof(*gicc), vgic_interrupt));
	if (gicd && gicd->version >= ACPI_MADT_GIC_VERSION_V3 && gicc)
		irq = gsi_map(gicc->vgic_interrupt,
			      gicc->flags & ACPI_MADT_VGIC_IRQ_MODE, false);
	acpi_put_table(madt);
	return irq;
}
#else
static int from_gtdt(void)
{
	return -ENODEV;
}

static int from_madt(void)
{
	return -ENODEV;
}
#endif

int ppi_virtual_timer(void)
{
	int irq = from_tree(timer_nodes, OF_VIRT);

	return irq > 0 ? irq : from_gtdt();
}

int ppi_gic_maintenance(void)
{
	int irq;

	if (!FIELD_GET(PFR0_GIC, read_cpuid(ID_AA64PFR0_EL1)))
		return -ENODEV;
	irq = from_tree(gic_nodes, 0);
	return irq > 0 ? irq : from_madt();
}
