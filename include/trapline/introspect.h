/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * introspect.h - read a Linux guest from its memory alone
 *
 * Purpose
 *	Finds an arm64 Linux kernel in guest RAM (KASLR on, no vmlinux, no
 *	guest configuration), reads its kallsyms, BTF and module list, builds
 *	ELF symbol files for gdb, and knows the functions that every kernel
 *	crash calls.
 *
 * Ownership and locking
 *	A struct introspect belongs to its creator and borrows the guest. Only
 *	one thread may use it. The strings and files that it hands out stay
 *	valid until introspect_destroy() or, for modules, until the next
 *	introspect_modules_refresh(). Each piece of information is looked up
 *	when it is first needed, and kept.
 *
 * Strings
 *	Names and messages come from the guest and contain printable ASCII
 *	only: each other byte is replaced by '?' (trapline/text.h). A release
 *	is safe as part of a path.
 *
 * Errors
 *	0 or a negative errno: -ENOENT (no kernel, no such symbol; for a live
 *	guest: not yet), -EFAULT (a pointer leads to memory that the guest does
 *	not have), -EBADMSG (a table contradicts itself: a hostile or corrupted
 *	guest), -E2BIG (the modules have more symbols than any real system),
 *	-ENOMEM.
 */
#ifndef TRAPLINE_INTROSPECT_H
#define TRAPLINE_INTROSPECT_H

#include <stdio.h>
#include <trapline/guest.h>
#include <trapline/stage1.h>

struct introspect;

int introspect_create(struct guest *g, struct introspect **ret);
void introspect_destroy(struct introspect *in);

/*
 * Find the kernel: an arm64 Image header at a 64 KiB boundary of RAM, with
 * kallsyms in the Image. The call is cheap to repeat until it succeeds. It
 * works before the guest has executed its first instruction. Run-time addresses
 * are known only once the kernel has relocated itself (introspect_text_va).
 */
int introspect_find_kernel(struct introspect *in);
/* The same, but look first at text, where the loader put the kernel. */
int introspect_find_kernel_at(struct introspect *in, ipa_t text);

/*
 * Has a kernel switched on the MMU? True if a vCPU executes at kernel addresses
 * or at EL0 with the MMU on. The guest must be stopped; false if it runs.
 */
bool introspect_kernel_runs(struct introspect *in);
/*
 * Is there a Linux kernel with tables that introspection does not understand?
 * If so, text gets one line, without a newline: the version, the place, the
 * tables, and the features that do not work without them. 256 bytes are enough.
 * Call this function after introspect_find_kernel(). As long as the kernel does
 * not run yet, the missing page tables are not reported.
 */
bool introspect_not_understood(struct introspect *in, char *text, size_t size);

/* "Linux version ..." */
const char *introspect_banner(const struct introspect *in);
/* uname -r, from the banner: "6.12.38+deb13-cloud-arm64". */
const char *introspect_release(const struct introspect *in);
/* GNU build-id of the kernel. Returns its length, 0 if there is none. */
size_t introspect_build_id(const struct introspect *in, const uint8_t **ret);
unsigned int introspect_nr_symbols(const struct introspect *in);

/* The IPA at which the Image begins, and its size in RAM (image_size). */
ipa_t introspect_text_ipa(const struct introspect *in);
uint64_t introspect_image_size(const struct introspect *in);
/*
 * The run-time VA of _text. -ENOENT before the kernel has relocated itself;
 * until then each call looks again.
 */
int introspect_text_va(struct introspect *in, va_t *ret);
/* Forget all that a reset of the guest makes stale. */
void introspect_reset(struct introspect *in);

/*
 * Get a vCPU's stage-1 registers for kernel addresses. These are normally the
 * vCPU's own. If TTBR1 is that of KPTI's trampoline (EL0), it is replaced by
 * swapper_pg_dir. A vCPU that is powered off has no tables: the registers are
 * then those of the vCPU that stopped last, or of any vCPU that is online. The
 * function reads registers with guest_ops.sysreg_get.
 */
