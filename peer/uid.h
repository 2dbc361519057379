/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * uid.h - one lookup in the kernel's table of TCP connections
 */
#ifndef PEER_UID_H
#define PEER_UID_H

#include <sys/types.h>

/*
 * Find the user whose socket has these addresses, local then remote, written as
 * in /proc/net/tcp. table is that file, open.
 *
 * Returns 0 and *ret, -ENOENT: no such socket, -EACCES: the socket has been
 * closed and has no owner any more, or the error of read(2).
 */
int peer_table_find(int table, const char *addresses, uid_t *ret);

#endif
