/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * target.xml. Source: the GDB manual, "Target Description Format" and "AArch64
 * Features". The order of the registers defines their numbers, which regs.h
 * lists.
 *
 * The osabi is "none". Without an osabi, Debian's gdb assumes GNU/Linux and
 * never asks for the guest's modules (qXfer:libraries). sysregs.c has the
 * types of the system registers.
 */
#include <errno.h>
#include <stdlib.h>
#include <trapline/text.h>

#include "target_xml.h"
#include "regs.h"

static void field(FILE *out, const struct gdbstub_field *f, bool flag)
{
	fprintf(out, "<field name=\"%s\" start=\"%u\" end=\"%u\"%s/>\n",
		f->name, f->start, f->end,
		flag && f->start == f->end ? " type=\"bool\"" : "");
}

static void flags(FILE *out, const char *id, unsigned int size,
		  const struct gdbstub_sysreg *r)
{
	fprintf(out, "<flags id=\"%s_f\" size=\"%u\">\n", id, size);
	for (size_t i = 0; i < r->nr_fields; i++)
		field(out, &r->fields[i], true);
	fprintf(out, "</flags>\n");
}

static void reg(FILE *out, const char *name, unsigned int bits,
		const char *more)
{
	fprintf(out, "<reg name=\"%s\" bitsize=\"%u\"%s/>\n", name, bits, more);
}

static void core_feature(FILE *out)
{
	char name[8];

	fprintf(out, "<feature name=\"org.gnu.gdb.aarch64.core\">\n");
	flags(out, "cpsr", 4, &gdbstub_pstate);
	for (unsigned int i = REG_X0; i < REG_SP; i++) {
		snprintf(name, sizeof(name), "x%u", i);
		reg(out, name, 64, "");
	}
	reg(out, "sp", 64, " type=\"data_ptr\"");
	reg(out, "pc", 64, " type=\"code_ptr\"");
	reg(out, "cpsr", 32, " type=\"cpsr_f\"");
	fprintf(out, "</feature>\n");
}

/* The views of a vector register: by lane size, then by kind. */
static const struct lanes {
	char size; /* the lane size as A64 names it: D S H B Q */
	unsigned int count;
	const char *real; /* NULL: no floating-point type has that size */
	const char *is_unsigned;
	const char *is_signed;
} lanes[] = {
	{ 'd', 2, "ieee_double", "uint64", "int64" },
	{ 's', 4, "ieee_single", "uint32", "int32" },
	{ 'h', 8, "ieee_half", "uint16", "int16" },
	{ 'b', 16, NULL, "uint8", "int8" },
	{ 'q', 1, NULL, "uint128", "int128" },
};

static void vector(FILE *out, const struct lanes *l, char kind,
		   const char *type)
{
	if (type)
		fprintf(out,
			"<vector id=\"v%u%c\" type=\"%s\" count=\"%u\"/>\n",
			l->count, kind, type, l->count);
}

static void lane_types(FILE *out, const struct lanes *l)
{
	vector(out, l, 'f', l->real);
	vector(out, l, 'u', l->is_unsigned);
	vector(out, l, 'i', l->is_signed);
	fprintf(out, "<union id=\"vn%c\">\n", l->size);
	if (l->real)
		fprintf(out, "<field name=\"f\" type=\"v%uf\"/>\n", l->count);
	fprintf(out,
		"<field name=\"u\" type=\"v%uu\"/>\n"
		"<field name=\"s\" type=\"v%ui\"/>\n</union>\n",
		l->count, l->count);
}

static void fpu_feature(FILE *out)
{
	char name[8];

	fprintf(out, "<feature name=\"org.gnu.gdb.aarch64.fpu\">\n");
	for (size_t i = 0; i < ARRAY_SIZE(lanes); i++)
		lane_types(out, &lanes[i]);
	fprintf(out, "<union id=\"aarch64v\">\n");
	for (size_t i = 0; i < ARRAY_SIZE(lanes); i++)
		fprintf(out, "<field name=\"%c\" type=\"vn%c\"/>\n",
			lanes[i].size, lanes[i].size);
	fprintf(out, "</union>\n");
	for (unsigned int i = REG_V0; i < REG_FPSR; i++) {
		snprintf(name, sizeof(name), "v%u", i - REG_V0);
		reg(out, name, 128, " type=\"aarch64v\"");
	}
	reg(out, "fpsr", 32, " type=\"int\"");
	reg(out, "fpcr", 32, " type=\"int\"");
	fprintf(out, "</feature>\n");
}

