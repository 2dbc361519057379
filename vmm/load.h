/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * load.h - the guest's image in its memory
 */
#ifndef TRAPLINE_VMM_LOAD_H
#define TRAPLINE_VMM_LOAD_H

struct vm;

/*
 * Load the image and the device tree, and set the first vCPU's registers. Once
 * before the guest runs, and again at each vm_reset().
 */
int vm_load(struct vm *vm);

#endif
