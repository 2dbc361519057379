// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_introspect_real.c - introspection over Debian's own kernels
 *
 * No number below belongs to one kernel (fake_running.h).
 */
#include "fake_running.h"

#include <trapline/arm64.h>
#include <trapline/introspect.h>

#include <elf.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* --- before the first instruction --------------------------------------- */

static void test_find(void **state)
{
	struct setup *s = *state;
	char hex[64] = "";
	const uint8_t *id;
	va_t va;

	assert_int_equal(introspect_find_kernel_at(s->in, KERNEL), 0);
	assert_int_equal(introspect_text_ipa(s->in), KERNEL);
	assert_int_equal(introspect_image_size(s->in),
			 truth_number(s->t, "image_size"));
	assert_int_equal(introspect_nr_symbols(s->in),
			 truth_number(s->t, "symbols"));
	assert_string_equal(introspect_release(s->in),
			    truth_text(s->t, "release"));
	assert_non_null(strstr(introspect_banner(s->in), " #1 SMP"));
	assert_int_equal(introspect_build_id(s->in, &id), 20);
	for (unsigned int i = 0; i < 20; i++)
		sprintf(hex + 2 * i, "%02x", id[i]);
	assert_string_equal(hex, truth_text(s->t, "build_id"));
	/* The kernel has not relocated itself yet. */
	assert_int_equal(introspect_text_va(s->in, &va), -ENOENT);
	assert_int_equal(introspect_symbol_by_name(s->in, "panic", &va),
			 -ENOENT);
}

/* Search without a hint. A header without a kernel comes first. */
static void test_find_by_search(void **state)
{
	struct setup *s = *state;

	memcpy(fake_guest_at(s->fake, RAM, 64),
	       fake_guest_at(s->fake, KERNEL, 64), 64);
	*ram64(s, RAM + 16) = SZ_1M;
	assert_int_equal(introspect_find_kernel_at(s->in, RAM + SZ_1M), 0);
	assert_int_equal(introspect_text_ipa(s->in), KERNEL);
}

static void test_catches(void **state)
{
	static const char *const want[] = { "die",
					    "panic_bad_stack",
					    "arm64_serror_panic",
					    "__panic_unhandled",
					    "nmi_panic",
					    "panic" };
	struct setup *s = *state;
	struct introspect_catch c[16];
	const uint32_t paciasp = 0xd503233f;
	unsigned int nr = 0;
	ipa_t ipa;

	assert_int_equal(introspect_catches(s->in, c, 16), -ENOENT);
	assert_int_equal(introspect_find_kernel_at(s->in, KERNEL), 0);
	assert_true(introspect_catches(s->in, c, 16) > 0);
	for (unsigned int i = 0; i < ARRAY_SIZE(want); i++) {
		if (!strcmp(want[i], "nmi_panic") &&
		    !truth_symbol(s->t, "vpanic"))
			continue;
		assert_string_equal(c[nr].function, want[i]);
		assert_int_equal(introspect_symbol_ipa(s->in, want[i], &ipa),
				 0);
		assert_true(c[nr].ipa > ipa && c[nr].ipa <= ipa + 16);
		/* Right after PACIASP, before anything is pushed. */
		assert_memory_equal(fake_guest_at(s->fake, c[nr].ipa - 4, 4),
				    &paciasp, 4);
		nr++;
	}
	assert_int_equal(introspect_catches(s->in, c, 16), nr);
	assert_int_equal(introspect_catches(s->in, c, 2), 2);
}

/* --- running ------------------------------------------------------------ */

static void test_relocated(void **state)
{
	struct setup *s = *state;
	struct introspect_symbol sym;
	ipa_t ipa;
	va_t va;

	assert_int_equal(introspect_find_kernel_at(s->in, KERNEL), 0);
	relocate(s);
	assert_int_equal(introspect_text_va(s->in, &va), 0);
	assert_true(va == TEXT);
	assert_int_equal(introspect_symbol_by_name(s->in, "panic", &va), 0);
	assert_int_equal(introspect_symbol_ipa(s->in, "panic", &ipa), 0);
	assert_true(va - TEXT == ipa - KERNEL);
	assert_int_equal(introspect_symbol_by_address(s->in, va + 12, &sym), 0);
	assert_string_equal(sym.name, "panic");
	assert_string_equal(sym.module, "");
	assert_true(sym.va == va && sym.size > 100 && sym.size < 4096);
	assert_int_equal(introspect_symbol_by_name(s->in, "no_such_thing", &va),
			 -ENOENT);
	assert_int_equal(introspect_symbol_by_address(s->in, TEXT - 4, &sym),
			 -ENOENT);
	introspect_reset(s->in);
	assert_int_equal(introspect_text_va(s->in, &va), -ENOENT);
}

