/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ppi.h - the host's own per-CPU interrupts that a guest needs
 *
 * They are looked up in the device tree or, if the machine has none, in ACPI.
 * The host's kernel maps both at boot, whether it uses them or not, so nothing
 * has to be released. Source: Devicetree bindings "arm,armv8-timer" and
 * "arm,gic-v3"; ACPI specification, "GTDT" and "MADT".
 */
#ifndef TRAPLINE_KMOD_PPI_H
#define TRAPLINE_KMOD_PPI_H

/*
 * Linux's number of the virtual timer's interrupt. -ENODEV: firmware describes
 * none.
 */
int ppi_virtual_timer(void);
/*
 * Linux's number of a GICv3's maintenance interrupt. -ENODEV: firmware
 * describes none, or the machine has no GICv3.
 */
int ppi_gic_maintenance(void);

#endif