int introspect_stage1_regs(struct introspect *in, unsigned int vcpu,
			   struct stage1_regs *ret);

/*
 * VMCOREINFO, the text that crash and drgn read first. It is the kernel's own
 * text if the kernel has published one. Otherwise it is made
 * (introspect_vmcoreinfo_made()). The caller frees *ret, a string.
 * -ENOENT: no kernel, or it has not relocated itself.
 */
int introspect_vmcoreinfo(struct introspect *in, char **ret);
/*
 * The keys and values of the kernel's own text, from kallsyms, BTF and the page
 * tables. A value that is not known is left out.
 */
int introspect_vmcoreinfo_made(struct introspect *in, char **ret);
/*
 * Like introspect_vmcoreinfo(), but only the text that the kernel has
 * published. The function works even if the kernel's run-time address is not
 * known (introspect_text_va()). The text may then be from the previous boot.
 * -ENOENT: there is none.
 */
int introspect_vmcoreinfo_published(struct introspect *in, char **ret);
/*
 * introspect_find_kernel() for a dump. A Linux that has booted frees the pages
 * before _stext, which contain the Image's header. So this function takes the
 * place of the kernel from VMCOREINFO in RAM. It searches all RAM: do not use
 * it for a live guest, which may not have a kernel yet. -ENOENT: no kernel;
 * -ENOMEM.
 */
int introspect_find_kernel_by_info(struct introspect *in);

/*
 * The memory to which the kernel's addresses translate: the tables of TTBR1 as
 * spans, adjacent spans joined, in ascending order. The linear map comes first.
 * The caller frees *ret. At most INTROSPECT_MAX_SPANS; the rest is left out.
 * -ENOENT: no tables are known.
 */
struct introspect_span {
	va_t va;
	ipa_t ipa;
	uint64_t size;
};

#define INTROSPECT_MAX_SPANS 16384

int introspect_kernel_map(struct introspect *in, struct introspect_span **ret,
			  unsigned int *ret_nr);

/*
 * Symbols: from kallsyms of the kernel, then from that of each module.
 *
 * introspect_symbol_by_name() gives the run-time VA; -ENOENT while the run-time
 * address of the kernel is not known.
 *
 * introspect_symbol_ipa() gives the symbol's place in RAM. It knows symbols of
 * the kernel image only, and works before the kernel has relocated itself.
 *
 * introspect_symbol_by_address() gives the symbol at or below va. module is ""
 * for the kernel. For a module whose symbols cannot be read, name is "", and va
 * and size are those of the module's text.
 */
struct introspect_symbol {
	const char *name;
	const char *module;
	va_t va;
	uint64_t size; /* at most up to the next symbol */
	uint64_t room; /* up to the next symbol: the size that %pS prints */
};

int introspect_symbol_by_name(struct introspect *in, const char *name,
			      va_t *ret);
int introspect_symbol_ipa(struct introspect *in, const char *name, ipa_t *ret);
int introspect_symbol_by_address(struct introspect *in, va_t va,
				 struct introspect_symbol *ret);
/*
 * Find the symbol, of text or of data, that begins at va. Only this function
 * finds data of a module; the size of such a symbol is 0.
 */
int introspect_symbol_exact(struct introspect *in, va_t va,
			    struct introspect_symbol *ret);

/*
 * The ELF symbol file of the kernel (ET_DYN, one PT_LOAD at the run-time
 * address, .symtab, build-id note) for gdb's exec-file. If the kernel has BTF,
 * the file has its types, the prototypes of functions, and variables with types
 * as DWARF. The first call builds the file. -ENOENT while the run-time address
 * is not known.
 */
int introspect_symbol_file(struct introspect *in, const uint8_t **data,
			   size_t *size);

/* Modules in the order of the guest's list: newest first. */
struct introspect_section {
	const char *name;
	va_t va;
};

