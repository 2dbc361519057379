// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * pbreak.c - see pbreak.h
 */
#include "pbreak.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <trapline/decoder.h>
#include "vmm/debug/breakpoints.h"
#include "vmm/vm.h"

ipa_t pbreak_function(struct vm *vm, struct introspect *in, const char *name)
{
	uint32_t insns[8];
	uint8_t *host;
	ipa_t ipa;

	if (introspect_symbol_ipa(in, name, &ipa))
		return 0;
	host = vm_ram_at(vm, ipa, sizeof(insns));
	if (!host)
		return 0;
	memcpy(insns, host, sizeof(insns));
	return ipa + decoder_entry_padding(insns, ARRAY_SIZE(insns));
}

static int plant(struct pbreaks *p, struct pbreak *b)
{
	ipa_t ipa = b->ipa;
	int err;

	if (*b->name)
		ipa = pbreak_function(p->vm, p->in, b->name);
	if (!ipa && *b->name)
		return 1;
	for (unsigned int i = 0; i < p->nr; i++)
		if (&p->list[i] != b && p->list[i].ipa == ipa)
			return -EEXIST;
	err = breakpoints_sw_add(p->vm->breakpoints, ipa, BREAK_MONITOR);
	if (!err)
		b->ipa = ipa;
	return err;
}

int pbreak_add(struct pbreaks *p, ipa_t ipa, const char *name)
{
	struct pbreak *b = &p->list[p->nr];
	int err;

	if (p->nr == ARRAY_SIZE(p->list))
		return -ENOSPC;
	if (strlen(name) >= sizeof(b->name))
		return -EINVAL;
	strcpy(b->name, name);
	b->ipa = *name ? IPA_NONE : ipa;
	err = plant(p, b);
	if (err >= 0)
		p->nr++;
	return err;
}

int pbreak_del(struct pbreaks *p, unsigned int n)
{
	ipa_t ipa;

	if (!n || n > p->nr)
		return -ENOENT;
	ipa = p->list[n - 1].ipa;
	if (ipa != IPA_NONE)
		(void)breakpoints_sw_del(p->vm->breakpoints, ipa,
					 BREAK_MONITOR);
	p->nr--;
	memmove(&p->list[n - 1], &p->list[n],
		(p->nr + 1 - n) * sizeof(*p->list));
	return 0;
}

static void print_one(const struct pbreak *b, FILE *out)
{
	if (b->ipa == IPA_NONE)
		fprintf(out, "%s, not found yet", b->name);
	else
		fprintf(out, "IPA 0x%" PRIx64 "%s%s", b->ipa,
			*b->name ? " " : "", b->name);
}

void pbreak_print(const struct pbreaks *p, FILE *out)
{
	for (unsigned int i = 0; i < p->nr; i++) {
		fprintf(out, "%u: ", i + 1);
		print_one(&p->list[i], out);
		fputc('\n', out);
	}
}

void pbreak_plant(struct pbreaks *p)
{
	for (unsigned int i = 0; i < p->nr; i++)
		if (p->list[i].ipa == IPA_NONE)
			(void)plant(p, &p->list[i]);
}

void pbreak_reset(struct pbreaks *p)
{
	for (unsigned int i = 0; i < p->nr; i++) {
		struct pbreak *b = &p->list[i];

		if (!*b->name || b->ipa == IPA_NONE)
			continue;
		(void)breakpoints_sw_del(p->vm->breakpoints, b->ipa,
					 BREAK_MONITOR);
		b->ipa = IPA_NONE;
	}
	pbreak_plant(p);
}

void pbreak_hit(const struct pbreaks *p, ipa_t ipa, char *text, size_t size)
{
	const char *name = "";

	for (unsigned int i = 0; i < p->nr; i++)
		if (p->list[i].ipa == ipa)
			name = p->list[i].name;
	snprintf(text, size, "breakpoint at IPA 0x%" PRIx64 "%s%s", ipa,
		 *name ? " " : "", name);
}