/* True if a symbol at that offset has this name. */
static bool is_named(const struct truth *t, uint64_t offset, const char *name)
{
	for (size_t i = 0; i < t->nr_symbols; i++)
		if (t->symbols[i].offset == offset &&
		    !strcmp(t->symbols[i].name, name))
			return true;
	return false;
}

#define SAMPLES 97

static void test_symbols(void **state)
{
	struct setup *s = *state;
	const struct truth *t = s->t;
	struct introspect_symbol sym;
	va_t va;

	assert_int_equal(introspect_find_kernel_at(s->in, KERNEL), 0);
	relocate(s);
	for (size_t i = 0; i < t->nr_symbols;
	     i += 1 + t->nr_symbols / SAMPLES) {
		const struct truth_symbol *want = &t->symbols[i];

		/* It may be another symbol of this name or address. */
		assert_int_equal(
			introspect_symbol_by_name(s->in, want->name, &va), 0);
		assert_true(is_named(t, va - TEXT, want->name));
		if (want->offset >= introspect_image_size(s->in))
			continue;
		assert_int_equal(introspect_symbol_by_address(
					 s->in, TEXT + want->offset, &sym),
				 0);
		assert_true(sym.va == TEXT + want->offset);
		assert_true(is_named(t, want->offset, sym.name));
	}
}

/*
 * While the guest runs, only a new value of kallsyms_relative_base gives the
 * text's address. A kernel without that symbol has to be stopped first.
 */
static void test_relocated_while_running(void **state)
{
	struct setup *s = *state;
	va_t va;

	assert_int_equal(introspect_find_kernel_at(s->in, KERNEL), 0);
	s->fake->running = true;
	assert_int_equal(introspect_text_va(s->in, &va), -ENOENT);
	relocate(s);
	if (!truth_has(s->t, "relative_base")) {
		assert_int_equal(introspect_text_va(s->in, &va), -ENOENT);
		s->fake->running = false;
	}
	assert_int_equal(introspect_text_va(s->in, &va), 0);
	assert_true(va == TEXT);
}

static void test_kpti(void **state)
{
	struct setup *s = *state;
	struct stage1_regs regs;
	struct stage1_mapping m;
	va_t va;

	assert_int_equal(introspect_find_kernel_at(s->in, KERNEL), 0);
	relocate(s);
	/* tramp_pg_dir, then reserved_pg_dir, then swapper_pg_dir. */
	vcpu_set(s, 0, (TABLES - 2 * SZ_4K) | 0x0042000000000001ULL);
	s->fake->regs[0].pstate = 0;
	assert_int_equal(introspect_text_va(s->in, &va), 0);
	assert_int_equal(introspect_symbol_by_name(s->in, "panic", &va), 0);
	assert_int_equal(introspect_stage1_regs(s->in, 0, &regs), 0);
	assert_true(regs.ttbr1 == (TABLES | 0x0042000000000001ULL));
	assert_int_equal(stage1_walk(&s->fake->guest, &regs, va, &m), 0);
	assert_true(m.ipa == va - TEXT + KERNEL);
	/* Any other table in TTBR1 stays as it is. */
	vcpu_set(s, 0, TABLES + SZ_1M);
	assert_int_equal(introspect_stage1_regs(s->in, 0, &regs), 0);
	assert_true(regs.ttbr1 == TABLES + SZ_1M);
}

/*
 * TTBR1 is not KPTI's table. But in the place of swapper_pg_dir there is a
 * table of a lower level, which maps the text. Read as a top-level table, it
 * seems to have blocks of 1 GiB.
 */
