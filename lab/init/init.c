// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * init.c - process 1 of the lab
 *
 * This program mounts the usual file systems, loads the modules that the base
 * archive lists, opens the control port, mounts the host's directories under
 * their own paths, and runs the relay. When the command has ended, it unmounts
 * the shares before it reports the end, so that all written data has reached
 * the host: the host kills QEMU as soon as it reads the report.
 */
#include "init.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/klog.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <trapline/types.h>

#include "../wire.h"

int control = -1;

void fail(const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (control >= 0)
		send_frame(WIRE_FAIL, text, strlen(text));
	else
		fprintf(stderr, "lab: %s\n", text);
	fflush(stderr);
	/* Let the port or the UART drain; the host ends QEMU. */
	sleep(1);
	sync();
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}

static void make_dirs(const char *path)
{
	char part[4096];
	size_t i;

	for (i = 1; path[i - 1] && i < sizeof(part); i++) {
		if (path[i] != '/' && path[i])
			continue;
		memcpy(part, path, i);
		part[i] = '\0';
		mkdir(part, 0755);
	}
}

static void mount_system(void)
{
	static const struct {
		const char *type, *dir, *data;
		int required;
	} mounts[] = {
		{ "proc", "/proc", NULL, 1 },
		{ "sysfs", "/sys", NULL, 1 },
		{ "devtmpfs", "/dev", NULL, 1 },
		{ "devpts", "/dev/pts", "ptmxmode=666", 1 },
		{ "tmpfs", "/dev/shm", NULL, 0 },
		{ "debugfs", "/sys/kernel/debug", NULL, 0 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(mounts); i++) {
		make_dirs(mounts[i].dir);
		if (mount(mounts[i].type, mounts[i].dir, mounts[i].type, 0,
			  mounts[i].data) < 0 &&
		    mounts[i].required && errno != EBUSY)
			fail("mount %s: %s", mounts[i].dir, strerror(errno));
	}
	/* In memory, like the whole root and the copies that --file makes. */
	mkdir("/run", 0755);
	mkdir("/tmp", 01777);
	chmod("/tmp", 01777);
	symlink("/proc/self/fd", "/dev/fd");
	symlink("/proc/self/fd/0", "/dev/stdin");
	symlink("/proc/self/fd/1", "/dev/stdout");
	symlink("/proc/self/fd/2", "/dev/stderr");
}

static int insert_module(const char *name)
{
	char path[512];
	int fd, err = 0;

	snprintf(path, sizeof(path), MODULES_DIR "/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 ||
	    (syscall(SYS_finit_module, fd, "", 0) < 0 && errno != EEXIST))
		err = -errno;
	if (fd >= 0)
		close(fd);
	return err;
}

static void load_module(const char *name)
{
	int err = insert_module(name);

	if (err)
		fprintf(stderr, "lab: module %s: %s\n", name, strerror(-err));
}

/*
 * The last line of the kernel's log says why the module was refused, or at
 * least concerns it.
 */
static void load_module_or_fail(const char *name)
{
	static char log[16384];
	char *line;
	int n, err = insert_module(name);

	if (!err)
		return;
	n = klogctl(3, log, sizeof(log) - 1);
	log[n > 0 ? n : 0] = '\0';
	if (n > 0 && log[n - 1] == '\n')
		log[n - 1] = '\0';
	line = strrchr(log, '\n');
	line = strstr(line ? line : log, "] ");
	fail("%s: %s: %s", name, strerror(-err), line ? line + 2 : "");
}

/* A group is a file that lists modules in the order in which to load them. */
static void load_group(const char *group)
{
	char path[512], line[256];
	FILE *list;

	snprintf(path, sizeof(path), MODULES_DIR "/%s.list", group);
	list = fopen(path, "re");
	if (!list)
		return;
	while (fgets(line, sizeof(line), list)) {
		line[strcspn(line, "\n")] = '\0';
		load_module(line);
	}
	fclose(list);
}

/*
 * Do udev's work for the ports: /dev/virtio-ports/NAME -> ../vportNpM. A port's
 * name arrives in a message after the device. Returns how many ports have a
 * name now.
 */
static unsigned int link_ports(void)
{
	char path[600], name[256], target[300];
	unsigned int n = 0;
	struct dirent *entry;
	FILE *file;
	DIR *dir;

	dir = opendir("/sys/class/virtio-ports");
	while (dir && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "/sys/class/virtio-ports/%s/name",
			 entry->d_name);
		file = fopen(path, "re");
		if (!file)
			continue;
		if (fgets(name, sizeof(name), file)) {
			name[strcspn(name, "\n")] = '\0';
			snprintf(path, sizeof(path), "/dev/virtio-ports/%s",
				 name);
			snprintf(target, sizeof(target), "../%s",
				 entry->d_name);
			symlink(target, path);
			n++;
		}
		fclose(file);
	}
	if (dir)
		closedir(dir);
	return n;
}

