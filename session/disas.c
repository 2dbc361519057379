// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * disas.c - instructions of the guest as text, and the command "disas"
 *
 * Capstone writes the text (decoder.h); the symbol of an address that is
 * relative to the PC follows the text. Planted breakpoints are not seen,
 * because view_read() hides them.
 */
#include "state.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <trapline/arm64.h>
#include <trapline/util.h>

#define DISAS_DEFAULT 16U
#define DISAS_MAX     4096U
#define DISAS_BEFORE  8U /* instructions before the PC, without an address */
#define ADDRESS_MAX   512 /* longer than any kernel symbol's name */

static void symbol_short(struct session *s, va_t va, FILE *out)
{
	struct introspect_symbol sym;

	if (!introspect_symbol_by_address(session_introspect(s), va, &sym))
		fprintf(out, " <%s+0x%" PRIx64 ">", sym.name, va - sym.va);
}

int session_insn(struct session *s, va_t va, FILE *out)
{
	struct insn_text insn;
	uint32_t word;

	if (view_read(&s->view, session_vcpu(s), va, &word, sizeof(word)) !=
	    sizeof(word))
		return -EFAULT;
	decoder_text(s->second, word, va, &insn);
	fputs(insn.text, out);
	if (insn.has_target)
		symbol_short(s, insn.target, out);
	return 0;
}

/* Parse "ADDRESS [N]". */
static int disas_parse(struct session *s, const char *args, va_t *va,
		       uint64_t *nr, FILE *out)
{
	size_t n = strcspn(args, " \t");
	char word[ADDRESS_MAX];
	int err;

	if (n >= sizeof(word)) {
		fprintf(out, "the address is too long\n");
		return -EINVAL;
	}
	memcpy(word, args, n);
	word[n] = '\0';
	args += n + strspn(args + n, " \t");
	if (*args &&
	    (!number_parse(args, NULL, nr) || !*nr || *nr > DISAS_MAX)) {
		fprintf(out, "%s is no number from 1 to %u\n", args, DISAS_MAX);
		return -EINVAL;
	}
	err = session_address(s, word, va, out);
	if (!err && *va % INSN_SIZE) {
		fprintf(out, "0x%" PRIx64 " is no multiple of %d\n", *va,
			INSN_SIZE);
		err = -EINVAL;
	}
	return err;
}

/*
 * Up to DISAS_BEFORE instructions before pc, but none of another function. The
 * page before that of pc may not be mapped.
 */
static va_t disas_start(struct session *s, va_t pc)
{
	uint64_t before = min(pc % SZ_4K, (va_t)DISAS_BEFORE * INSN_SIZE);
	struct introspect_symbol sym;

	if (!introspect_symbol_by_address(session_introspect(s), pc, &sym))
		before = min(before, pc - sym.va);
	return pc - before;
}

int session_disas(struct session *s, const char *args, FILE *out)
{
	uint64_t nr = DISAS_DEFAULT;
	struct guest_regs regs;
	unsigned int vcpu = session_vcpu(s);
	int err = view_regs_get(&s->view, vcpu, GUEST_REG_PC | GUEST_REG_PSTATE,
				&regs);
	va_t va;

	if (!err && FIELD_GET(PSTATE_nRW, regs.pstate)) {
		fprintf(out, "CPU %u executes AArch32\n", vcpu);
		return -ENOTSUP;
	}
	if (err) {
		fprintf(out, "CPU %u: %s\n", vcpu, strerror(-err));
		return err;
	}
	if (*args)
		err = disas_parse(s, args, &va, &nr, out);
	else
		va = disas_start(s, regs.pc);
	for (uint64_t i = 0; !err && i < nr; i++, va += INSN_SIZE) {
		fprintf(out, "%s0x%016" PRIx64, va == regs.pc ? "=> " : "   ",
			va);
		symbol_short(s, va, out);
		fputs(": ", out);
		err = session_insn(s, va, out);
		fputs(err ? "not mapped\n" : "\n", out);
	}
	return err;
}
