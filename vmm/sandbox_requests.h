/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sandbox_requests.h - the ioctls of KVM that each kind of thread may make
 */
#ifndef TRAPLINE_VMM_SANDBOX_REQUESTS_H
#define TRAPLINE_VMM_SANDBOX_REQUESTS_H

#include <trapline/sandbox.h>

/* For struct sandbox_config. */
extern const struct sandbox_request sandbox_requests[];
extern const unsigned int sandbox_nr_requests;

#endif
