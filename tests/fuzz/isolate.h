/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * isolate.h - keep a fuzzer's packets on this machine
 *
 * The user network does whatever a guest's frames ask for. A fuzzer's frames
 * must reach no other machine.
 */
#ifndef TRAPLINE_TESTS_ISOLATE_H
#define TRAPLINE_TESTS_ISOLATE_H

#include <net/if.h>
#include <sched.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/*
 * Move this process, which has one thread, to a network of its own that has
 * only a loopback device. False: the machine does not allow this.
 */
static inline bool isolate_network(void)
{
	struct ifreq lo = { .ifr_flags = IFF_UP };
	int fd, error;

	if (unshare(CLONE_NEWNET) && unshare(CLONE_NEWUSER | CLONE_NEWNET))
		return false;
	strcpy(lo.ifr_name, "lo");
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	error = ioctl(fd, SIOCSIFFLAGS, &lo);
	close(fd);
	return !error;
}

#endif
