/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * introspect.h - Linux, read from guest memory alone
 *
 * Purpose
 *	Finds an arm64 Linux kernel in guest RAM (KASLR on, no vmlinux, no
 *	guest configuration), reads its kallsyms, BTF and module list, builds
 *	ELF symbol files for gdb, and knows where a crash passes by.
 *
 * Ownership and locking
 *	A struct introspect belongs to its creator and borrows the guest. One
 *	thread. Strings and files it hands out live until introspect_destroy()
 *	or, for modules, until the next introspect_modules_refresh().
 *	Everything is found lazily, once, and kept.
 *
 * Strings
 *	Names and messages are the guest's, but of printable ASCII only: each
 *	other byte is '?' (trapline/text.h). A release is fit for a path.
 *
 * Errors
 *	0 or a negative errno: -ENOENT (no kernel, no such symbol; for a live
 *	guest: not yet), -EFAULT (guest memory does not hold what a pointer
 *	says), -EBADMSG (a table that contradicts itself: a hostile or
 *	corrupted guest), -E2BIG (more modules' symbols than anybody has),
 *	-ENOMEM.
 */
#ifndef TRAPLINE_INTROSPECT_H
#define TRAPLINE_INTROSPECT_H

#include <stdio.h>
#include <trapline/guest.h>

/*
 * Stage-1 translation, as the hardware walker does it, of any struct guest:
 * only read_phys through guest RAM is needed. Source: Arm ARM "The AArch64
 * Virtual Memory System Architecture", "Translation table walks".
 */
struct stage1_regs {
	uint64_t sctlr; /* SCTLR_EL1.M clear: VA = IPA */
	uint64_t tcr;
	uint64_t ttbr0;
	uint64_t ttbr1;
};

struct stage1_mapping {
	ipa_t ipa; /* of the byte asked for */
	/*
	 * Bytes mapped by the same descriptor, a power of 2, naturally
	 * aligned; 1 GiB with the MMU off.
	 */
	uint64_t size;
	uint64_t desc; /* the leaf descriptor; 0 with the MMU off */
	bool writable; /* by EL1; a clean page that DBM makes so included */
	bool el0; /* EL0 may access it */
	bool exec_el1; /* EL1 may execute it */
	unsigned int level; /* -1..3, as unsigned; 3 = page */
};

/* 0, -EFAULT (no valid descriptor), -EINVAL (reserved TCR encodings). */
int stage1_walk(const struct guest *g, const struct stage1_regs *regs, va_t va,
		struct stage1_mapping *ret);

/*
 * Is any page of [ipa, ipa + size) a table that a walk by regs reads? *ret is
 * the first one found. Gives up, with false, on tables without end.
 */
bool stage1_table_in(const struct guest *g, const struct stage1_regs *regs,
		     ipa_t ipa, uint64_t size, ipa_t *ret);

/*
 * The lowest address of the upper half at which these tables let EL1 execute a
 * byte of [ipa, ipa + size): *ret, the address of the first such byte there.
 * false: none, the MMU is off, or the tables have no end.
 */
bool stage1_exec_find(const struct guest *g, const struct stage1_regs *regs,
		      ipa_t ipa, uint64_t size, va_t *ret);

struct introspect;

int introspect_create(struct guest *g, struct introspect **ret);
void introspect_destroy(struct introspect *in);

/*
 * Find the kernel: an arm64 Image header at a 64 KiB boundary of RAM, then
 * kallsyms behind it. Cheap to repeat until it succeeds. Works before the
 * guest has run its first instruction; addresses are link-time ones until the
 * kernel has relocated itself (introspect_text_va).
 */
int introspect_find_kernel(struct introspect *in);
/* As above, starting with one place, where the loader put the kernel. */
int introspect_find_kernel_at(struct introspect *in, ipa_t text);

/*
 * Does a vCPU execute at kernel addresses, or a process: is some kernel's MMU
 * on? Of a stopped guest; false for one that runs.
 */
bool introspect_kernel_runs(struct introspect *in);
/*
 * Is there a Linux that is not understood, or not all of it? One line to text
 * then (without a newline; 256 bytes are enough): version, place, which tables,
 * and what is not to be had without them. Call it after
 * introspect_find_kernel(). What depends on page tables is missed only once
 * the kernel runs.
 */
bool introspect_not_understood(struct introspect *in, char *text, size_t size);

/* "Linux version ..." */
const char *introspect_banner(const struct introspect *in);
/* uname -r, from the banner: "6.12.38+deb13-cloud-arm64". */
const char *introspect_release(const struct introspect *in);
/* GNU build-id of the kernel; returns its length, 0 when there is none. */
size_t introspect_build_id(const struct introspect *in, const uint8_t **ret);
unsigned int introspect_nr_symbols(const struct introspect *in);

/* Where the Image begins in RAM, and its size there (image_size). */
ipa_t introspect_text_ipa(const struct introspect *in);
uint64_t introspect_image_size(const struct introspect *in);
/*
 * Run-time VA of _text: -ENOENT before the kernel has relocated itself.
 * Looks again each time until it is known.
 */
int introspect_text_va(struct introspect *in, va_t *ret);
/* Forget what a reset of the guest makes stale. */
void introspect_reset(struct introspect *in);

/*
 * A vCPU's stage-1 registers for kernel addresses: its own, or, when it
 * stands at EL0 behind KPTI's trampoline, with TTBR1 replaced by
 * swapper_pg_dir. Registers are read by guest_ops.sysreg_get.
 */
int introspect_stage1_regs(struct introspect *in, unsigned int vcpu,
			   struct stage1_regs *ret);

/*
 * Symbols: kallsyms of the kernel, then of each module.
 * by_name: run-time VA (-ENOENT before relocation is known).
 * ipa_by_name: where the symbol stands in RAM: kernel image only, valid
 * before relocation, too.
 * by_address: the symbol at or below va; module is "" for the kernel. In a
 * module whose symbols cannot be read name is "", va and size are the text's.
 */
struct introspect_symbol {
	const char *name;
	const char *module;
	va_t va;
	uint64_t size; /* up to the next symbol */
};

int introspect_symbol_by_name(struct introspect *in, const char *name,
			      va_t *ret);
int introspect_symbol_ipa(struct introspect *in, const char *name, ipa_t *ret);
int introspect_symbol_by_address(struct introspect *in, va_t va,
				 struct introspect_symbol *ret);

/*
 * ELF symbol file of the kernel (ET_DYN, one PT_LOAD at the run-time
 * address, .symtab, build-id note) for gdb's exec-file. Built at the first
 * call; -ENOENT before relocation is known.
 */
int introspect_symbol_file(struct introspect *in, const uint8_t **data,
			   size_t *size);

/* Modules, newest first, as the guest's list has them. */
struct introspect_section {
	const char *name;
	va_t va;
};

struct introspect_module {
	const char *name;
	va_t text; /* base of the text part */
	uint64_t size; /* of the text part */
	/*
	 * What its symbol file's one PT_LOAD covers: the text, and the init
	 * text while there is one. To gdb: <segment address="load"/>.
	 */
	va_t load;
	uint64_t load_size;
	const struct introspect_section *sections; /* by sect_attrs */
	unsigned int nr_sections;
	const uint8_t *build_id;
	size_t build_id_size;
};

/*
 * Read the list again; returns how many, or a negative errno. On an error
 * the modules up to there are kept (a running guest may change the list).
 */
int introspect_modules_refresh(struct introspect *in);
const struct introspect_module *introspect_module(struct introspect *in,
						  unsigned int index);
/*
 * ELF symbol file of one module, from its own kallsyms in guest memory. The
 * caller frees *data. Its size is bounded: symbols that do not fit are left
 * out. -E2BIG: this module and those before it in the list have more than a
 * million symbols.
 */
int introspect_module_symbol_file(struct introspect *in, unsigned int index,
				  uint8_t **data, size_t *size);

/*
 * What runs on a stopped vCPU: "swapper/0" pid 0. Through SP_EL0 at EL1, the
 * per-CPU __entry_task at EL0. Needs BTF.
 */
int introspect_current(struct introspect *in, unsigned int vcpu, char *comm,
		       size_t size, int *pid);

/*
 * The user address space of that task, for TTBR0: while the kernel runs it may
 * not be in there. -ENOENT: a kernel thread, or no BTF.
 */
int introspect_user_table(struct introspect *in, unsigned int vcpu, ipa_t *ret);

/*
 * The same for a vCPU that is not stopped, on its own thread: what has to be
 * known of the kernel is looked up once (as introspect_current(), -ENOENT or
 * -EFAULT), and then asked with the vCPU's registers. comm is "" and *pid
 * untouched on errors.
 */
struct introspect_tasks {
	struct stage1_regs regs;
	uint32_t at_comm, at_pid;
	va_t entry_task; /* of CPU 0's copy; 0: not known */
};

int introspect_tasks(struct introspect *in, struct introspect_tasks *ret);
int introspect_task_by(const struct guest *g,
		       const struct introspect_tasks *tasks, uint64_t pstate,
		       uint64_t sp_el0, uint64_t tpidr_el1, char *comm,
		       size_t size, int *pid);

/*
 * Crash catch points: kernel functions every oops or panic passes through,
 * and where their arguments hold the faulting context.
 */
enum introspect_crash {
	INTROSPECT_OOPS = 1,
	INTROSPECT_PANIC = 2,
};

struct introspect_catch {
	const char *function;
	enum introspect_crash kind;
	ipa_t ipa; /* behind the patchable entry: arguments still intact */
	int regs_arg; /* argument that is a struct pt_regs *, or -1 */
	int message_arg; /* argument that is a const char *, or -1 */
};

/* Fill up to max entries; returns how many (-ENOENT: no kernel yet). */
int introspect_catches(struct introspect *in, struct introspect_catch *ret,
		       unsigned int max);
/*
 * The faulting context of vcpu stopped at one of them: the struct pt_regs it
 * points to, or, where there is none, the caller's frame (PC on the call).
 * text gets one line: "Oops: Internal error: ... at crash_null_probe+0x18
 * [crash_null]".
 */
int introspect_fault_context(struct introspect *in, unsigned int vcpu,
			     const struct introspect_catch *at,
			     struct guest_regs *ret, char *text, size_t size);

#endif