static void open_control(void)
{
	const char *path = "/dev/virtio-ports/" WIRE_PORT;
	unsigned int tries, ports;

	mkdir("/dev/virtio-ports", 0755);
	for (tries = 0; tries < 2000; tries++) {
		ports = link_ports();
		/* QEMU creates the control port last. */
		control = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
		if (control >= 0)
			return;
		usleep(5000);
	}
	fail("no port named " WIRE_PORT
	     " (%u others): does this kernel have virtio_console and virtio_pci, built in or as modules?",
	     ports);
}

static void read_config(struct config *config)
{
	static char *envs[MAX_STRINGS + 1];
	unsigned int args = 0, mounts = 0, groups = 0, nenvs = 0;
	static char text[256 * 1024];
	ssize_t size;
	char *s;
	int fd = open(CONFIG_FILE, O_RDONLY | O_CLOEXEC);

	size = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (size < 0)
		fail("%s: %s", CONFIG_FILE, strerror(errno));
	close(fd);
	config->envs = envs;
	for (s = text; s < text + size; s += strlen(s) + 1) {
		if (args == MAX_STRINGS || mounts == MAX_STRINGS ||
		    groups == MAX_STRINGS || nenvs == MAX_STRINGS)
			fail("more than %d arguments", MAX_STRINGS);
		switch (s[0]) {
		case 'a':
			config->args[args++] = s + 1;
			break;
		case 'd':
			config->dir = s + 1;
			break;
		case 'e':
			envs[nenvs++] = s + 1;
			break;
		case 'g':
			config->groups[groups++] = s + 1;
			break;
		case 'k':
			config->module = s + 1;
			break;
		case 'm':
			config->mounts[mounts++] = s + 1;
			break;
		case 'n':
			config->net = true;
			break;
		case 't':
			config->tty = true;
			sscanf(s + 1, "%hu %hu", &config->rows,
			       &config->columns);
			break;
		}
	}
}

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd >= 0) {
		(void)!write(fd, text, strlen(text));
		close(fd);
	}
}

/*
 * cache=mmap caches reads. Since Linux 6.4 it also delays writes, and the modes
 * that do not delay them are ten times slower there. So keep the delay short,
 * for users who watch a file grow on the host.
 */
static void mount_shares(const struct config *config)
{
	const char *data =
		"trans=virtio,version=9p2000.L,msize=512000,access=any,cache=mmap";
	char tag[16];
	unsigned int i;

	write_file("/proc/sys/vm/dirty_expire_centisecs", "10");
	write_file("/proc/sys/vm/dirty_writeback_centisecs", "10");
	for (i = 0; config->mounts[i]; i++) {
		make_dirs(config->mounts[i]);
		snprintf(tag, sizeof(tag), "s%u", i);
		if (mount(tag, config->mounts[i], "9p", 0, data) < 0)
			fail("cannot mount the host's %s: %s%s",
			     config->mounts[i], strerror(errno),
			     errno == ENODEV
				     ? ": this kernel has no 9p and 9pnet_virtio, built in or in modules beside it"
				     : "");
	}
}

static void run_quietly(const char *command)
{
	pid_t pid = fork();

	if (!pid) {
		execl("/bin/busybox", "sh", "-c", command, NULL);
		_exit(127);
	}
	waitpid(pid, NULL, 0);
}

/* Only busybox itself knows which applets it has. */
static void link_applets(void)
{
	pid_t pid = fork();

	if (!pid) {
		execl("/bin/busybox", "busybox", "--install", "-s", "/bin",
		      NULL);
		_exit(127);
	}
	waitpid(pid, NULL, 0);
}

static void start_network(bool net)
{
	struct ifreq ifr = { .ifr_flags = IFF_UP | IFF_RUNNING };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	strcpy(ifr.ifr_name, "lo");
	if (fd >= 0) {
		ioctl(fd, SIOCSIFFLAGS, &ifr);
		close(fd);
	}
	sethostname("lab", 3);
	/* QEMU's user-mode network always has these addresses. */
	if (net)
		run_quietly(
			"cd /sys/class/net; for i in *; do "
			"[ $i = lo ] || break; done; "
			"ip link set $i up; ip addr add 10.0.2.15/24 dev $i; "
			"ip route add default via 10.0.2.2; "
			"echo nameserver 10.0.2.3 >/etc/resolv.conf");
}

/* When the shares are unmounted, all writes have reached the host. */
static void unmount_shares(const struct config *config)
{
	unsigned int i, n = 0;

	while (config->mounts[n])
		n++;
	chdir("/");
	for (i = n; i-- > 0;) {
		if (umount(config->mounts[i]) < 0)
			umount2(config->mounts[i], MNT_DETACH);
	}
	sync();
}

int main(void)
{
	static struct config config;
	unsigned int i, status;

	umask(022);
	signal(SIGPIPE, SIG_IGN);
	mount_system();
	link_applets();
	load_group("core");
	open_control();
	read_config(&config);
	environ = config.envs;
	for (i = 0; config.groups[i]; i++)
		load_group(config.groups[i]);
	if (config.module)
		load_module_or_fail(config.module);
	mount_shares(&config);
	start_network(config.net);
	status = relay_command(&config);
	kill(-1, SIGKILL);
	unmount_shares(&config);
	send_frame(WIRE_EXIT, &status, sizeof(status));
	for (;;)
		pause();
}
