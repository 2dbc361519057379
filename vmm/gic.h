/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gic.h - the guest's interrupt controller: a GIC of the host's kind
 */
#ifndef TRAPLINE_VMM_GIC_H
#define TRAPLINE_VMM_GIC_H

#include <stdbool.h>

struct vm;

int gic_create(struct vm *vm);
int gic_init(struct vm *vm); /* after all vCPUs exist */
/* Set the level of an SPI. Any thread. */
void gic_irq_set(struct vm *vm, unsigned int spi, bool level);

#endif
