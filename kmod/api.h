/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * api.h - /dev/trapline, for root and for members of group trapline
 *
 * An open descriptor holds a reference to the module, so all descriptors are
 * closed when the module is unloaded.
 */
#ifndef TRAPLINE_KMOD_API_H
#define TRAPLINE_KMOD_API_H

int api_register(void);
void api_deregister(void);

#endif
