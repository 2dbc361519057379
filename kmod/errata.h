/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * errata.h - CPUs whose errata concern whoever owns EL2
 *
 * What the core works around, it does; a CPU with any other of the table is
 * refused at load with one line that names it, unless the module parameter
 * ignore_errata=1 says otherwise. Looked at are the CPUs that are online then.
 */
#ifndef TRAPLINE_KMOD_ERRATA_H
#define TRAPLINE_KMOD_ERRATA_H

#include <linux/types.h>

/* 0, or -EOPNOTSUPP, said. */
int errata_check(void);
/* Cortex-A57 834220: a stage-2 fault may hide a stage-1 fault. */
bool errata_check_stage1(void);
/* Cortex-A57 1319537, Cortex-A72 1319367: speculative AT. */
bool errata_bar_walks(void);

#endif