struct introspect_module {
	const char *name;
	va_t va; /* struct module */
	va_t text; /* base of the text part */
	uint64_t size; /* of the text part */
	/*
	 * The addresses that the one PT_LOAD of the symbol file covers: the
	 * text, and the init text as long as the module has one. gdb gets
	 * load as <segment address="..."/>.
	 */
	va_t load;
	uint64_t load_size;
	bool has_init; /* its init text is not freed yet */
	/* From sect_attrs. Those of init stay in the list when they are freed. */
	const struct introspect_section *sections;
	unsigned int nr_sections;
	const uint8_t *build_id;
	size_t build_id_size;
};

/*
 * Read the list again. Returns the number of modules or a negative errno. On an
 * error the modules read so far are kept: a running guest may change the list.
 */
int introspect_modules_refresh(struct introspect *in);
const struct introspect_module *introspect_module(struct introspect *in,
						  unsigned int index);
/*
 * The ELF symbol file of one module, from the module's own kallsyms and BTF in
 * guest memory. The caller frees *data. The size of the file is bounded: symbols that
 * do not fit are left out. -E2BIG: this module and the modules before it in the
 * list together have more than a million symbols.
 */
int introspect_module_symbol_file(struct introspect *in, unsigned int index,
				  uint8_t **data, size_t *size);

/*
 * The task on a stopped vCPU, for instance "swapper/0", pid 0. At EL1 SP_EL0
 * points to the task, at EL0 the per-CPU __entry_task does. Needs BTF.
 */
int introspect_current(struct introspect *in, unsigned int vcpu, char *comm,
		       size_t size, int *pid);

/*
 * The top-level table of the user address space of the task on a vCPU, for
 * TTBR0. While the vCPU executes in the kernel, its TTBR0 may hold another
 * table. -ENOENT: the task is a kernel thread, or there is no BTF.
 * introspect_task_user_table() does the same for any task.
 */
int introspect_user_table(struct introspect *in, unsigned int vcpu, ipa_t *ret);
int introspect_task_user_table(struct introspect *in, va_t task, ipa_t *ret);

/* The address of the struct task_struct of the task on a vCPU. */
int introspect_current_task(struct introspect *in, unsigned int vcpu,
			    va_t *ret);

/*
 * The task on a vCPU that is not stopped. The vCPU's own thread calls
 * introspect_task_by(). Before that, introspect_tasks() looks up once the facts
 * of the kernel that are needed. Its errors are those of introspect_current().
 * introspect_task_by() takes the vCPU's registers; its error is -EFAULT, and
 * then comm is "" and *pid is unchanged.
 */
struct introspect_tasks {
	struct stage1_regs regs;
	uint32_t at_comm, at_pid;
	va_t entry_task; /* VA of the symbol, without per-CPU offset; 0: none */
};

int introspect_tasks(struct introspect *in, struct introspect_tasks *ret);
int introspect_task_by(const struct guest *g,
		       const struct introspect_tasks *tasks, uint64_t pstate,
		       uint64_t sp_el0, uint64_t tpidr_el1, char *comm,
		       size_t size, int *pid);

/*
 * Kernel memory, through the tables of a vCPU. introspect_read() returns 0 if
 * all bytes were read, else -EFAULT or -ENOENT (no tables known yet).
 */
int introspect_read(struct introspect *in, va_t va, void *buf, size_t len);
/*
 * Allow this number of reads of kernel memory, by all functions here together;
 * after these, each read returns -EFAULT. 0: no limit. This bounds the time
 * that the lists and trees of a hostile guest can take.
 */
void introspect_limit_reads(struct introspect *in, uint64_t nr);
/* The limit, if a read has failed because of it; otherwise 0. */
uint64_t introspect_limit_reached(const struct introspect *in);