static void test_kpti_wrong(void **state)
{
	struct setup *s = *state;
	uint64_t below;
	va_t va;

	assert_int_equal(introspect_find_kernel_at(s->in, KERNEL), 0);
	relocate(s);
	below = *ram64(s, TABLES + (TEXT >> 39 & 511) * 8) &
		GENMASK_ULL(47, 12);
	vcpu_set(s, 0, below - SZ_4K);
	assert_int_equal(introspect_text_va(s->in, &va), -ENOENT);
	vcpu_set(s, 0, TABLES);
	assert_int_equal(introspect_text_va(s->in, &va), 0);
	assert_true(va == TEXT);
}

/* --- symbol file -------------------------------------------------------- */

static const Elf64_Sym *elf_symbol(const uint8_t *data, size_t size,
				   const char *name)
{
	const Elf64_Ehdr *e = (const void *)data;
	const Elf64_Shdr *h = (const void *)(data + e->e_shoff);
	const Elf64_Sym *sym;

	assert_true(e->e_shoff + e->e_shnum * sizeof(*h) == size);
	for (unsigned int i = 0; i < e->e_shnum; i++) {
		if (h[i].sh_type != SHT_SYMTAB)
			continue;
		sym = (const void *)(data + h[i].sh_offset);
		for (size_t n = 0; n < h[i].sh_size / sizeof(*sym); n++) {
			assert_true((ELF64_ST_BIND(sym[n].st_info) ==
				     STB_LOCAL) == (n < h[i].sh_info));
			if (!strcmp((const char *)data +
					    h[h[i].sh_link].sh_offset +
					    sym[n].st_name,
				    name))
				return &sym[n];
		}
	}
	return NULL;
}

static void test_symbol_file(void **state)
{
	struct setup *s = *state;
	const Elf64_Phdr *p;
	const Elf64_Ehdr *e;
	const Elf64_Sym *sym;
	const uint8_t *data, *again;
	size_t size;
	va_t va;

	assert_int_equal(introspect_find_kernel_at(s->in, KERNEL), 0);
	assert_int_equal(introspect_symbol_file(s->in, &data, &size), -ENOENT);
	relocate(s);
	assert_int_equal(introspect_symbol_file(s->in, &data, &size), 0);
	assert_int_equal(introspect_symbol_file(s->in, &again, &size), 0);
	assert_ptr_equal(data, again);
	e = (const void *)data;
	p = (const void *)(data + e->e_phoff);
	assert_int_equal(e->e_type, ET_DYN);
	assert_int_equal(e->e_machine, EM_AARCH64);
	assert_int_equal(p->p_type, PT_LOAD);
	assert_true(p->p_vaddr == TEXT);
	assert_true(p->p_memsz == introspect_image_size(s->in));
	sym = elf_symbol(data, size, "panic");
	assert_non_null(sym);
	assert_int_equal(introspect_symbol_by_name(s->in, "panic", &va), 0);
	assert_true(sym->st_value == va && sym->st_size > 100);
	assert_int_equal(sym->st_info, ELF64_ST_INFO(STB_GLOBAL, STT_FUNC));
	assert_null(elf_symbol(data, size, "no_such_thing"));
	/* Exported data has symbols without KALLSYMS_ALL, too. */
	sym = elf_symbol(data, size, "panic_timeout");
	assert_non_null(sym);
	assert_int_equal(introspect_symbol_by_name(s->in, "panic_timeout", &va),
			 0);
	assert_true(sym->st_value == va);
	assert_int_equal(ELF64_ST_TYPE(sym->st_info), STT_OBJECT);
}

/* --- modules ------------------------------------------------------------ */

#define MODULE         HEAP_VA
#define MODULE_TEXT    (HEAP_VA + SZ_64K)
#define MODULE_SYMTAB  (HEAP_VA + 2 * SZ_64K)
#define MODULE_STRTAB  (HEAP_VA + 3 * SZ_64K)
#define MODULE_TYPETAB (HEAP_VA + 4 * SZ_64K)

#define MODULE_ATTRS  (HEAP_VA + 5 * SZ_64K)
#define MODULE_ATTRS2 (MODULE_ATTRS + SZ_4K)
#define MODULE_NAMES  (MODULE_ATTRS + 2 * SZ_4K)

