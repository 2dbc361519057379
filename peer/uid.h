/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * uid.h - one lookup in the kernel's table of TCP connections
 */
#ifndef PEER_UID_H
#define PEER_UID_H

#include <sys/types.h>

/*
 * The user whose socket has these addresses, local then remote, written as
 * /proc/net/tcp writes them. table is that file, open.
 *
 * 0 and *ret; -ENOENT there is none; -EACCES there is one that has no owner
 * any more, because it has been closed; or what read(2) says.
 */
int peer_table_find(int table, const char *addresses, uid_t *ret);

#endif