/*
 * Objects and their types, from the BTF of the kernel.
 *
 * A path names a member: "comm", "se.load.weight", "cpus[1].x". It continues
 * through pointers ("mm.pgd", "mm->pgd") and into anonymous structures. The
 * empty path is the object itself. type is the name of a structure, union,
 * enumeration, typedef or basic type, also with the word "struct" before it.
 *
 * -ENOENT: no BTF, no such type or no such member; -EINVAL: a wrong path, or
 * the object is no number; -ERANGE: there is no such element of an array;
 * -E2BIG: the object is too large to be printed.
 */
struct introspect_object {
	va_t va;
	uint64_t size; /* in bytes, with all bytes of a bit-field */
	uint32_t type; /* for the functions here */
	uint32_t bit, bits; /* of a bit-field; bits 0: none */
};

int introspect_object(struct introspect *in, const char *type, va_t va,
		      const char *path, struct introspect_object *ret);
/* Replace *o by the member that path names. */
int introspect_object_member(struct introspect *in, const char *path,
			     struct introspect_object *o);
/* The value of a number, enumeration or pointer, extended to 64 bits. */
int introspect_object_number(struct introspect *in,
			     const struct introspect_object *o, uint64_t *ret);
/* The same for the member of an object at va. */
int introspect_get(struct introspect *in, const char *type, va_t va,
		   const char *path, uint64_t *ret);
/*
 * Print the value in the syntax of C, or as JSON, without a newline at the end.
 * Members that are 0 are left out.
 */
int introspect_object_print(struct introspect *in,
			    const struct introspect_object *o, bool json,
			    FILE *out);
/* Offset of a member from the start of struct type, in bytes. */
int introspect_offset(struct introspect *in, const char *type, const char *path,
		      uint32_t *ret);

/*
 * Types, to follow a pointer through the code of a function. They come from the
 * BTF of the kernel or of a module. -ENOENT: BTF does not have the answer. A
 * type is valid until the next introspect_modules_refresh().
 */
struct introspect_type {
	const void *btf;
	uint32_t id;
};

/*
 * The prototype of a function of the module; module "" is the kernel. -ENOENT
 * also if two functions have this name, and their prototypes differ.
 */
int introspect_function(struct introspect *in, const char *name,
			const char *module, struct introspect_type *ret);
/* The parameter whose value is in register index at the function's entry. */
int introspect_parameter(const struct introspect_type *function,
			 unsigned int index, char *name, size_t size,
			 struct introspect_type *ret);
/* The type of the value in X0 after a call. */
int introspect_returned(const struct introspect_type *function,
			struct introspect_type *ret);
/* A type of the kernel, as introspect_object() takes it. */
int introspect_type_find(struct introspect *in, const char *name,
			 struct introspect_type *ret);
/* The type that a pointer points to. -ENOENT: the type is no pointer. */
int introspect_pointed(const struct introspect_type *type,
		       struct introspect_type *ret);
/* Write the type in C, like "struct page *"; "?" if it has no name. */
void introspect_type_text(const struct introspect_type *type, char *buf,
			  size_t size);
/*
 * The member of a structure that begins at offset and has size bytes, like
 * "dev.platform_data". -ENOENT also if several members of a union fit.
 */
int introspect_member_at(const struct introspect_type *type, uint64_t offset,
			 uint64_t size, char *path, size_t path_size,
			 struct introspect_type *ret);

/*
 * Per-CPU variables, from BTF. introspect_percpu() gives the object of one CPU,
 * introspect_percpu_number() the number in the member path of it, like "curr".
 * introspect_nr_cpus() gives the number of possible CPUs, nr_cpu_ids. -ENOENT:
 * no such variable, or the place of these variables is not known; -ERANGE: no
 * such CPU.
 */
unsigned int introspect_nr_cpus(struct introspect *in);
int introspect_percpu(struct introspect *in, const char *name, unsigned int cpu,
		      struct introspect_object *ret);
int introspect_percpu_number(struct introspect *in, const char *name,
			     unsigned int cpu, const char *path, uint64_t *ret);
