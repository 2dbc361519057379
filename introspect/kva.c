// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kva.c - find the kernel's run-time address and tables, and read through them
 *
 * Kernels before 7.0: kallsyms_relative_base holds the run-time address once
 * the kernel has relocated itself. Before that it holds 0 (with RELA) or the
 * link-time address (with RELR). The number alone does not show whether the
 * kernel has relocated itself: without KASLR the run-time address equals the
 * link-time address. So the translation tables of a vCPU decide.
 *
 * Kernels from 7.0 on have no such word, and only the tables show the address:
 * the kernel runs where its text is executable. The linear map also maps the
 * text, but not as executable.
 *
 * KPTI: at EL0 TTBR1_EL1 is tramp_pg_dir, which maps no kernel text.
 * swapper_pg_dir is two pages after tramp_pg_dir, with reserved_pg_dir between
 * (linker script, arch/arm64/kernel/vmlinux.lds.S: "idmap_pg_dir, tramp_pg_dir,
 * reserved_pg_dir, swapper_pg_dir"; pages of the kernel's own size). A table is
 * accepted as swapper_pg_dir only if it maps the kernel's text to the place of
 * the Image.
 */
#include "state.h"

#include <errno.h>
#include <string.h>
#include <trapline/arm64.h>

#define TTBR_ADDRESS GENMASK_ULL(47, 0)
#define VA_KERNEL    GENMASK_ULL(63, 52) /* set in every kernel VA */

bool kva_is_kernel(va_t va)
{
	return (va & VA_KERNEL) == VA_KERNEL;
}

static int regs_read(struct guest *g, unsigned int vcpu,
		     struct stage1_regs *ret)
{
	const struct {
		enum guest_sysreg reg;
		uint64_t *value;
	} want[] = {
		{ GUEST_SCTLR_EL1, &ret->sctlr },
		{ GUEST_TCR_EL1, &ret->tcr },
		{ GUEST_TTBR0_EL1, &ret->ttbr0 },
		{ GUEST_TTBR1_EL1, &ret->ttbr1 },
	};
	int err;

	for (unsigned int i = 0; i < ARRAY_SIZE(want); i++) {
		err = g->ops->sysreg_get(g, vcpu, want[i].reg, want[i].value);
		if (err)
			return err;
	}
	return 0;
}

static uint64_t page_size(uint64_t tcr)
{
	switch (FIELD_GET(TCR_TG1_MASK, tcr)) {
	case 1:
		return 4 * SZ_4K;
	case 3:
		return SZ_64K;
	default:
		return SZ_4K;
	}
}

/* MIN_KIMG_ALIGN: the low bits of VA and IPA are equal. */
static bool is_plausible(const struct introspect *in, va_t text)
{
	return kva_is_kernel(text) && text < -in->k.size &&
	       !((text ^ in->k.ipa) & (SZ_64K - 1));
}

/*
 * If *text is not 0: do these tables map the text of a kernel that runs at
 * *text to the place of the Image? If *text is 0: do they map the Image's text
 * as executable anywhere? *text is then set to the address.
 */
static bool maps_text(const struct introspect *in,
		      const struct stage1_regs *regs, va_t *text)
{
	ipa_t probe = in->k.ipa + in->kva.probe;
	struct stage1_mapping m;
	va_t va;

	if (*text)
		return !stage1_walk(in->g, regs, *text + in->kva.probe, &m) &&
		       m.ipa == probe;
	/*
	 * Linux maps its text by blocks of 512 MiB at most. If a block seems to
	 * have 1 GiB or more, regs point to a table of a lower level:
	 * find_tables() has guessed wrong.
	 */
	if (!stage1_exec_find(in->g, regs, probe, sizeof(uint32_t), &va) ||
	    !is_plausible(in, va - in->kva.probe) ||
	    stage1_walk(in->g, regs, va, &m) || m.size >= SZ_1G)
		return false;
	*text = va - in->kva.probe;
	return true;
}

/* If the vCPU uses KPTI's tables, replace them in regs by the kernel's own. */
static bool find_tables(const struct introspect *in, struct stage1_regs *regs,
			va_t *text)
{
	uint64_t ttbr1 = regs->ttbr1, page = page_size(regs->tcr);
	struct kallsyms_entry e;

	if (!(regs->sctlr & SCTLR_ELx_M))
		return false;
	if (maps_text(in, regs, text))
		return true;
	for (unsigned int pages = 2; pages; pages--) {
		regs->ttbr1 = ttbr1 + pages * page;
		if (maps_text(in, regs, text))
			return true;
	}
	if (kallsyms_lookup(&in->ks, "swapper_pg_dir", &e)) {
		regs->ttbr1 = (ttbr1 & TTBR_ASID_MASK) |
			      ((in->k.ipa + kallsyms_offset(&in->ks, e.index)) &
			       TTBR_ADDRESS);
		if (maps_text(in, regs, text))
			return true;
	}
	regs->ttbr1 = ttbr1;
	return false;
}

/* The value of kallsyms_relative_base; 0: the kernel has no such word. */
static uint64_t relative_base(const struct introspect *in)
{
	uint64_t base = 0;

	if (in->ks.relative_base_at)
		kva_read_image(in, in->ks.relative_base_at, &base,
			       sizeof(base));
	return base;
}

/*
 * The address of _text to look for in a vCPU's tables. 0: look for any address,
 * because this kernel has no kallsyms_relative_base. false: the value of
 * kallsyms_relative_base shows that the kernel has not relocated itself yet.
 */
static bool text_candidate(const struct introspect *in, va_t *ret)
{
	*ret = in->kva.text;
	if (*ret || !in->ks.relative_base_at)
		return true;
	*ret = relative_base(in) - in->ks.base;
	return is_plausible(in, *ret);
}

void kva_init(struct introspect *in)
{
	struct kallsyms_entry e;

	memset(&in->kva, 0, sizeof(in->kva));
	in->kva.first_base = relative_base(in);
	/* The page of the header is not mapped, but these symbols are. */
	if (kallsyms_lookup(&in->ks, "_stext", &e) ||
	    kallsyms_lookup(&in->ks, "panic", &e))
		in->kva.probe = kallsyms_offset(&in->ks, e.index);
}

int kva_refresh(struct introspect *in)
{
	struct stage1_regs regs;
	bool asks;
	va_t text;
	int err = -ENOENT;

	if (!in->found)
		return -ENOENT;
	asks = text_candidate(in, &text);
	for (unsigned int i = 0; asks && i < in->g->nr_vcpus; i++) {
		if (!in->g->ops->vcpu_online(in->g, i))
			continue;
		err = regs_read(in->g, i, &regs);
		if (err)
			break;
		if (!find_tables(in, &regs, &text))
			continue;
		in->kva.text = text;
		in->kva.regs = regs;
		in->kva.regs_known = true;
		return 0;
	}
	/* No vCPU can be asked, but a changed word shows a relocated kernel. */
	if (err && asks && relative_base(in) != in->kva.first_base)
		in->kva.text = text;
	return in->kva.text ? 0 : -ENOENT;
}

int introspect_text_va(struct introspect *in, va_t *ret)
{
	int err = in->kva.text ? 0 : kva_refresh(in);

	if (!err)
		*ret = in->kva.text;
	return err;
}

static unsigned int vcpu_with_tables(struct guest *g, unsigned int vcpu)
{
	if (vcpu >= g->nr_vcpus || g->ops->vcpu_online(g, vcpu))
		return vcpu;
	if (g->ops->vcpu_online(g, g->last.vcpu))
		return g->last.vcpu;
	for (unsigned int i = 0; i < g->nr_vcpus; i++)
		if (g->ops->vcpu_online(g, i))
			return i;
	return vcpu;
}

int introspect_stage1_regs(struct introspect *in, unsigned int vcpu,
			   struct stage1_regs *ret)
{
	struct stage1_regs regs;
	int err = regs_read(in->g, vcpu_with_tables(in->g, vcpu), &regs);
	va_t text;

	if (err)
		return err;
	if (in->found && text_candidate(in, &text))
		find_tables(in, &regs, &text);
	*ret = regs;
	return 0;
}

int kva_read_image(const struct introspect *in, uint64_t offset, void *buf,
		   size_t len)
{
	if (offset > in->k.size || len > in->k.size - offset)
		return -EFAULT;
	/* The guest may have changed the Image since it was copied. */
	if (in->k.copy)
		return guest_ram_read(in->g, in->k.ipa + offset, buf, len)
			       ? 0
			       : -EFAULT;
	memcpy(buf, in->k.data + offset, len);
	return 0;
}

/* Translate va; *len becomes the bytes up to the page's end, if fewer. */
static inline int translate(struct introspect *in, va_t va, size_t *len,
			    ipa_t *ret)
{
	struct stage1_mapping m;
	uint64_t left;
	int err = stage1_walk(in->g, &in->kva.regs, va, &m);

	if (err)
		return err;
	left = m.size - (m.ipa & (m.size - 1));
	/* A block may end beyond RAM, so go page by page. */
	if (left > SZ_4K)
		left = SZ_4K - (m.ipa & (SZ_4K - 1));
	if (*len > left)
		*len = left;
	*ret = m.ipa;
	return 0;
}

void introspect_limit_reads(struct introspect *in, uint64_t nr)
{
	in->kva.limit = nr;
	in->kva.reads_left = nr;
	in->kva.denied = false;
}

uint64_t introspect_limit_reached(const struct introspect *in)
{
	return in->kva.denied ? in->kva.limit : 0;
}

static inline bool read_allowed(struct introspect *in)
{
	if (!in->kva.limit)
		return true;
	in->kva.denied |= !in->kva.reads_left;
	if (in->kva.denied)
		return false;
	in->kva.reads_left--;
	return true;
}

int kva_read(struct introspect *in, va_t va, void *buf, size_t len)
{
	uint8_t *p = buf;
	ipa_t ipa;
	size_t n;
	int err;

	if (!kva_is_kernel(va) || len > -va || !read_allowed(in))
		return -EFAULT;
	if (in->kva.text && va >= in->kva.text &&
	    !kva_read_image(in, va - in->kva.text, buf, len))
		return 0;
	if (!in->kva.regs_known)
		return -ENOENT;
	for (; len; len -= n, va += n, p += n) {
		n = len;
		err = translate(in, va, &n, &ipa);
		if (err)
			return err;
		if (!guest_ram_read(in->g, ipa, p, n))
			return -EFAULT;
	}
	return 0;
}

int kva_read_original(struct introspect *in, va_t va, void *buf, size_t len)
{
	uint8_t *p = buf;
	ipa_t ipa;
	size_t n;

	for (; len; len -= n, va += n, p += n) {
		n = len;
		if (translate(in, va, &n, &ipa) ||
		    in->g->ops->ipa_read(in->g, ipa, p, n) != (long)n)
			return -EFAULT;
	}
	return 0;
}

int kva_read_u64(struct introspect *in, va_t va, uint64_t *ret)
{
	return kva_read(in, va, ret, sizeof(*ret));
}

int kva_read_string(struct introspect *in, va_t va, char *buf, size_t size)
{
	size_t done = 0, n;
	char *nul;

	while (done < size - 1) {
		/* The string may end in this page: do not read beyond it. */
		n = SZ_4K - ((va + done) & (SZ_4K - 1));
		if (n > size - 1 - done)
			n = size - 1 - done;
		if (kva_read(in, va + done, buf + done, n))
			return -EFAULT;
		nul = memchr(buf + done, '\0', n);
		if (nul)
			return nul - buf;
		done += n;
	}
	buf[done] = '\0';
	return done;
}

va_t kva_strip_pac(const struct introspect *in, va_t va)
{
	unsigned int bits = 64 - FIELD_GET(TCR_T1SZ_MASK, in->kva.regs.tcr);

	if (!in->kva.regs_known || bits > 55)
		return va;
	/* The PAC is in all bits above the address, except bit 55. */
	if (va & VA_UPPER_HALF)
		return va | GENMASK_ULL(63, bits);
	return va & ~GENMASK_ULL(63, bits);
}
