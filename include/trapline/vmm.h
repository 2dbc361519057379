/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vmm.h - a live guest on the KVM UAPI
 *
 * Purpose
 *	"trapline run" on an arm64 machine: builds the VM that struct
 *	vm_config describes, runs it, and serves debugger, console and signals
 *	until it ends.
 *
 * Threads
 *	control thread	the caller of vmm_run(): poll(2) over signals, the
 *			stop descriptor and the stub. Owns struct guest,
 *			gdbstub and introspect.
 *	vCPU threads	one per vCPU, in KVM_RUN. They use struct guest, gdbstub
 *			and introspect only with the control lock held, to
 *			answer a debugger at a stop.
 *	device thread	poll over the devices' descriptors (ioloop).
 * vmm/vm.h defines the lock order.
 */
#ifndef TRAPLINE_VMM_H
#define TRAPLINE_VMM_H

#include <trapline/types.h>

#define VMM_MAX_DISKS    8
#define VMM_MAX_NETS     4
#define VMM_MAX_FORWARDS 16

enum vmm_catch {
	VMM_CATCH_OOPS = 1,
	VMM_CATCH_PANIC = 2,
};

/*
 * Before the guest runs, the process gives up all rights that the guest does
 * not need: the sandbox. A kernel may lack a part of the sandbox.
 */
enum vmm_sandbox {
	VMM_SANDBOX_TRY, /* if a part is missing, print a line and run */
	VMM_SANDBOX_REQUIRED, /* if a part is missing, fail */
	VMM_SANDBOX_OFF,
};

struct vmm_disk {
	const char *path;
	bool read_only;
};

struct vmm_forward {
	bool udp;
	bool any; /* listen on every address, not on 127.0.0.1 alone */
	uint16_t host_port;
	uint16_t guest_port;
};

struct vmm_net {
	const char *tap; /* name of a tap device; NULL: user network */
	/* The guest reaches this host's 127.0.0.1 as 10.0.2.2. */
	bool host_loopback;
	struct vmm_forward forward[VMM_MAX_FORWARDS];
	unsigned int nr_forwards;
};

enum vmm_event {
	VMM_OOPS,
	VMM_HANG, /* needs watchdog */
	VMM_NR_EVENTS,
};

/* The files to write when an event happens for the first time. */
struct vmm_files {
	/* A dump, dump_name in the folder dump_dir; NULL: none. */
	const char *dump_dir;
	const char *dump_name;
	/*
	 * The folder for a report and a dump; NULL: none. After they are
	 * written, the guest ends, unless a debugger is connected.
	 */
	const char *report_dir;
};

/* What an access to an address without RAM or device does. */
enum vmm_unassigned {
	VMM_UNASSIGNED_STOP, /* stops the guest; if it continues, aborts */
	VMM_UNASSIGNED_ABORT, /* gives the guest an external abort */
};

/* Filled by cli/run.c; strings are borrowed from argv. */
struct vm_config {
	const char *accel; /* "auto", "kvm", "trapline" or a device path */
	const char *kernel;
	const char *initrd; /* NULL: none */
	const char *dtb; /* NULL: generated */
	const char *append; /* kernel command line; NULL: default */
	unsigned int cpus;
	uint64_t memory; /* bytes */
	uint64_t load_address; /* of a flat binary; 0: it must be a kernel */
	struct vmm_disk disk[VMM_MAX_DISKS];
	unsigned int nr_disks;
	struct vmm_net net[VMM_MAX_NETS];
	unsigned int nr_nets;
	const char *gdb; /* gdbstub_create() spec; NULL: no stub */
	/* The gdb command that connects; NULL: gdbstub_target(). */
	const char *gdb_target;
	const char *modules; /* folder of .ko files for gdb, or NULL */
	/* Monitor commands write files below this folder; NULL: not at all. */
	const char *save_dir;
	struct vmm_files files[VMM_NR_EVENTS];
	bool compress; /* dumps are kdump-compressed */
	unsigned int catches; /* enum vmm_catch */
	enum vmm_unassigned unassigned;
	/* Seconds without progress after which the guest stops; 0: never. */
	unsigned int watchdog;
	bool wait; /* stop before the first instruction */
	unsigned int flight; /* records per vCPU, a power of two; 0: none */
	bool lpa2, pauth; /* give the guest 52-bit VAs, PAuth */
	enum vmm_sandbox sandbox;
};

/*
 * Returns the exit status for main(): 0: the guest powered off; 1: failure,
 * after a report(); 3: the guest ended while stopped at a crash or a hang; 130:
 * Ctrl-C; 143: SIGTERM.
 */
int vmm_run(const struct vm_config *config);

/*
 * Check that the files that config names exist and have the right format. Works
 * on any machine, without KVM. Returns 0, or a negative errno after a report().
 * Disks stay open and locked until the process ends, so do not call
 * this function before vmm_run() in the same process.
 */
int vmm_check(const struct vm_config *config);

#endif