static void text_put(struct setup *s, const char *size, const char *base)
{
	*heap(s, member(s, MODULE, base)) = MODULE_TEXT;
	*(uint32_t *)(void *)heap(s, member(s, MODULE, size)) = 4096;
}

/* The sections that sysfs shows, in both layouts that kernels have had. */
static void sections_put(struct setup *s)
{
	static const char *const names[] = { ".text", ".data" };
	va_t list = member(s, MODULE_ATTRS, "module_sect_attrs.grp.bin_attrs");
	va_t at = member(s, MODULE_ATTRS, "module_sect_attrs.attrs");
	bool old = truth_has(s->t, "module_sect_attrs.nsections");

	*heap(s, member(s, MODULE, "module.sect_attrs")) = MODULE_ATTRS;
	*heap(s, list) = MODULE_ATTRS2;
	if (old)
		*(uint32_t *)(void *)heap(s, member(s, MODULE_ATTRS,
						    "module_sect_attrs."
						    "nsections")) = 2;
	for (unsigned int i = 0; i < ARRAY_SIZE(names); i++) {
		va_t name = MODULE_NAMES + i * 64;

		strcpy((char *)heap(s, name), names[i]);
		*heap(s, MODULE_ATTRS2 + 8 * i) = at;
		*heap(s, member(s, at, "bin_attribute.attr.name")) = name;
		*heap(s, member(s, at,
				old ? "module_sect_attr.address"
				    : "bin_attribute.private")) =
			MODULE_TEXT + i * SZ_4K;
		at += truth_number(s->t, old ? "sizeof.module_sect_attr"
					     : "sizeof.bin_attribute");
	}
}

static void module_put(struct setup *s)
{
	static const char strings[] = "\0$x\0crash_null_probe\0crash_init";
	va_t head = TEXT + truth_number(s->t, "modules");
	va_t list = member(s, MODULE, "module.list");
	va_t table = MODULE + SZ_4K;
	Elf64_Sym sym[] = {
		{ 0 },
		{ .st_name = 1, .st_shndx = 1, .st_value = MODULE_TEXT },
		{ .st_name = 4, .st_shndx = 1, .st_value = MODULE_TEXT + 64 },
		{ .st_name = 21, .st_shndx = 2, .st_value = MODULE_TEXT },
	};

	*ram64(s, head - TEXT + KERNEL) = list;
	*ram64(s, head - TEXT + KERNEL + 8) = list;
	*heap(s, list) = head;
	*heap(s, list + 8) = head;
	strcpy((char *)heap(s, member(s, MODULE, "module.name")), "crash_null");
	if (truth_has(s->t, "module.mem.base"))
		text_put(s, "module.mem.size", "module.mem.base");
	else
		text_put(s, "module.core_layout.text_size",
			 "module.core_layout.base");
	*heap(s, member(s, MODULE, "module.kallsyms")) = table;
	*heap(s, member(s, table, "mod_kallsyms.symtab")) = MODULE_SYMTAB;
	*heap(s, member(s, table, "mod_kallsyms.num_symtab")) = ARRAY_SIZE(sym);
	*heap(s, member(s, table, "mod_kallsyms.strtab")) = MODULE_STRTAB;
	*heap(s, member(s, table, "mod_kallsyms.typetab")) = MODULE_TYPETAB;
	memcpy(heap(s, MODULE_SYMTAB), sym, sizeof(sym));
	memcpy(heap(s, MODULE_STRTAB), strings, sizeof(strings));
	memcpy(heap(s, MODULE_TYPETAB), "?ttT", 4);
	sections_put(s);
}

