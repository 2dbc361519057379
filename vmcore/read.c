// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * read.c - the file of a dump: its RAM and its notes
 *
 * The file is mapped, and RAM is used in place. In a kdump file RAM is
 * decompressed page by page (read_kdump.c). The file is not trusted: each
 * header is copied first, then checked. If the file ends too early, the parts
 * that are complete can be used, and a line says what is missing.
 */
#include "core.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <trapline/text.h>
#include <trapline/util.h>
#include "format.h"
#include "kdump.h"

#define MAX_LOADS  65536 /* program headers of memory; they may overlap */
#define MAX_RANGES 4096 /* of RAM: each read searches them */
#define MAX_NOTES  64 /* parts of the file with notes */

void core_lacks(struct vmcore *c, const char *text)
{
	if (!c->warning)
		c->warning = text;
}

/* --- notes --------------------------------------------------------------- */

/* The next vCPU in the order of the notes; NULL: there are too many. */
static struct core_cpu *cpu_next(struct vmcore *c)
{
	if (c->guest.nr_vcpus == GUEST_MAX_VCPUS) {
		core_lacks(c,
			   "only the first 16 CPUs of this dump can be shown");
		return NULL;
	}
	return &c->cpu[c->guest.nr_vcpus++];
}

static void note_core(struct vmcore *c, uint32_t type, const uint8_t *data,
		      uint64_t size)
{
	struct note_prstatus status;
	struct core_cpu *cpu = c->last_cpu;
	struct note_fpregs fp;

	if (type == NT_PRSTATUS && size >= sizeof(status)) {
		memcpy(&status, data, sizeof(status));
		cpu = c->last_cpu = cpu_next(c);
		if (!cpu)
			return;
		cpu->online = true;
		cpu->regs = status.regs;
	} else if (type == NT_PRFPREG && size >= sizeof(fp) && cpu) {
		memcpy(&fp, data, sizeof(fp));
		memcpy(cpu->fpregs.v, fp.v, sizeof(fp.v));
		cpu->fpregs.fpsr = fp.fpsr;
		cpu->fpregs.fpcr = fp.fpcr;
		cpu->has_fpregs = true;
	}
}

static void note_cpu(struct vmcore *c, const uint8_t *data, uint64_t size)
{
	struct core_cpu *cpu;
	struct note_cpu note;

	if (size < sizeof(note))
		return;
	memcpy(&note, data, sizeof(note));
	if (note.vcpu >= GUEST_MAX_VCPUS)
		return;
	cpu = &c->cpu[note.vcpu];
	cpu->has_real = true;
	cpu->real_online = note.flags & NOTE_CPU_ONLINE;
	cpu->real = note.regs;
	cpu->known = note.known & GENMASK_ULL(GUEST_NR_SYSREGS - 1, 0);
	memcpy(cpu->sysreg, note.sysreg, sizeof(cpu->sysreg));
	c->has_sysregs |= cpu->known != 0;
}

/* Only a live guest can show the other kinds to a debugger. */
static enum guest_stop_kind stop_kind(uint32_t kind)
{
	switch (kind) {
	case GUEST_STOP_CRASH:
	case GUEST_STOP_FAILURE:
	case GUEST_STOP_HANG:
		return (enum guest_stop_kind)kind;
	default:
		return GUEST_STOP_REQUESTED;
	}
}

static void note_stop(struct vmcore *c, const uint8_t *data, uint64_t size)
{
	struct guest_stop *last = &c->guest.last;
	struct note_stop note;

	if (size < sizeof(note))
		return;
	memcpy(&note, data, sizeof(note));
	last->kind = stop_kind(note.kind);
	last->vcpu = note.vcpu < GUEST_MAX_VCPUS ? note.vcpu : 0;
	last->code = note.code;
	memcpy(last->text, note.text, sizeof(last->text));
	last->text[sizeof(last->text) - 1] = '\0';
	text_clean(last->text, strlen(last->text));
	c->guest.has_fault = note.has_fault;
}

static void note_own(struct vmcore *c, uint32_t type, const uint8_t *data,
		     uint64_t size)
{
	uint32_t note = type - NOTE_OWN_TYPE(0);

	if (note == VMCORE_STOP)
		note_stop(c, data, size);
	else if (note == VMCORE_CPU)
		note_cpu(c, data, size);
	else if (note < VMCORE_NR_NOTES)
		c->text[note] =
			(struct vmcore_text){ (const char *)data, size };
}

