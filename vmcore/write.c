// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * write.c - write a guest to an ELF file: see trapline/vmcore.h
 *
 * Source: System V ABI, "Object Files"; struct elf_prstatus of Linux.
 *
 * RAM is scanned in place. Pages with other bytes than zeros go through a
 * buffer, because guest_ops.ipa_read() shows the original bytes in place of
 * planted breakpoints. The buffer stays in the CPU's cache.
 */
#include "write.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <trapline/util.h>
#include "format.h"

#define MAX_LOADS  65000U /* e_phnum has 16 bits */
#define DATA_ALIGN SZ_64K /* the largest page size */
#define PIECE      (64 * SZ_4K) /* bytes of one pwrite(2) */

_Static_assert(PIECE / SZ_4K == 64, "pages_write() has a bit for each page");

struct writer {
	const struct vmcore_source *source;
	struct guest *guest;
	int fd;
	Elf64_Phdr *phdr; /* [0] is PT_NOTE, then RAM, then the spans */
	unsigned int nr_phdr;
	char *notes;
	size_t notes_size;
	uint8_t *piece; /* PIECE bytes */
	uint64_t done, total; /* bytes of RAM */
};

int core_pwrite(int fd, const void *data, size_t size, uint64_t at)
{
	const uint8_t *p = data;

	while (size) {
		ssize_t n = pwrite(fd, p, size, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -EIO;
		p += n;
		at += (uint64_t)n;
		size -= (size_t)n;
	}
	return 0;
}

/* --- notes --------------------------------------------------------------- */

static void note_add(FILE *out, const char *name, uint32_t type,
		     const void *data, size_t size)
{
	static const char zero[4];
	Elf64_Nhdr header = {
		.n_namesz = (uint32_t)strlen(name) + 1,
		.n_descsz = (uint32_t)size,
		.n_type = type,
	};

	fwrite(&header, sizeof(header), 1, out);
	fwrite(name, header.n_namesz, 1, out);
	fwrite(zero, -header.n_namesz & 3, 1, out);
	fwrite(data, size, 1, out);
	fwrite(zero, -size & 3, 1, out);
}

static void note_cpu_add(struct guest *g, unsigned int vcpu, FILE *out)
{
	struct note_prstatus status = { .pid = vcpu + 1 };
	struct note_cpu cpu = { .vcpu = vcpu };
	struct note_fpregs fp = { 0 };
	struct guest_fpregs fpregs;
	bool has_fp = false;

	if (g->ops->vcpu_online(g, vcpu) &&
	    !g->ops->regs_get(g, vcpu, &cpu.regs)) {
		cpu.flags |= NOTE_CPU_ONLINE;
		status.regs = cpu.regs;
		has_fp = !g->ops->fpregs_get(g, vcpu, &fpregs);
	}
	for (int i = 0; i < GUEST_NR_SYSREGS; i++)
		if (!g->ops->sysreg_get(g, vcpu, (enum guest_sysreg)i,
					&cpu.sysreg[i]))
			cpu.known |= BIT_ULL(i);
	if (g->has_fault && vcpu == g->last.vcpu)
		status.regs = g->fault;
	status.has_fpregs = has_fp;
	note_add(out, NOTE_CORE, NT_PRSTATUS, &status, sizeof(status));
	if (has_fp) {
		memcpy(fp.v, fpregs.v, sizeof(fp.v));
		fp.fpsr = fpregs.fpsr;
		fp.fpcr = fpregs.fpcr;
		note_add(out, NOTE_CORE, NT_PRFPREG, &fp, sizeof(fp));
	}
	note_add(out, NOTE_OWN, NOTE_OWN_TYPE(VMCORE_CPU), &cpu, sizeof(cpu));
}

static void note_stop_add(const struct guest *g, FILE *out)
{
	struct note_stop stop = {
		.kind = g->last.kind,
		.vcpu = g->last.vcpu,
		.addr = g->last.addr,
		.access = g->last.access,
		.device = g->last.device,
		.code = g->last.code,
		.has_fault = g->has_fault,
	};

	_Static_assert(sizeof(stop.text) == sizeof(g->last.text), "text");
	memcpy(stop.text, g->last.text, sizeof(stop.text));
	note_add(out, NOTE_OWN, NOTE_OWN_TYPE(VMCORE_STOP), &stop,
		 sizeof(stop));
}

int core_notes_make(const struct vmcore_source *s, char **ret, size_t *ret_size)
{
	FILE *out = open_memstream(ret, ret_size);

	if (!out)
		return -ENOMEM;
	for (unsigned int i = 0; i < s->guest->nr_vcpus; i++)
		note_cpu_add(s->guest, i, out);
	if (s->vmcoreinfo)
		note_add(out, NOTE_VMCOREINFO, 0, s->vmcoreinfo,
			 strlen(s->vmcoreinfo));
	note_stop_add(s->guest, out);
	for (uint32_t i = VMCORE_FLIGHT; i < VMCORE_NR_NOTES; i++)
		if (s->text[i].data && s->text[i].size <= INT_MAX)
			note_add(out, NOTE_OWN, NOTE_OWN_TYPE(i),
				 s->text[i].data, s->text[i].size);
	return ferror(out) | fclose(out) ? -ENOMEM : 0;
}

/* --- program headers ----------------------------------------------------- */

/* The kernel's virtual address of a range of RAM within one span; 0: none. */
static va_t linear_va(const struct vmcore_source *s, const struct guest_ram *r)
{
	for (unsigned int i = 0; i < s->nr_spans; i++) {
		const struct introspect_span *span = &s->spans[i];

		if (span->ipa <= r->ipa &&
		    r->ipa - span->ipa + r->size <= span->size)
			return span->va + (r->ipa - span->ipa);
	}
	return 0;
}

static void load_add(struct writer *w, va_t va, ipa_t ipa, uint64_t offset,
		     uint64_t size)
{
	w->phdr[w->nr_phdr++] = (Elf64_Phdr){
		.p_type = PT_LOAD,
		.p_flags = PF_R | PF_W | PF_X,
		.p_offset = offset,
		.p_vaddr = va,
		.p_paddr = ipa,
		.p_filesz = size,
		.p_memsz = size,
	};
}

/* The parts of a span that are in RAM. ram is the first PT_LOAD of RAM. */
static void span_add(struct writer *w, const struct introspect_span *span)
{
	const Elf64_Phdr *ram = &w->phdr[1];

	for (unsigned int i = 0; i < w->guest->nr_ram; i++) {
		uint64_t first = ram[i].p_paddr;
		uint64_t last = first + ram[i].p_filesz - 1;
		uint64_t end = span->ipa + span->size - 1;

		if (first < span->ipa)
			first = span->ipa;
		if (last > end)
			last = end;
		/* The linear map is in the PT_LOADs of RAM. */
		if (first > last || w->nr_phdr == MAX_LOADS ||
		    (ram[i].p_vaddr &&
		     span->va - span->ipa == ram[i].p_vaddr - ram[i].p_paddr))
			continue;
		load_add(w, span->va + (first - span->ipa), first,
			 ram[i].p_offset + (first - ram[i].p_paddr),
			 last - first + 1);
	}
}

static int headers_make(struct writer *w)
{
	const struct vmcore_source *s = w->source;
	const struct guest *g = w->guest;
	uint64_t at, most = 1 + g->nr_ram + (uint64_t)g->nr_ram * s->nr_spans;
	unsigned int nr = (unsigned int)min(most, (uint64_t)MAX_LOADS);

	if (1 + g->nr_ram > MAX_LOADS)
		return -E2BIG;
	w->phdr = calloc(nr, sizeof(*w->phdr));
	if (!w->phdr)
		return -ENOMEM;
	w->phdr[0].p_type = PT_NOTE;
	w->phdr[0].p_filesz = w->phdr[0].p_memsz = w->notes_size;
	w->phdr[0].p_offset = sizeof(Elf64_Ehdr) + nr * sizeof(*w->phdr);
	w->nr_phdr = 1;
	at = w->phdr[0].p_offset + w->notes_size;
	for (unsigned int i = 0; i < g->nr_ram; i++) {
		at = ALIGN_UP(at, DATA_ALIGN);
		load_add(w, linear_va(s, &g->ram[i]), g->ram[i].ipa, at,
			 g->ram[i].size);
		at += g->ram[i].size;
		w->total += g->ram[i].size;
	}
	for (unsigned int i = 0; i < s->nr_spans; i++)
		if (s->spans[i].size)
			span_add(w, &s->spans[i]);
	return 0;
}

static int headers_write(const struct writer *w)
{
	const Elf64_Ehdr header = {
		.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64,
			     ELFDATA2LSB, EV_CURRENT },
		.e_type = ET_CORE,
		.e_machine = EM_AARCH64,
		.e_version = EV_CURRENT,
		.e_phoff = sizeof(Elf64_Ehdr),
		.e_ehsize = sizeof(Elf64_Ehdr),
		.e_phentsize = sizeof(Elf64_Phdr),
		.e_phnum = (Elf64_Half)w->nr_phdr,
	};
	int err = core_pwrite(w->fd, &header, sizeof(header), 0);

	if (!err)
		err = core_pwrite(w->fd, w->phdr, w->nr_phdr * sizeof(*w->phdr),
				  sizeof(header));
	return err ? err
		   : core_pwrite(w->fd, w->notes, w->notes_size,
				 w->phdr[0].p_offset);
}