/* The address of this CPU's copy of the per-CPU memory that pointer names. */
int introspect_percpu_pointer(struct introspect *in, va_t pointer,
			      unsigned int cpu, va_t *ret);
/* The per-CPU variable that contains va. */
struct introspect_percpu_place {
	char name[64];
	unsigned int cpu;
	uint64_t offset; /* of va in the variable */
};

int introspect_percpu_find(struct introspect *in, va_t va,
			   struct introspect_percpu_place *ret);

/*
 * Pages and their struct page. -ENOENT: the array of struct page is not found;
 * -EFAULT: the address is not mapped, or is no RAM of the kernel; -EBADMSG: the
 * head of a compound page is in a wrong place.
 */
struct introspect_page {
	va_t va; /* struct page */
	ipa_t ipa; /* of the page */
	va_t head; /* struct page of the compound page's head, or va */
	ipa_t head_ipa;
	uint64_t flags, refs; /* of the head */
	uint32_t type; /* page_type */
	bool slab, buddy;
};

uint64_t introspect_page_size(struct introspect *in);
int introspect_page_at(struct introspect *in, ipa_t ipa,
		       struct introspect_page *ret);
/* The page at an address of the kernel. */
int introspect_page_of(struct introspect *in, va_t va,
		       struct introspect_page *ret);

/*
 * Slabs. introspect_cache_each() calls see() for each cache, as long as see()
 * returns true. introspect_slab_object() finds the object that contains an
 * address, and its cache. -ENOENT: the address is in no slab, or BTF lacks a
 * name; -ELOOP: a list is damaged.
 */
struct introspect_cache {
	va_t va; /* struct kmem_cache */
	char name[64];
	uint64_t size, object_size, flags;
	uint64_t slabs, objects; /* all, as the kernel counts them */
};

int introspect_cache_read(struct introspect *in, va_t cache,
			  struct introspect_cache *ret);
int introspect_cache_each(struct introspect *in,
			  bool (*see)(void *opaque,
				      const struct introspect_cache *cache),
			  void *opaque);

enum introspect_slab_state {
	INTROSPECT_SLAB_ALLOCATED,
	INTROSPECT_SLAB_FREE, /* in the slab's list */
	INTROSPECT_SLAB_CPU, /* free, in the list or array of a CPU */
	INTROSPECT_SLAB_BARN, /* free, in an array of a node */
	INTROSPECT_SLAB_UNKNOWN, /* a list of free objects is damaged */
};

struct introspect_track {
	va_t caller; /* 0: not recorded */
	va_t handle; /* address of the handle of its stack; 0: none */
	int pid;
	unsigned int cpu;
	uint64_t jiffies;
};

struct introspect_slab_object {
	struct introspect_cache cache;
	va_t slab; /* struct slab */
	va_t start; /* of the slab's memory */
	unsigned int nr, inuse; /* objects of the slab */
	unsigned int index; /* of the object */
	va_t object;
	/* of the address in the object; negative: in the red zone before */
	int64_t offset;
	enum introspect_slab_state state;
	unsigned int cpu; /* for INTROSPECT_SLAB_CPU */
	struct introspect_track allocated, freed; /* SLAB_STORE_USER */
};

int introspect_slab_object(struct introspect *in, va_t va,
			   struct introspect_slab_object *ret);
/*
 * The stack of the call that a track records, beginning with the allocator:
 * return addresses, at most max. Returns their number; 0: the kernel has not
 * stored the stack, or it is not found.
 */
unsigned int introspect_track_stack(struct introspect *in,
				    const struct introspect_track *track,
				    va_t *ret, unsigned int max);
/* The state of another object of the same slab. */
enum introspect_slab_state
introspect_slab_state(struct introspect *in,
		      const struct introspect_slab_object *o,
		      unsigned int index);

/*
 * introspect_vm_stat() counts pages: name is "total", or an enumerator of
 * zone_stat_item or node_stat_item, like "NR_FREE_PAGES". introspect_vm_event()
 * counts events of all CPUs: name is an enumerator of vm_event_item, like
 * "OOM_KILL".
 */
