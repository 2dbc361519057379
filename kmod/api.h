/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * api.h - /dev/trapline, for root alone
 *
 * The device holds the module: nothing of it is open when the module goes.
 */
#ifndef TRAPLINE_KMOD_API_H
#define TRAPLINE_KMOD_API_H

int api_register(void);
void api_deregister(void);

#endif
