/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * target.xml. Source: the GDB manual, "Target Description Format" and "AArch64
 * Features". The order of the registers defines their numbers, which regs.h
 * lists.
 *
 * The osabi is "none". Without an osabi, Debian's gdb assumes GNU/Linux and
 * never asks for the guest's modules (qXfer:libraries). cpsr, SPSR_EL1 and
 * ESR_EL1 have a flags type, so gdb prints their fields by name. The field
 * names are the architecture's.
 */
#include <errno.h>
#include <stdlib.h>
#include <trapline/text.h>

#include "target_xml.h"
#include "regs.h"

struct field {
	const char *name;
	unsigned int start, end;
};

/* Arm ARM, "SPSR_EL1, Saved Program Status Register (EL1)". */
static const struct field pstate_fields[] = {
	{ "SP", 0, 0 },    { "EL", 2, 3 },      { "nRW", 4, 4 },
	{ "F", 6, 6 },     { "I", 7, 7 },       { "A", 8, 8 },
	{ "D", 9, 9 },     { "BTYPE", 10, 11 }, { "SSBS", 12, 12 },
	{ "IL", 20, 20 },  { "SS", 21, 21 },    { "PAN", 22, 22 },
	{ "UAO", 23, 23 }, { "DIT", 24, 24 },   { "TCO", 25, 25 },
	{ "V", 28, 28 },   { "C", 29, 29 },     { "Z", 30, 30 },
	{ "N", 31, 31 },
};

/* Arm ARM, "ESR_EL1, Exception Syndrome Register (EL1)". */
static const struct field esr_fields[] = {
	{ "ISS", 0, 24 },
	{ "IL", 25, 25 },
	{ "EC", 26, 31 },
	{ "ISS2", 32, 55 },
};

static void flags(FILE *out, const char *id, unsigned int size,
		  const struct field *fields, size_t nr)
{
	fprintf(out, "<flags id=\"%s\" size=\"%u\">\n", id, size);
	for (size_t i = 0; i < nr; i++)
		fprintf(out, "<field name=\"%s\" start=\"%u\" end=\"%u\"%s/>\n",
			fields[i].name, fields[i].start, fields[i].end,
			fields[i].start == fields[i].end ? " type=\"bool\""
							 : "");
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
	flags(out, "cpsr_flags", 4, pstate_fields, ARRAY_SIZE(pstate_fields));
	for (unsigned int i = REG_X0; i < REG_SP; i++) {
		snprintf(name, sizeof(name), "x%u", i);
		reg(out, name, 64, "");
	}
	reg(out, "sp", 64, " type=\"data_ptr\"");
	reg(out, "pc", 64, " type=\"code_ptr\"");
	reg(out, "cpsr", 32, " type=\"cpsr_flags\"");
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

static void sysreg_feature(FILE *out)
{
	fprintf(out, "<feature name=\"org.trapline.aarch64.sysregs\">\n");
	flags(out, "spsr_flags", 8, pstate_fields, ARRAY_SIZE(pstate_fields));
	flags(out, "esr_flags", 8, esr_fields, ARRAY_SIZE(esr_fields));
	for (unsigned int i = 0; i < GUEST_NR_SYSREGS; i++)
		fprintf(out,
			"<reg name=\"%s\" bitsize=\"64\" type=\"%s\" "
			"group=\"system\" save-restore=\"no\"/>\n",
			sysreg_names[i].name, sysreg_names[i].type);
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