int introspect_vm_stat(struct introspect *in, const char *name, uint64_t *ret);
int introspect_vm_event(struct introspect *in, const char *name, uint64_t *ret);

struct introspect_zone {
	va_t va; /* struct zone */
	char name[16];
	uint64_t start; /* page frame number */
	uint64_t managed, present, free, min, low, high; /* pages */
};

int introspect_zone_each(struct introspect *in,
			 void (*see)(void *opaque, unsigned int node,
				     const struct introspect_zone *zone),
			 void *opaque);

/*
 * The value of an enumerator, and the enumerator of a value ("" if there is
 * none). -ENOENT: the enumeration has no such enumerator, or does not exist.
 */
int introspect_enum_value(struct introspect *in, const char *enumeration,
			  const char *name, uint64_t *ret);
void introspect_enum_name(struct introspect *in, const char *enumeration,
			  uint64_t value, char *buf, size_t size);

/*
 * Walk a list of the kernel: a list_head, or another list whose nodes begin
 * with the pointer to the next one. The list may be damaged.
 * introspect_list_next() returns 1 and the address of a node, 0 at the end,
 * -EFAULT if a node cannot be read, or -ELOOP if the list does not come back to
 * its head.
 */
struct introspect_list {
	va_t head;
	va_t at, mark; /* private, from here on */
	unsigned int nr, limit;
};

void introspect_list_init(struct introspect_list *l, va_t head);
int introspect_list_next(struct introspect *in, struct introspect_list *l,
			 va_t *ret);

/*
 * Tasks. introspect_task_list() reads all tasks; the caller frees *ret. After
 * an error, *ret has the tasks that were read before it. -ELOOP: a list is
 * damaged; -E2BIG: too many tasks.
 */
struct introspect_task {
	va_t va; /* struct task_struct */
	va_t stack; /* lowest address of the kernel stack */
	uint64_t ns; /* time on a CPU */
	int pid, tgid, ppid;
	unsigned int cpu;
	bool on_cpu, kthread;
	char state; /* a letter, as in ps(1) */
	char comm[17];
};

int introspect_task_read(struct introspect *in, va_t task,
			 struct introspect_task *ret);
int introspect_task_list(struct introspect *in, struct introspect_task **ret,
			 unsigned int *nr_ret);
/* Get x19 to x29, SP, PC and PSTATE of a task that runs on no CPU. */
int introspect_task_regs(struct introspect *in, va_t task,
			 struct guest_regs *ret);

/*
 * The memory areas of a process, its open files, and the mounts that it sees.
 * Each function calls see() for one of them after the other, until see()
 * returns false. -ENOENT: the task has none, or BTF lacks a name; -ELOOP: a
 * tree is damaged.
 */
struct introspect_vma {
	va_t va; /* struct vm_area_struct */
	va_t start, end;
	uint64_t flags, pgoff;
	va_t file; /* struct file, or 0 */
};

int introspect_vma_each(struct introspect *in, va_t mm,
			bool (*see)(void *opaque,
				    const struct introspect_vma *vma),
			void *opaque);
int introspect_file_each(struct introspect *in, va_t task,
			 bool (*see)(void *opaque, unsigned int fd, va_t file),
			 void *opaque);
/* "/path", "socket:[1]", "pipe:[2]"; "..." for a part that cannot be read. */
void introspect_file_path(struct introspect *in, va_t file, char *buf,
			  size_t size);

struct introspect_mount {
	va_t va; /* struct mount */
	va_t sb;
	uint64_t flags;
	bool read_only;
	char device[128], path[512], type[32];
};

int introspect_mount_each(struct introspect *in, va_t task,
			  bool (*see)(void *opaque,
				      const struct introspect_mount *mount),
			  void *opaque);

