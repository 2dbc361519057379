// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * names - the decoder's tables compared with Capstone 5
 *
 * For random words of each form Capstone must print the mnemonic that follows
 * from the form, the element's size and the ordering. Capstone must also refuse
 * words that the decoder calls unallocated. The effect of an instruction is
 * tested by diff, not here. But this test covers the forms that cannot be
 * executed, and the ordering, which execution does not show.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <capstone.h>
#include <trapline/decoder.h>
#include "tests/random.h"

#define PER_FORM  200
#define MAX_SHOWN 20

static csh handle;
static cs_insn *cs;
static unsigned long agreed, unknown, wrong;

static bool capstone_knows(uint32_t word)
{
	const uint8_t *code = (const uint8_t *)&word;
	size_t size = sizeof(word);
	uint64_t at = 0;

	/* If Capstone prints only SYS, it does not know the word. */
	return cs_disasm_iter(handle, &code, &size, &at, cs) &&
	       strcmp(cs->mnemonic, "sys") != 0;
}

static bool is_swap_or_op(const struct insn *insn)
{
	return insn->op == INSN_OP_SWP ||
	       (insn->op >= INSN_OP_ADD && insn->op <= INSN_OP_UMIN);
}

/* The name in the tables, without the part in brackets, as a mnemonic. */
static void mnemonic(const struct insn *insn, char ret[32])
{
	const char *name = insn->form->name;
	size_t n = 0;

	while (isalnum((unsigned char)name[n]) && n < 16) {
		ret[n] = (char)tolower((unsigned char)name[n]);
		n++;
	}
	ret[n] = '\0';
	if (is_swap_or_op(insn)) {
		if (insn->flags & INSN_ACQUIRE || insn->word & BIT_ULL(23))
			strcat(ret, "a");
		else if (insn->rt == 31 && insn->op != INSN_OP_SWP)
			memcpy(ret, "st", 2);
		if (insn->flags & INSN_RELEASE)
			strcat(ret, "l");
	}
	if (insn->op <= INSN_OP_UMIN && insn->op != INSN_OP_CASP &&
	    !(insn->flags & INSN_VEC) && insn->size < 2)
		strcat(ret, insn->size ? "h" : "b");
}

/* True if Capstone gives the same name. Some names are only a prefix. */
static bool same(const struct insn *insn)
{
	char expected[32];

	mnemonic(insn, expected);
	switch (insn->op) {
	case INSN_OP_CACHE:
	case INSN_OP_TAG:
	case INSN_OP_ZERO:
		if (!(insn->flags & INSN_BASE_XZR))
			break;
		return !strcmp(cs->mnemonic, expected) &&
		       !strncasecmp(cs->op_str, insn->form->name + 3,
				    strlen(insn->form->name + 3));
	case INSN_OP_LOAD_STRUCT:
	case INSN_OP_STORE_STRUCT:
	case INSN_OP_LOAD_LANE:
	case INSN_OP_STORE_LANE:
	case INSN_OP_LOAD_ALL:
		return !strncmp(cs->mnemonic, expected, 2) &&
		       cs->mnemonic[2] == '0' + insn->selem &&
		       !strcmp(cs->mnemonic + 3,
			       insn->op == INSN_OP_LOAD_ALL ? "r" : "");
	case INSN_OP_COPY:
	case INSN_OP_FILL:
		return !strncmp(cs->mnemonic, expected, strlen(expected));
	}
	return !strcmp(cs->mnemonic, expected);
}

static void complain(uint32_t word, const char *name, bool known)
{
	if (wrong++ < MAX_SHOWN)
		printf("FAIL 0x%08x: decoder %s, capstone %s %s\n", word, name,
		       known ? cs->mnemonic : "(nothing)",
		       known ? cs->op_str : "");
}

/* Capstone 5 refuses an LDTR that loads its own base register. */
static bool is_odd(const struct insn *insn)
{
	return insn->flags & INSN_UNPRIV && insn->rt == insn->rn;
}

/* Forms that Capstone lacks as a whole are named once. */
static void check_form(const struct insn_form *form)
{
	unsigned int found = 0, known = 0;
	uint32_t last = 0;

	for (unsigned int i = 0; found < PER_FORM && i < 10000; i++) {
		uint32_t word = (random_word() & ~form->mask) | form->value;
		struct insn insn;

		if (decoder_decode(word, &insn) || insn.form != form ||
		    is_odd(&insn))
			continue;
		found++;
		if (!capstone_knows(word)) {
			last = word;
			continue;
		}
		known++;
		if (same(&insn))
			agreed++;
		else
			complain(word, form->name, true);
	}
	if (!known) {
		printf("capstone lacks: %s\n", form->name);
		unknown++;
	} else if (known != found) {
		printf("FAIL capstone knows %u of %u, not 0x%08x: %s\n", known,
		       found, last, form->name);
		wrong++;
	}
}

static void check_unallocated(void)
{
	for (unsigned int i = 0; i < 20 * PER_FORM;) {
		uint32_t word = (random_word() & ~0x0a000000U) | 0x08000000U;
		struct insn insn;

		if (decoder_decode(word, &insn) != -EILSEQ)
			continue;
		i++;
		if (capstone_knows(word))
			complain(word, "(unallocated)", true);
		else
			agreed++;
	}
}

int main(void)
{
	const struct insn_form *form;
	unsigned int i, nr = 0;

	if (cs_open(CS_ARCH_ARM64, CS_MODE_ARM, &handle))
		return 1;
	cs = cs_malloc(handle);
	for (i = 0; (form = decoder_form(i)); i++) {
		if (form->op == INSN_OP_REFUSED)
			continue;
		check_form(form);
		nr++;
	}
	check_unallocated();
	printf("%u forms, %lu words agreed with capstone %d.%d; "
	       "%lu forms it lacks\n",
	       nr, agreed, CS_VERSION_MAJOR, CS_VERSION_MINOR, unknown);
	return wrong != 0;
}