static void test_modules(void **state)
{
	struct setup *s = *state;
	const struct introspect_module *m;
	struct introspect_symbol sym;
	uint8_t *data;
	size_t size;
	va_t table, list, va;

	assert_int_equal(introspect_modules_refresh(s->in), -ENOENT);
	assert_int_equal(introspect_find_kernel_at(s->in, KERNEL), 0);
	relocate(s);
	module_put(s);
	/* The symbol table of a module's init may be gone already. */
	table = *heap(s, member(s, MODULE, "module.kallsyms"));
	*heap(s, member(s, MODULE, "module.kallsyms")) = MODULE_TEXT;
	assert_int_equal(introspect_modules_refresh(s->in), 1);
	*heap(s, member(s, MODULE, "module.kallsyms")) = table;
	m = introspect_module(s->in, 0);
	assert_string_equal(m->name, "crash_null");
	assert_true(m->text == MODULE_TEXT && m->size == 4096);
	assert_true(m->load == MODULE_TEXT && m->load_size == 4096);
	assert_null(introspect_module(s->in, 1));
	assert_int_equal(m->nr_sections, 2);
	assert_string_equal(m->sections[0].name, ".text");
	assert_true(m->sections[0].va == MODULE_TEXT);
	assert_string_equal(m->sections[1].name, ".data");
	assert_true(m->sections[1].va == MODULE_TEXT + SZ_4K);
	assert_int_equal(introspect_symbol_by_address(s->in, MODULE_TEXT + 0x58,
						      &sym),
			 0);
	assert_string_equal(sym.name, "crash_null_probe");
	assert_string_equal(sym.module, "crash_null");
	assert_true(sym.va == MODULE_TEXT + 64 && sym.size == 4096 - 64);
	assert_int_equal(introspect_symbol_by_name(s->in, "crash_init", &va),
			 0);
	assert_int_equal(introspect_module_symbol_file(s->in, 0, &data, &size),
			 0);
	assert_non_null(elf_symbol(data, size, "crash_null_probe"));
	assert_null(elf_symbol(data, size, "$x"));
	free(data);
	assert_int_equal(introspect_module_symbol_file(s->in, 1, &data, &size),
			 -EINVAL);
	/* Introspection does not follow a list without end for ever. */
	list = member(s, MODULE, "module.list");
	*heap(s, list) = list;
	assert_true(introspect_modules_refresh(s->in) < 0);
	/* A pointer to an unmapped address. */
	*heap(s, list) = 0x1234;
	assert_int_equal(introspect_modules_refresh(s->in), -EFAULT);
}

/* --- crash -------------------------------------------------------------- */

static const struct introspect_catch *catch_named(struct setup *s,
						  const char *name)
{
	static struct introspect_catch c[16];
	int nr = introspect_catches(s->in, c, 16);

	for (int i = 0; i < nr; i++)
		if (!strcmp(c[i].function, name))
			return &c[i];
	fail_msg("no %s", name);
	return NULL;
}

static void test_oops(void **state)
{
	struct setup *s = *state;
	struct guest_regs *regs = &s->fake->regs[0], fault;
	va_t at = HEAP_VA + 6 * SZ_64K, message = HEAP_VA + 7 * SZ_64K;
	char text[256];

	assert_int_equal(introspect_find_kernel_at(s->in, KERNEL), 0);
	relocate(s);
	module_put(s);
	strcpy((char *)heap(s, message), "Oops");
	regs->x[0] = message;
	regs->x[1] = at;
	*heap(s, at) = 0x1111;
	*heap(s, at + 31 * 8) = 0xffff8000deadbee0ULL;
	*heap(s, at + 32 * 8) = MODULE_TEXT + 64 + 0x18;
	*heap(s, at + 33 * 8) = 0x60000005;
	assert_int_equal(introspect_fault_context(s->in, 0,
						  catch_named(s, "die"), &fault,
						  text, sizeof(text)),
			 0);
	assert_true(fault.pc == MODULE_TEXT + 64 + 0x18);
	assert_true(fault.sp == 0xffff8000deadbee0ULL);
	assert_true(fault.x[0] == 0x1111 && fault.pstate == 0x60000005);
	assert_string_equal(text, "Oops: Internal error: Oops at "
				  "crash_null_probe+0x18/0xfc0 [crash_null], "
				  "CPU 0");
	/* If regs points to no pt_regs, the caller's frame is reported. */
	regs->x[0] = 0x40;
	regs->x[1] = ~0ULL - 8;
	regs->x[30] = MODULE_TEXT + 0x44;
	assert_int_equal(introspect_fault_context(s->in, 0,
						  catch_named(s, "die"), &fault,
						  text, sizeof(text)),
			 0);
	assert_true(fault.pc == MODULE_TEXT + 0x40);
}