static void note_take(struct vmcore *c, const char *name, uint64_t name_size,
		      uint32_t type, const uint8_t *data, uint64_t size)
{
	const struct {
		const char *name;
		uint64_t size;
	} names[] = {
		{ NOTE_CORE, sizeof(NOTE_CORE) },
		{ NOTE_VMCOREINFO, sizeof(NOTE_VMCOREINFO) },
		{ NOTE_OWN, sizeof(NOTE_OWN) },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (name_size == names[i].size &&
		    !memcmp(name, names[i].name, name_size))
			break;
	if (i == 0)
		note_core(c, type, data, size);
	else if (i == 1)
		c->info = (struct vmcore_text){ (const char *)data, size };
	else if (i == 2)
		note_own(c, type, data, size);
}

void core_notes_read(struct vmcore *c, uint64_t at, uint64_t size)
{
	uint64_t end, name, data;
	Elf64_Nhdr n;

	if (!core_has(c, at, size)) {
		core_lacks(c, "the dump ends too early: notes are missing");
		if (at > c->size)
			return;
		size = c->size - at;
	}
	for (end = at + size; end - at >= sizeof(n); at = data) {
		memcpy(&n, c->file + at, sizeof(n));
		name = at + sizeof(n);
		data = name + ALIGN_UP((uint64_t)n.n_namesz, 4ULL);
		if (data > end || n.n_descsz > end - data)
			return;
		note_take(c, (const char *)c->file + name, n.n_namesz, n.n_type,
			  c->file + data, n.n_descsz);
		data += ALIGN_UP((uint64_t)n.n_descsz, 4ULL);
		if (data > end)
			return;
	}
}

/* --- RAM ----------------------------------------------------------------- */

static const char too_many[] =
	"the dump has too many ranges of memory: some are missing";

static void load_read(struct vmcore *c, const Elf64_Phdr *p)
{
	uint64_t size = p->p_filesz;

	if (!core_has(c, p->p_offset, size)) {
		core_lacks(c, "the dump ends too early: memory is missing");
		size = p->p_offset < c->size ? c->size - p->p_offset : 0;
	}
	if (!size || p->p_paddr > UINT64_MAX - size)
		return;
	if (c->guest.nr_ram == MAX_LOADS) {
		core_lacks(c, too_many);
		return;
	}
	c->ram[c->guest.nr_ram++] = (struct guest_ram){
		.ipa = p->p_paddr,
		.size = size,
		.host = (uint8_t *)(uintptr_t)c->file + p->p_offset,
	};
}

/* Sort by IPA; for the same IPA, the longer range comes first. */
static int ram_compare(const void *a, const void *b)
{
	const struct guest_ram *x = a, *y = b;

	if (x->ipa != y->ipa)
		return x->ipa < y->ipa ? -1 : 1;
	return x->size == y->size ? 0 : x->size > y->size ? -1 : 1;
}

/* Sort the ranges, cut overlaps, and join neighbours. */
static void ram_sort(struct vmcore *c)
{
	struct guest_ram *ram = c->ram;
	unsigned int nr = 0;

	qsort(ram, c->guest.nr_ram, sizeof(*ram), ram_compare);
	for (unsigned int i = 0; i < c->guest.nr_ram; i++) {
		struct guest_ram *last = nr ? &ram[nr - 1] : NULL;
		ipa_t end = last ? last->ipa + last->size : 0;
		struct guest_ram r = ram[i];

		if (r.ipa < end) {
			if (end - r.ipa >= r.size)
				continue;
			r.size -= end - r.ipa;
			r.host += end - r.ipa;
			r.ipa = end;
		}
		if (last && r.ipa == end && r.host == last->host + last->size)
			last->size += r.size;
		else
			ram[nr++] = r;
	}
	if (nr > MAX_RANGES)
		core_lacks(c, too_many);
	c->guest.nr_ram = min(nr, MAX_RANGES + 0U);
	c->guest.ram = ram;
}

/* --- the ELF file -------------------------------------------------------- */

/* The number of program headers; with PN_XNUM it is in section 0. */
static uint64_t nr_headers(const struct vmcore *c, const Elf64_Ehdr *e)
{
	Elf64_Shdr s;

	if (e->e_phnum != PN_XNUM)
		return e->e_phnum;
	if (!core_has(c, e->e_shoff, sizeof(s)))
		return 0;
	memcpy(&s, c->file + e->e_shoff, sizeof(s));
	return s.sh_info;
}

static int elf_read(struct vmcore *c, char *err, size_t err_size)
{
	Elf64_Ehdr e;
	unsigned int nr_notes = 0;
	Elf64_Phdr p;
	uint64_t nr;

	if (!core_has(c, 0, sizeof(e))) {
		snprintf(err, err_size, "the file ends in its ELF header");
		return -EBADMSG;
	}
	memcpy(&e, c->file, sizeof(e));
	nr = nr_headers(c, &e);
	if (e.e_ident[EI_CLASS] != ELFCLASS64 ||
	    e.e_ident[EI_DATA] != ELFDATA2LSB || e.e_type != ET_CORE ||
	    e.e_machine != EM_AARCH64 || e.e_phentsize != sizeof(p)) {
		snprintf(err, err_size,
			 "an ELF file, but no dump of a little-endian arm64 "
			 "machine");
		return -ENOTSUP;
	}
	if (!nr || !core_has(c, e.e_phoff, nr * sizeof(p))) {
		snprintf(err, err_size,
			 "the file ends before its program headers");
		return -EBADMSG;
	}
	c->ram = calloc(min(nr, MAX_LOADS + 0ULL), sizeof(*c->ram));
	if (!c->ram) {
		snprintf(err, err_size, "%s", strerror(ENOMEM));
		return -ENOMEM;
	}
	for (uint64_t i = 0; i < nr; i++) {
		memcpy(&p, c->file + e.e_phoff + i * sizeof(p), sizeof(p));
		if (p.p_type == PT_NOTE && nr_notes++ < MAX_NOTES)
			core_notes_read(c, p.p_offset, p.p_filesz);
		else if (p.p_type == PT_LOAD)
			load_read(c, &p);
	}
	ram_sort(c);
	return 0;
}

/* Read the file by the format that its first bytes show. */
int core_read(struct vmcore *c, char *err, size_t err_size)
{
	static const struct {
		const char *magic;
		int (*read)(struct vmcore *c, char *err, size_t err_size);
		const char *text; /* why the format is not read */
	} formats[] = {
		{ ELFMAG, elf_read, NULL },
		{ KDUMP_MAGIC, core_kdump_read, NULL },
		{ "DISKDUMP", NULL, "a diskdump, which is not supported" },
		{ FLAT_MAGIC, core_flat_read, NULL },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(formats); i++) {
		size_t n = strlen(formats[i].magic);

		if (c->size < n || memcmp(c->file, formats[i].magic, n))
			continue;
		if (formats[i].read)
			return formats[i].read(c, err, err_size);
		snprintf(err, err_size, "%s", formats[i].text);
		return -ENOTSUP;
	}
	snprintf(err, err_size,
		 "neither an ELF file nor a kdump-compressed one, so no dump "
		 "of a guest");
	return -EBADMSG;
}

/* Check and complete the CPUs after all notes have been read. */
static int cpus_finish(struct vmcore *c, char *err, size_t err_size)
{
	struct guest *g = &c->guest;
	struct core_cpu *crashed;

	if (!g->nr_ram || !g->nr_vcpus) {
		snprintf(err, err_size, "a dump without %s",
			 g->nr_ram ? "registers of a CPU" : "memory");
		return -EBADMSG;
	}
	if (g->last.vcpu >= g->nr_vcpus)
		g->last.vcpu = 0;
	crashed = &c->cpu[g->last.vcpu];
	g->has_fault = g->has_fault && crashed->has_real;
	g->fault = crashed->regs;
	for (unsigned int i = 0; i < g->nr_vcpus; i++) {
		if (!c->cpu[i].has_real)
			continue;
		c->cpu[i].regs = c->cpu[i].real;
		c->cpu[i].online = c->cpu[i].real_online;
	}
	return 0;
}

static int file_map(struct vmcore *c, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), err = 0;
	struct stat st;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st))
		err = -errno;
	else if (!S_ISREG(st.st_mode))
		err = S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL;
	if (!err && st.st_size) {
		c->file = mmap(NULL, (size_t)st.st_size, PROT_READ,
			       MAP_PRIVATE | MAP_NORESERVE, fd, 0);
		if (c->file == MAP_FAILED) {
			c->file = NULL;
			err = -errno;
		} else {
			c->size = (uint64_t)st.st_size;
		}
	}
	close(fd);
	return err;
}

