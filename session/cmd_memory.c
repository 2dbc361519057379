// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cmd_memory.c - commands that explain addresses
 *
 * The names of attributes are those of the Arm ARM, "VMSAv8-64 descriptor
 * formats" and "MAIR_EL1".
 */
#include "record.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <trapline/stage1.h>
#include <trapline/util.h>
#include "state.h"

#define DESC_ATTR_INDEX GENMASK_ULL(4, 2)
#define DESC_SH         GENMASK_ULL(9, 8)
#define DESC_NG         BIT_ULL(11)
#define DESC_GP         BIT_ULL(50)
#define DESC_CONTIGUOUS BIT_ULL(52)
#define DESC_UXN        BIT_ULL(54)

/* An attribute byte of MAIR_EL1 */
#define MAIR_OUTER     GENMASK_ULL(7, 4) /* 0: a device */
#define MAIR_DEVICE    GENMASK_ULL(3, 2)
#define MAIR_NORMAL_NC 0x44
#define MAIR_TAGGED    0xf0
#define MAIR_NORMAL_WB 0xff

struct attribute {
	uint64_t bits;
	const char *set, *clear; /* NULL: nothing */
};

static const struct attribute leaf_attributes[] = {
	{ DESC_AP_RO, "read-only", "writable" },
	{ DESC_AP_EL0, "EL0 may access", NULL },
	{ DESC_DBM, "DBM", NULL },
	{ DESC_AF, "AF", "AF clear" },
	{ DESC_NG, "nG", "global" },
	{ DESC_CONTIGUOUS, "contiguous", NULL },
	{ DESC_GP, "GP", NULL },
	{ DESC_PXN, "PXN", "EL1 may execute" },
	{ DESC_UXN, "UXN", "EL0 may execute" },
};

static const struct attribute table_attributes[] = {
	{ DESC_AP_TABLE_NO_EL0, "APTable: not for EL0", NULL },
	{ DESC_AP_TABLE_RO, "APTable: read-only", NULL },
	{ DESC_PXN_TABLE, "PXNTable", NULL },
	{ DESC_UXN_TABLE, "UXNTable", NULL },
};

static void attributes_print(const struct attribute *a, size_t nr,
			     uint64_t desc, FILE *out)
{
	for (size_t i = 0; i < nr; i++) {
		const char *name = desc & a[i].bits ? a[i].set : a[i].clear;

		if (name)
			fprintf(out, ", %s", name);
	}
}

static const char *memory_type(uint8_t attr)
{
	static const char *const device[] = { "Device-nGnRnE", "Device-nGnRE",
					      "Device-nGRE", "Device-GRE" };

	if (attr == MAIR_TAGGED)
		return "Normal, Tagged";
	if (!FIELD_GET(MAIR_OUTER, attr))
		return device[FIELD_GET(MAIR_DEVICE, attr)];
	if (attr == MAIR_NORMAL_NC)
		return "Normal, Non-cacheable";
	return attr == MAIR_NORMAL_WB ? "Normal, Write-Back" : "Normal";
}

static const char *const shareability[] = { "Non-shareable", "reserved SH",
					    "Outer Shareable",
					    "Inner Shareable" };

static void leaf_text(uint64_t desc, uint64_t mair, FILE *out)
{
	unsigned int index = (unsigned int)FIELD_GET(DESC_ATTR_INDEX, desc);

	fprintf(out, "%s, %s", memory_type((uint8_t)(mair >> (8 * index))),
		shareability[FIELD_GET(DESC_SH, desc)]);
	attributes_print(leaf_attributes, ARRAY_SIZE(leaf_attributes), desc,
			 out);
}

char *session_descriptor(const struct stage1_step *step, bool leaf,
			 uint64_t mair)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	if (!(step->desc & DESC_VALID)) {
		fputs("not valid", out);
	} else if (!leaf) {
		fputs("table", out);
		attributes_print(table_attributes, ARRAY_SIZE(table_attributes),
				 step->desc, out);
	} else {
		fprintf(out, "%s: ", step->level == 3 ? "page" : "block");
		leaf_text(step->desc, mair, out);
	}
	fclose(out);
	return text;
}

static void steps_show(struct record *r, struct session *s,
		       const struct stage1_step *steps, unsigned int nr)
{
	struct guest *g = session_guest(s);
	uint64_t mair = 0;

	g->ops->sysreg_get(g, session_vcpu(s), GUEST_MAIR_EL1, &mair);
	for (unsigned int i = 0; i < nr; i++) {
		bool leaf = i + 1 == nr && (steps[i].level == 3 ||
					    !(steps[i].desc & DESC_TABLE));
		char *text = session_descriptor(&steps[i], leaf, mair);

		record_number(r, "level", 5, steps[i].level);
		record_hex(r, "at IPA", steps[i].at);
		record_hex(r, "descriptor", steps[i].desc);
		record_text(r, "meaning", -1, text ? text : "");
		record_row(r);
		free(text);
	}
}

static int cmd_vtop(struct session *s, const char *args, FILE *out)
{
	struct stage1_step steps[STAGE1_MAX_STEPS];
	struct stage1_mapping map;
	struct stage1_regs regs;
	unsigned int nr = 0;
	struct record r;
	va_t va;
	int err = session_address(s, args, &va, out);

	if (err)
		return err;
	record_begin(&r, s, out);
	err = introspect_stage1_regs(session_introspect(s), session_vcpu(s),
				     &regs);
	if (!err)
		err = stage1_walk_steps(session_guest(s), &regs, va, steps, &nr,
					&map);
	record_title(&r, "0x%" PRIx64 ": TTBR%d_EL1 0x%" PRIx64, va,
		     va & VA_UPPER_HALF ? 1 : 0,
		     va & VA_UPPER_HALF ? regs.ttbr1 : regs.ttbr0);
	steps_show(&r, s, steps, nr);
	if (err)
		record_note(&r, "0x%016" PRIx64 " is not mapped", va);
	else
		record_note(&r,
			    "0x%016" PRIx64 " -> IPA 0x%" PRIx64 ", 0x%" PRIx64
			    " bytes%s%s",
			    va, map.ipa, map.size,
			    guest_ram_range(session_guest(s), map.ipa, 1)
				    ? ""
				    : ", outside RAM",
			    map.desc ? "" : ", MMU off");
	record_end(&r);
	return err;
}

/* clang-format off */
static const struct session_command rows[] = {
	{ "vtop", "ADDRESS|NAME [--json]",
	  "the walk of an address through the tables (stage 1)\n"
	  "vtop panic\nvtop 0xffff800080000000 --json", SESSION_ANY, cmd_vtop },
};
/* clang-format on */

int session_commands_memory(struct session *s)
{
	return session_commands_add(s, rows, ARRAY_SIZE(rows));
}
