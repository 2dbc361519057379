/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * errata.h - CPU errata that concern the owner of EL2
 *
 * The module works around some errata by itself. It refuses to load on a CPU
 * with any other erratum of the table, with one line that names the erratum.
 * The module parameter ignore_errata=1 lets it load anyway. Only the CPUs that
 * are online at load are checked.
 */
#ifndef TRAPLINE_KMOD_ERRATA_H
#define TRAPLINE_KMOD_ERRATA_H

#include <linux/types.h>

/* Returns 0, or -EOPNOTSUPP with one line logged. */
int errata_check(void);
/* Cortex-A57 834220: a stage-2 fault may hide a stage-1 fault. */
bool errata_check_stage1(void);
/* Cortex-A57 1319537, Cortex-A72 1319367: speculative AT. */
bool errata_bar_walks(void);

#endif