/* The areas of vmalloc(). vm is 0 if the area has no struct vm_struct. */
struct introspect_vmap_area {
	va_t va; /* struct vmap_area */
	va_t start, end;
	va_t vm; /* struct vm_struct */
	va_t caller;
	uint64_t flags, ipa;
};

int introspect_vmap_each(struct introspect *in,
			 bool (*see)(void *opaque,
				     const struct introspect_vmap_area *area),
			 void *opaque);

/*
 * Interrupts, and timers that are armed. clock is the clock's number as in
 * clock_gettime(2). If clock is -1, expires is a value of jiffies.
 */
struct introspect_irq {
	va_t va; /* struct irq_desc */
	unsigned int number;
	uint64_t hwirq, depth; /* depth 0: enabled */
	bool per_cpu; /* each CPU enables it for itself; depth says nothing */
	char chip[32], actions[128];
	va_t handler; /* of the first action; 0: none */
};

int introspect_irq_each(struct introspect *in,
			bool (*see)(void *opaque,
				    const struct introspect_irq *irq),
			void *opaque);
int introspect_irq_count(struct introspect *in,
			 const struct introspect_irq *irq, unsigned int cpu,
			 uint32_t *ret);

struct introspect_timer {
	va_t va; /* struct timer_list or struct hrtimer */
	unsigned int cpu;
	int clock;
	uint64_t expires;
	va_t function;
};

int introspect_timer_each(struct introspect *in, unsigned int cpu,
			  bool (*see)(void *opaque,
				      const struct introspect_timer *timer),
			  void *opaque);

/*
 * Locks. introspect_lock_of() finds the mutex or semaphore that a task waits
 * for; the task must not run on a CPU. The lock's address is on the task's
 * stack. -ENOENT: no address on the stack is a lock with this task as a waiter.
 */
enum introspect_lock_kind {
	INTROSPECT_MUTEX,
	INTROSPECT_RWSEM,
	INTROSPECT_SPINLOCK,
};

struct introspect_lock {
	va_t va;
	enum introspect_lock_kind kind;
	bool held;
	/* The task; 0: none, or a spinlock. With readers: the last reader. */
	va_t owner;
	uint64_t readers; /* of a semaphore */
	bool pending; /* a spinlock's pending bit: its first waiter */
	int last_cpu; /* the last CPU that waits for a spinlock, or -1 */
};

const char *introspect_lock_name(enum introspect_lock_kind kind);
int introspect_lock_read(struct introspect *in, enum introspect_lock_kind kind,
			 va_t va, struct introspect_lock *ret);
int introspect_lock_waiters(struct introspect *in,
			    enum introspect_lock_kind kind, va_t lock,
			    bool (*see)(void *opaque, va_t task), void *opaque);
int introspect_lock_of(struct introspect *in, const struct introspect_task *t,
		       struct introspect_lock *ret);

/*
 * Workqueues: call callback() for the work of each worker (va 0: the worker has
 * none), and for each work that waits for a worker. *unbound_ret is set to true
 * if the pools that belong to no CPU were found, too.
 */
struct introspect_work {
	va_t pool; /* struct worker_pool */
	int pool_id, cpu; /* cpu -1: any */
	unsigned int workers, idle; /* of the pool */
	va_t va; /* struct work_struct */
	va_t function;
	bool waits;
	va_t task; /* of the worker */
	char queue[32]; /* "" if not known */
};

int introspect_work_each(struct introspect *in,
			 bool (*callback)(void *opaque,
					  const struct introspect_work *work),
			 void *opaque, bool *unbound_ret);

/*
 * The network devices of the first namespace, and the socket of an open file.
 * -ENOENT: the file is no socket. All numbers have Linux's meaning.
 */
struct introspect_netdev {
	va_t va; /* struct net_device */
	char name[17];
	unsigned int index, mtu, flags;
	uint8_t mac[6];
	char addresses[128]; /* IPv4, "10.0.2.15/24 10.0.3.1/24" */
};

int introspect_netdev_each(struct introspect *in,
			   bool (*see)(void *opaque,
				       const struct introspect_netdev *dev),
			   void *opaque);

