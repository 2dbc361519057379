/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * confine.h - the sandbox (sandbox.h) that fits a VM's configuration
 */
#ifndef TRAPLINE_VMM_CONFINE_H
#define TRAPLINE_VMM_CONFINE_H

#include "sandbox.h"

struct vm;

/*
 * Once everything is open, before the VM's threads start: gives away what this
 * process will not need again, and sets vm->sandbox, by which the threads get
 * their lists. Does nothing without config->sandbox. 0 or a negative errno, one line
 * on stderr has said why.
 */
int vm_confine(struct vm *vm);
/* The calling thread gets its list; the process ends where that cannot be. */
void vm_thread_confine(struct vm *vm, enum sandbox_thread kind);

#endif