static void test_panic(void **state)
{
	struct setup *s = *state;
	struct guest_regs *regs = &s->fake->regs[0], fault;
	va_t at = HEAP_VA + 6 * SZ_64K, message = HEAP_VA + 7 * SZ_64K;
	char text[256];

	assert_int_equal(introspect_find_kernel_at(s->in, KERNEL), 0);
	relocate(s);
	strcpy((char *)heap(s, message),
	       "%s: gone, exitcode=0x%08x %lu%% %d\n");
	strcpy((char *)heap(s, message + 256), "init");
	regs->x[0] = message;
	regs->x[1] = message + 256;
	regs->x[2] = 11;
	regs->x[3] = 1ULL << 40;
	regs->x[4] = 0xffffffff;
	/* The return address is signed. */
	assert_int_equal(
		introspect_symbol_by_name(s->in, "do_exit", &regs->x[30]), 0);
	regs->x[30] = (regs->x[30] + 0x40) & ~GENMASK_ULL(54, 50);
	regs->sp = 0xffff800080001230ULL;
	assert_int_equal(introspect_fault_context(s->in, 0,
						  catch_named(s, "panic"),
						  &fault, text, sizeof(text)),
			 0);
	assert_true(fault.sp == regs->sp);
	assert_non_null(strstr(text, "Panic: init: gone, exitcode=0x0000000b "
				     "1099511627776% -1 at do_exit+0x3c/0x"));
	if (!truth_symbol(s->t, "vpanic"))
		return;
	/* nmi_panic(regs, format, ...) has the PC of the NMI in regs. */
	*heap(s, at + 32 * 8) = regs->x[30] | GENMASK_ULL(54, 50);
	memmove(&regs->x[1], &regs->x[0], 5 * sizeof(regs->x[0]));
	regs->x[0] = at;
	assert_int_equal(introspect_fault_context(s->in, 0,
						  catch_named(s, "nmi_panic"),
						  &fault, text, sizeof(text)),
			 0);
	assert_non_null(strstr(text, "Panic: init: gone, exitcode=0x0000000b "
				     "1099511627776% -1 at do_exit+0x40/0x"));
}

/* --- tasks -------------------------------------------------------------- */

static void task_put(struct setup *s, va_t task, const char *comm, int pid)
{
	strcpy((char *)heap(s, member(s, task, "task_struct.comm")), comm);
	*(int *)(void *)heap(s, member(s, task, "task_struct.pid")) = pid;
}

static void test_current(void **state)
{
	struct setup *s = *state;
	uint64_t *r = s->fake->sysregs[0];
	char comm[32], tiny[5];
	int pid;

	assert_int_equal(introspect_find_kernel_at(s->in, KERNEL), 0);
	relocate(s);
	task_put(s, HEAP_VA, "insmod", 123);
	r[GUEST_SP_EL0] = HEAP_VA;
	assert_int_equal(introspect_current(s->in, 0, comm, sizeof(comm), &pid),
			 0);
	assert_string_equal(comm, "insmod");
	assert_int_equal(pid, 123);
	assert_int_equal(introspect_current(s->in, 0, tiny, sizeof(tiny), &pid),
			 0);
	assert_string_equal(tiny, "insm");
	/* In user space the task comes from the per-CPU __entry_task. */
	s->fake->regs[0].pstate = 0;
	r[GUEST_SP_EL0] = 0xffffaabbccd0ULL;
	r[GUEST_TPIDR_EL1] = PERCPU - member(s, TEXT, "entry_task");
	*heap(s, PERCPU) = HEAP_VA;
	assert_int_equal(introspect_current(s->in, 0, comm, sizeof(comm), &pid),
			 0);
	assert_string_equal(comm, "insmod");
}