struct introspect_socket {
	va_t va; /* struct socket */
	va_t sk; /* struct sock */
	int family, type, protocol, state;
	char local[128], remote[64]; /* "" for families without addresses */
};

int introspect_socket_of(struct introspect *in, va_t file,
			 struct introspect_socket *ret);

/*
 * The calls on a kernel stack, beginning with the PC, x29, x30 and PSTATE in
 * from. The function returns the number of frames, at most max. *why is 0 if
 * the stack ended there, else -EFAULT (a frame cannot be read) or -ELOOP.
 */
enum introspect_frame_kind {
	INTROSPECT_FRAME_PC, /* the first one */
	INTROSPECT_FRAME_CALL, /* pc is a return address */
	INTROSPECT_FRAME_EXCEPTION, /* pc was interrupted by an exception */
	INTROSPECT_FRAME_MAYBE, /* LR, which may be an old value */
	INTROSPECT_FRAME_USER, /* EL0; the last one */
};

struct introspect_frame {
	va_t pc, fp;
	va_t regs; /* INTROSPECT_FRAME_EXCEPTION: the struct pt_regs; else 0 */
	enum introspect_frame_kind kind;
};

int introspect_backtrace(struct introspect *in, const struct guest_regs *from,
			 struct introspect_frame *ret, unsigned int max,
			 int *why);

/*
 * The kernel's log, oldest record first. text is raw: it may have any bytes.
 * *lost_ret is the number of records that cannot be read. -ENOENT: no log is
 * found (yet).
 */
struct introspect_log_record {
	uint64_t seq;
	uint64_t ns;
	uint32_t caller; /* pid, or CPU number with bit 31 set */
	uint8_t facility, level;
	const char *text;
};

int introspect_log(struct introspect *in,
		   void (*see)(void *opaque,
			       const struct introspect_log_record *record),
		   void *opaque, unsigned int *lost_ret);

/*
 * The command line with which the kernel was started, cut to size - 1 bytes.
 * -ENOENT: it is not found (yet).
 */
int introspect_command_line(struct introspect *in, char *buf, size_t size);

/*
 * The kernel's configuration, a string with a line for each option; the caller
 * frees it. -ENOENT: the kernel was built without CONFIG_IKCONFIG=y.
 */
int introspect_config(struct introspect *in, char **ret);

/*
 * Crash catch points: the kernel functions that every oops or panic calls, and
 * the arguments that hold the faulting context.
 */
enum introspect_crash {
	INTROSPECT_OOPS = 1,
	INTROSPECT_PANIC = 2,
};

struct introspect_catch {
	const char *function;
	enum introspect_crash kind;
	ipa_t ipa; /* after the entry padding: arguments still intact */
	int regs_arg; /* number of the struct pt_regs * argument, or -1 */
	int message_arg; /* number of the const char * argument, or -1 */
};

/* Fill up to max entries. Returns their number; -ENOENT: no kernel yet. */
int introspect_catches(struct introspect *in, struct introspect_catch *ret,
		       unsigned int max);
/*
 * The faulting context of a vCPU that has stopped at a catch point. *ret is the
 * struct pt_regs that the argument regs_arg points to. If there is none, *ret
 * is the caller's context: PC is the address of the call. text gets one line:
 * "Oops: Internal error: ... at crash_null_probe+0x18 [crash_null], CPU 0".
 */
int introspect_fault_context(struct introspect *in, unsigned int vcpu,
			     const struct introspect_catch *at,
			     struct guest_regs *ret, char *text, size_t size);

/*
 * The message that the kernel prints, "Oops - BUG" for instance, from the
 * registers with which a vCPU has stopped at the start of function. -ENOENT:
 * the function is no catch point, or has no message.
 */
int introspect_crash_message(struct introspect *in, const char *function,
			     const struct guest_regs *entry, char *buf,
			     size_t size);

#endif
