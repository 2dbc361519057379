// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cmd_net.c - network devices and sockets
 */
#include "record.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <trapline/util.h>
#include "linux.h"
#include "state.h"

#define FLAG_UP 1

struct rows {
	struct record r;
	struct session *s;
	const struct introspect_task *task;
};

static bool device_row(void *opaque, const struct introspect_netdev *d)
{
	struct rows *rows = opaque;
	char mac[18];

	snprintf(mac, sizeof(mac), "%02x:%02x:%02x:%02x:%02x:%02x", d->mac[0],
		 d->mac[1], d->mac[2], d->mac[3], d->mac[4], d->mac[5]);
	record_number(&rows->r, "index", 5, d->index);
	record_text(&rows->r, "device", -16, d->name);
	record_text(&rows->r, "is", -4, d->flags & FLAG_UP ? "up" : "down");
	record_number(&rows->r, "mtu", 6, d->mtu);
	record_text(&rows->r, "mac", -17, mac);
	record_hex(&rows->r, "net_device", d->va);
	record_text(&rows->r, "addresses", -1, d->addresses);
	record_row(&rows->r);
	return true;
}

static const char *const tcp_states[] = {
	"",           "ESTABLISHED", "SYN_SENT",  "SYN_RECV",
	"FIN_WAIT1",  "FIN_WAIT2",   "TIME_WAIT", "CLOSE",
	"CLOSE_WAIT", "LAST_ACK",    "LISTEN",    "CLOSING",
};

static const char *family_name(int family)
{
	switch (family) {
	case 1:
		return "unix";
	case 2:
		return "inet";
	case 10:
		return "inet6";
	case 16:
		return "netlink";
	case 17:
		return "packet";
	case 40:
		return "vsock";
	default:
		return "?";
	}
}

static const char *type_name(const struct introspect_socket *s)
{
	bool inet = s->family == 2 || s->family == 10;

	switch (s->type) {
	case 1:
		return inet && s->protocol == 6 ? "tcp" : "stream";
	case 2:
		return inet && s->protocol == 17 ? "udp" : "dgram";
	case 3:
		return "raw";
	default:
		return "?";
	}
}

static bool socket_row(void *opaque, unsigned int fd, va_t file)
{
	struct rows *rows = opaque;
	struct introspect_socket s;

	if (introspect_socket_of(session_introspect(rows->s), file, &s))
		return true;
	record_number(&rows->r, "pid", 7, rows->task->pid);
	record_number(&rows->r, "fd", 4, fd);
	record_text(&rows->r, "family", -7, family_name(s.family));
	record_text(&rows->r, "type", -6, type_name(&s));
	record_text(&rows->r, "state", -11,
		    s.state > 0 && s.state < (int)ARRAY_SIZE(tcp_states)
			    ? tcp_states[s.state]
			    : "");
	record_text(&rows->r, "local", -21, s.local);
	record_text(&rows->r, "remote", -21, s.remote);
	record_hex(&rows->r, "sock", s.sk);
	record_text(&rows->r, "comm", -1, rows->task->comm);
	record_row(&rows->r);
	return true;
}

/*
 * Show the sockets of all processes. A thread has the sockets of its process.
 */
static int sockets_show(struct rows *rows)
{
	struct introspect *in = session_introspect(rows->s);
	struct introspect_task *tasks;
	unsigned int nr;
	int err = introspect_task_list(in, &tasks, &nr), one;

	linux_note(&rows->r, "the list of tasks", err);
	for (unsigned int i = 0; i < nr; i++) {
		if (tasks[i].pid != tasks[i].tgid || tasks[i].kthread)
			continue;
		rows->task = &tasks[i];
		one = introspect_file_each(in, tasks[i].va, socket_row, rows);
		if (one && one != -ENOENT)
			record_note(&rows->r,
				    "pid %d %s: its files cannot be read",
				    tasks[i].pid, tasks[i].comm);
	}
	if (!rows->r.rows)
		record_note(&rows->r, "no process has a socket");
	free(tasks);
	return err;
}

static int cmd_net(struct session *s, const char *args, FILE *out)
{
	struct rows rows = { .s = s };
	int err;

	if (*args && strcmp(args, "sockets")) {
		fprintf(out, "usage: monitor net [sockets]\n");
		return -EINVAL;
	}
	record_begin(&rows.r, s, out);
	if (*args) {
		err = sockets_show(&rows);
	} else {
		err = introspect_netdev_each(session_introspect(s), device_row,
					     &rows);
		linux_note(&rows.r, "the list of network devices", err);
	}
	record_end(&rows.r);
	return err;
}

/* clang-format off */
static const struct session_command rows[] = {
	{ "net", "[sockets] [--json]",
	  "network devices, or the sockets of all processes\n"
	  "net\nnet sockets", SESSION_LINUX, cmd_net },
};
/* clang-format on */

int session_commands_net(struct session *s)
{
	return session_commands_add(s, rows, ARRAY_SIZE(rows));
}