/* --- RAM ----------------------------------------------------------------- */

bool core_is_zero(const uint8_t *p, uint64_t size)
{
	return !*p && !memcmp(p, p + 1, size - 1);
}

int core_ram_read(struct guest *g, ipa_t ipa, uint8_t *to, uint64_t size)
{
	for (uint64_t done = 0; done < size;) {
		long n =
			g->ops->ipa_read(g, ipa + done, to + done, size - done);

		if (n <= 0)
			return n ? (int)n : -EFAULT;
		done += (uint64_t)n;
	}
	return 0;
}

/* Write size bytes, at most PIECE, with the original bytes of breakpoints. */
static int piece_write(struct writer *w, ipa_t ipa, uint64_t size, uint64_t at)
{
	int err = core_ram_read(w->guest, ipa, w->piece, size);

	return err ? err : core_pwrite(w->fd, w->piece, size, at);
}

/*
 * Write the pages of p that are not zero; size is at most PIECE. p may become
 * invalid as soon as piece_write() reads from the guest.
 */
static int pages_write(struct writer *w, ipa_t ipa, const uint8_t *p,
		       uint64_t size, uint64_t at)
{
	uint64_t used = 0, from, to;
	int err = 0;

	for (uint64_t i = 0; i < size; i += SZ_4K)
		if (!core_is_zero(p + i, min(SZ_4K, size - i)))
			used |= BIT_ULL(i / SZ_4K);
	for (; used && !err; used &= to < PIECE ? ~0ULL << to / SZ_4K : 0) {
		from = (uint64_t)__builtin_ctzll(used) * SZ_4K;
		to = from + SZ_4K;
		while (to < PIECE && used & BIT_ULL(to / SZ_4K))
			to += SZ_4K;
		err = piece_write(w, ipa + from, min(to, size) - from,
				  at + from);
	}
	return err;
}