/* Registers with the same fields have the same type: the first one's. */
static const struct gdbstub_sysreg *type_of(const struct gdbstub_sysreg *r)
{
	const struct gdbstub_sysreg *first = gdbstub_sysregs;

	while (first < r &&
	       (first->fields != r->fields || first->type != r->type))
		first++;
	return first;
}

static void sysreg_type(FILE *out, const struct gdbstub_sysreg *r)
{
	if (r->type < GDBSTUB_FLAGS)
		return;
	flags(out, r->name, 8, r);
	if (r->type != GDBSTUB_UNION)
		return;
	fprintf(out, "<struct id=\"%s_s\" size=\"8\">\n", r->name);
	for (size_t i = 0; i < r->nr_fields; i++)
		field(out, &r->fields[i], false);
	fprintf(out,
		"</struct>\n<union id=\"%s_u\">\n"
		"<field name=\"v\" type=\"uint64\"/>\n"
		"<field name=\"f\" type=\"%s_f\"/>\n"
		"<field name=\"s\" type=\"%s_s\"/>\n</union>\n",
		r->name, r->name, r->name);
}

static void sysreg(FILE *out, const struct gdbstub_sysreg *r,
		   const struct gdbstub_sysreg *type)
{
	static const char *const types[] = {
		[GDBSTUB_UINT64] = "uint64",
		[GDBSTUB_DATA_PTR] = "data_ptr",
		[GDBSTUB_CODE_PTR] = "code_ptr",
		[GDBSTUB_FLAGS] = "_f",
		[GDBSTUB_UNION] = "_u",
	};

	fprintf(out,
		"<reg name=\"%s\" bitsize=\"64\" type=\"%s%s\" "
		"group=\"system\" save-restore=\"no\"/>\n",
		r->name, r->type < GDBSTUB_FLAGS ? "" : type->name,
		types[r->type]);
}

static void sysreg_feature(FILE *out)
{
	const struct gdbstub_sysreg *r = gdbstub_sysregs;

	fprintf(out, "<feature name=\"org.trapline.aarch64.sysregs\">\n");
	for (; r < gdbstub_sysregs + GUEST_NR_SYSREGS; r++) {
		if (type_of(r) == r)
			sysreg_type(out, r);
		sysreg(out, r, type_of(r));
	}
	flags(out, gdbstub_pstate.name, 4, &gdbstub_pstate);
	reg(out, gdbstub_pstate.name, 32,
	    " type=\"pstate_f\" group=\"system\" save-restore=\"no\"");
	fprintf(out, "</feature>\n");
}

/* gdb removes the authentication code of an address with these masks. */
static void pauth_feature(FILE *out)
{
	static const char *const names[] = { "pauth_dmask", "pauth_cmask",
					     "pauth_dmask_high",
					     "pauth_cmask_high" };

	fprintf(out, "<feature name=\"org.gnu.gdb.aarch64.pauth_v2\">\n");
	for (unsigned int i = 0; i < ARRAY_SIZE(names); i++)
		reg(out, names[i], 64, " group=\"system\" save-restore=\"no\"");
	fprintf(out, "</feature>\n");
}

int target_xml_create(char **ret, size_t *length_ret)
{
	FILE *out = open_memstream(ret, length_ret);

	if (!out)
		return -ENOMEM;
	fprintf(out, "<?xml version=\"1.0\"?>\n"
		     "<!DOCTYPE target SYSTEM \"gdb-target.dtd\">\n"
		     "<target version=\"1.0\">\n"
		     "<architecture>aarch64</architecture>\n"
		     "<osabi>none</osabi>\n");
	core_feature(out);
	fpu_feature(out);
	sysreg_feature(out);
	pauth_feature(out);
	fprintf(out, "</target>\n");
	if (fclose(out)) {
		free(*ret);
		return -ENOMEM;
	}
	return 0;
}

void xml_text(FILE *out, const char *text)
{
	for (; *text; text++) {
		const char *entity = text_entity(*text);

		if (entity)
			fputs(entity, out);
		else
			fputc(text_is_printable(*text) ? *text : '?', out);
	}
}