static int fail(struct vmcore *c, int error, const char *line, char *err,
		size_t err_size)
{
	if (error)
		snprintf(err, err_size, "%s: %s", c->path,
			 line[0] ? line : strerror(-error));
	return error;
}

int vmcore_map(const char *path, struct vmcore **ret, char *err,
	       size_t err_size)
{
	struct vmcore *c = calloc(1, sizeof(*c));
	int error;

	if (!c)
		return -ENOMEM;
	c->guest.ops = &core_ops;
	c->guest.last.kind = GUEST_STOP_REQUESTED;
	snprintf(c->path, sizeof(c->path), "%s", path);
	c->guest.stop_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	error = c->guest.stop_fd < 0 ? -errno : file_map(c, path);
	if (fail(c, error, "", err, err_size))
		vmcore_close(c);
	else
		*ret = c;
	return error;
}

int vmcore_read(struct vmcore *c, char *err, size_t err_size)
{
	char line[256] = "";
	int error = core_read(c, line, sizeof(line));

	if (!error)
		error = cpus_finish(c, line, sizeof(line));
	return fail(c, error, line, err, err_size);
}

int vmcore_open(const char *path, struct vmcore **ret, char *err,
		size_t err_size)
{
	struct vmcore *c;
	int error = vmcore_map(path, &c, err, err_size);

	if (error)
		return error;
	error = vmcore_read(c, err, err_size);
	if (error)
		vmcore_close(c);
	else
		*ret = c;
	return error;
}

void vmcore_close(struct vmcore *c)
{
	if (!c)
		return;
	if (c->file)
		munmap((void *)(uintptr_t)c->file, c->size);
	if (c->guest.stop_fd >= 0)
		close(c->guest.stop_fd);
	core_kdump_close(c);
	free(c->found_info);
	free(c->ram);
	free(c);
}

const char *vmcore_warning(const struct vmcore *c)
{
	return c->warning;
}

const char *vmcore_vmcoreinfo(const struct vmcore *c, size_t *size)
{
	*size = c->info.size;
	return c->info.data;
}

struct vmcore_text vmcore_text(const struct vmcore *c, enum vmcore_note type)
{
	return c->text[type];
}