static int ram_write(struct writer *w, const Elf64_Phdr *load)
{
	const struct vmcore_source *s = w->source;
	uint64_t n;
	int err = 0;

	for (uint64_t i = 0; i < load->p_filesz && !err; i += n) {
		ipa_t ipa = load->p_paddr + i;
		const uint8_t *p;

		n = min(PIECE, load->p_filesz - i);
		p = guest_map(w->guest, ipa, &n);
		if (p)
			err = pages_write(w, ipa, p, n, load->p_offset + i);
		else /* the guest lacks this page */
			n = min(SZ_4K - (ipa & (SZ_4K - 1)),
				load->p_filesz - i);
		w->done += n;
		if (!err && s->progress &&
		    !s->progress(s->opaque, w->done, w->total))
			err = -ECANCELED;
	}
	return err;
}

static int elf_write(const struct vmcore_source *source, int fd)
{
	struct writer w = { .source = source,
			    .guest = source->guest,
			    .fd = fd };
	const Elf64_Phdr *last;
	int err;

	w.piece = malloc(PIECE);
	err = w.piece ? core_notes_make(source, &w.notes, &w.notes_size)
		      : -ENOMEM;
	if (!err)
		err = headers_make(&w);
	if (!err)
		err = headers_write(&w);
	for (unsigned int i = 1; !err && i <= w.guest->nr_ram; i++)
		err = ram_write(&w, &w.phdr[i]);
	/* RAM may end with a hole, and the file has to include it. */
	if (!err && w.guest->nr_ram) {
		last = &w.phdr[w.guest->nr_ram];
		err = piece_write(&w, last->p_paddr + last->p_filesz - 1, 1,
				  last->p_offset + last->p_filesz - 1);
		if (err == -EFAULT)
			err = core_pwrite(fd, "", 1,
					  last->p_offset + last->p_filesz - 1);
	}
	free(w.phdr);
	free(w.notes);
	free(w.piece);
	return err;
}

int vmcore_write(const struct vmcore_source *source, int fd)
{
	if (source->guest->ops->is_running(source->guest))
		return -EBUSY;
	return source->compress ? core_kdump_write(source, fd)
				: elf_write(source, fd);
}
