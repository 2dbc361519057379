/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ppi.h - the host's own per-CPU interrupts that a guest needs
 *
 * From the device tree or, where the machine has none, from ACPI. The host's
 * kernel maps both at boot, whether it uses them or not; nothing is to be given
 * back. Source: Devicetree bindings "arm,armv8-timer" and "arm,gic-v3"; ACPI
 * specification, "GTDT" and "MADT".
 */
#ifndef TRAPLINE_KMOD_PPI_H
#define TRAPLINE_KMOD_PPI_H

/* Linux's number of the virtual timer's interrupt; -ENODEV: none is told of. */
int ppi_virtual_timer(void);
/* The same of a GICv3's maintenance interrupt; -ENODEV with any other GIC, too. */
int ppi_gic_maintenance(void);

#endif
