/* SPDX-License-Identifier: GPL-2.0-or-later */
/* module_btf.h - the types of modules */
#ifndef TRAPLINE_INTROSPECT_MODULE_BTF_H
#define TRAPLINE_INTROSPECT_MODULE_BTF_H

#include <trapline/introspect.h>
#include "btf.h"

struct module_btfs;

/*
 * The BTF of the module whose struct module is at va. NULL: the module has none,
 * or it cannot be read. The BTF is kept; it is read again when the kernel's list
 * gives another address for it.
 */
const struct btf_view *module_btf(struct introspect *in, va_t va);
void module_btfs_destroy(struct module_btfs *m);

#endif