/* A user process's own table, while TTBR0 holds another one. */
static void test_user_table(void **state)
{
	struct setup *s = *state;
	va_t mm = HEAP_VA + SZ_64K;
	ipa_t table;

	assert_int_equal(introspect_find_kernel_at(s->in, KERNEL), 0);
	relocate(s);
	task_put(s, HEAP_VA, "insmod", 123);
	s->fake->sysregs[0][GUEST_SP_EL0] = HEAP_VA;
	/* A kernel thread has no user table. */
	assert_int_equal(introspect_user_table(s->in, 0, &table), -ENOENT);
	*heap(s, member(s, HEAP_VA, "task_struct.mm")) = mm;
	*heap(s, member(s, mm, "mm_struct.pgd")) = HEAP_VA + SZ_1M;
	assert_int_equal(introspect_user_table(s->in, 0, &table), 0);
	assert_true(table == HEAP + SZ_1M);
}

static void test_current_garbage(void **state)
{
	struct setup *s = *state;
	char comm[32];
	int pid;

	assert_int_equal(introspect_current(s->in, 0, comm, sizeof(comm), &pid),
			 -ENOENT);
	assert_int_equal(introspect_find_kernel_at(s->in, KERNEL), 0);
	relocate(s);
	s->fake->sysregs[0][GUEST_SP_EL0] = HEAP_VA;
	assert_int_equal(introspect_current(s->in, 0, comm, sizeof(comm), &pid),
			 -EBADMSG);
	task_put(s, HEAP_VA, "x", -1);
	assert_int_equal(introspect_current(s->in, 0, comm, sizeof(comm), &pid),
			 -EBADMSG);
	s->fake->regs[0].pstate = 0;
	s->fake->sysregs[0][GUEST_TPIDR_EL1] = 1ULL << 60;
	assert_int_equal(introspect_current(s->in, 0, comm, sizeof(comm), &pid),
			 -EFAULT);
}

/* --- kernels that are not understood -------------------------------------- */

/* Change one byte of each place in the Image that has these bytes. */
static void damage(struct setup *s, const void *bytes, size_t size, size_t at)
{
	uint64_t left = truth_number(s->t, "image_size");
	uint8_t *p = fake_guest_at(s->fake, KERNEL, left);
	uint8_t *end = p + left;

	for (; (p = memmem(p, (size_t)(end - p), bytes, size)); p += size)
		p[at] = '!';
}

static void expect_missing(struct setup *s, const char *what)
{
	char text[256];

	introspect_reset(s->in);
	introspect_find_kernel_at(s->in, KERNEL);
	assert_true(introspect_not_understood(s->in, text, sizeof(text)));
	assert_non_null(strstr(text, truth_text(s->t, "release")));
	if (!strstr(text, what))
		fail_msg("no '%s' in: %s", what, text);
}

static void test_damaged(void **state)
{
	static const char digits[] =
		"0\0001\0002\0003\0004\0005\0006\0007\0008";
	static const char task[] = "\0task_struct", module[] = "\0mem\0";
	struct setup *s = *state;
	char text[256];

	assert_int_equal(introspect_find_kernel_at(s->in, KERNEL), 0);
	relocate(s);
	assert_false(introspect_not_understood(s->in, text, sizeof(text)));
	damage(s, task, sizeof(task), 3);
	expect_missing(s, "struct task_struct (no tasks)");
	if (truth_has(s->t, "module.mem.base")) {
		damage(s, module, sizeof(module) - 1, 2);
		expect_missing(s, "struct module (no modules)");
	}
	if (truth_symbol(s->t, "__start_BTF")) {
		uint8_t *btf = fake_guest_at(
			s->fake,
			KERNEL + truth_symbol(s->t, "__start_BTF")->offset, 4);

		btf[2] = 0xff; /* BTF's version */
		expect_missing(s, "its BTF (no modules and tasks)");
	}
	damage(s, digits, sizeof(digits), 14);
	expect_missing(s, "kallsyms_token_table (no symbols, no crash stop)");
}

/* clang-format off */
#define T(x) { #x, x }
static const struct running_test tests[] = {
	T(test_find),
	T(test_find_by_search),
	T(test_catches),
	T(test_relocated),
	T(test_symbols),
	T(test_relocated_while_running),
	T(test_kpti),
	T(test_kpti_wrong),
	T(test_symbol_file),
	T(test_modules),
	T(test_oops),
	T(test_panic),
	T(test_current),
	T(test_user_table),
	T(test_current_garbage),
	T(test_damaged),
};
/* clang-format on */

int main(void)
{
	return running_tests(tests, ARRAY_SIZE(tests));
}
