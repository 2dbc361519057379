// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * dwarf_abbrev.c - which attributes each kind of entry has, and in which form
 *
 * Source: DWARF 5, "Abbreviations Tables", "Attributes by Tag Value", and the
 * tables of encodings. All numbers are below 128, so each is one byte of
 * ULEB128.
 */
#include "dwarf_write.h"

enum tag {
	ARRAY_TYPE = 0x01,
	ENUMERATION_TYPE = 0x04,
	FORMAL_PARAMETER = 0x05,
	MEMBER = 0x0d,
	POINTER_TYPE = 0x0f,
	COMPILE_UNIT = 0x11,
	STRUCTURE_TYPE = 0x13,
	SUBROUTINE_TYPE = 0x15,
	TYPEDEF = 0x16,
	UNION_TYPE = 0x17,
	UNSPECIFIED_PARAMETERS = 0x18,
	SUBRANGE_TYPE = 0x21,
	BASE_TYPE = 0x24,
	CONST_TYPE = 0x26,
	ENUMERATOR = 0x28,
	SUBPROGRAM = 0x2e,
	VARIABLE = 0x34,
	VOLATILE_TYPE = 0x35,
	RESTRICT_TYPE = 0x37,
};

/* An attribute and its form, "DW_AT_x, DW_FORM_y". */
#define LOCATION      0x02, 0x18 /* exprloc */
#define LOCATION_LIST 0x02, 0x17 /* sec_offset */
#define NAME          0x03, 0x0e /* strp */
#define NAME_HERE     0x03, 0x08 /* string */
#define SIZE1         0x0b, 0x0b /* byte_size, data1 */
#define SIZE4         0x0b, 0x06 /* byte_size, data4 */
#define BIT_SIZE      0x0d, 0x0b /* data1 */
#define LOW_PC        0x11, 0x01 /* addr */
#define HIGH_PC       0x12, 0x06 /* data4: a size */
#define HIGH_PC8      0x12, 0x07 /* data8 */
#define LANGUAGE      0x13, 0x0b /* data1 */
#define VALUE_SIGNED  0x1c, 0x0d /* const_value, sdata */
#define VALUE         0x1c, 0x0f /* const_value, udata */
#define PRODUCER      0x25, 0x08 /* string */
#define PROTOTYPED    0x27, 0x19 /* flag_present */
#define COUNT         0x37, 0x06 /* data4 */
#define OFFSET        0x38, 0x06 /* data_member_location, data4 */
#define DECLARATION   0x3c, 0x19 /* flag_present */
#define ENCODING      0x3e, 0x0b /* data1 */
#define EXTERNAL      0x3f, 0x19 /* flag_present */
#define GLOBAL        0x3f, 0x0c /* external, flag */
#define TYPE          0x49, 0x13 /* ref4 */
#define TYPE_FAR      0x49, 0x10 /* ref_addr */
#define BIT_OFFSET    0x6b, 0x06 /* data_bit_offset, data4 */

#define ROW(die, tag, children, ...) DIE_##die, tag, children, __VA_ARGS__, 0, 0
/* The same without an attribute. */
#define BARE(die, tag, children)     DIE_##die, tag, children, 0, 0

/* clang-format off */
static const uint8_t abbrevs[] = {
	ROW(TYPES, COMPILE_UNIT, 1, PRODUCER, LANGUAGE, NAME_HERE),
	ROW(FUNCTIONS, COMPILE_UNIT, 1, PRODUCER, LANGUAGE, NAME_HERE,
	    LOW_PC, HIGH_PC8),
	ROW(NUMBER, BASE_TYPE, 0, NAME, ENCODING, SIZE1),
	ROW(POINTER, POINTER_TYPE, 0, TYPE),
	BARE(POINTER_VOID, POINTER_TYPE, 0),
	ROW(CONST, CONST_TYPE, 0, TYPE),
	BARE(CONST_VOID, CONST_TYPE, 0),
	ROW(VOLATILE, VOLATILE_TYPE, 0, TYPE),
	BARE(VOLATILE_VOID, VOLATILE_TYPE, 0),
	ROW(RESTRICT, RESTRICT_TYPE, 0, TYPE),
	BARE(RESTRICT_VOID, RESTRICT_TYPE, 0),
	ROW(TYPEDEF, TYPEDEF, 0, TYPE, NAME),
	ROW(TYPEDEF_VOID, TYPEDEF, 0, NAME),
	ROW(ARRAY, ARRAY_TYPE, 1, TYPE),
	ROW(RANGE, SUBRANGE_TYPE, 0, COUNT),
	BARE(RANGE_OPEN, SUBRANGE_TYPE, 0),
	ROW(STRUCT, STRUCTURE_TYPE, 1, SIZE4, NAME),
	ROW(STRUCT_NAMELESS, STRUCTURE_TYPE, 1, SIZE4),
	ROW(UNION, UNION_TYPE, 1, SIZE4, NAME),
	ROW(UNION_NAMELESS, UNION_TYPE, 1, SIZE4),
	ROW(MEMBER, MEMBER, 0, TYPE, OFFSET, NAME),
	ROW(MEMBER_NAMELESS, MEMBER, 0, TYPE, OFFSET),
	ROW(BITS, MEMBER, 0, TYPE, BIT_OFFSET, BIT_SIZE, NAME),
	ROW(BITS_NAMELESS, MEMBER, 0, TYPE, BIT_OFFSET, BIT_SIZE),
	ROW(ENUM, ENUMERATION_TYPE, 1, SIZE1, NAME),
	ROW(ENUM_NAMELESS, ENUMERATION_TYPE, 1, SIZE1),
	ROW(ENUM_DECLARATION, ENUMERATION_TYPE, 0, SIZE1, NAME, DECLARATION),
	ROW(SIGNED, ENUMERATOR, 0, VALUE_SIGNED, NAME),
	ROW(UNSIGNED, ENUMERATOR, 0, VALUE, NAME),
	ROW(STRUCT_DECLARATION, STRUCTURE_TYPE, 0, NAME, DECLARATION),
	ROW(UNION_DECLARATION, UNION_TYPE, 0, NAME, DECLARATION),
	ROW(PROTOTYPE, SUBROUTINE_TYPE, 1, TYPE, PROTOTYPED),
	ROW(PROTOTYPE_VOID, SUBROUTINE_TYPE, 1, PROTOTYPED),
	ROW(ARGUMENT, FORMAL_PARAMETER, 0, TYPE),
	BARE(ARGUMENT_VOID, FORMAL_PARAMETER, 0),
	BARE(MORE_ARGUMENTS, UNSPECIFIED_PARAMETERS, 0),
	ROW(VARIABLE, VARIABLE, 0, NAME_HERE, TYPE, EXTERNAL, LOCATION),
	ROW(FUNCTION, SUBPROGRAM, 1, NAME, GLOBAL, PROTOTYPED, LOW_PC, HIGH_PC,
	    TYPE_FAR),
	ROW(FUNCTION_VOID, SUBPROGRAM, 1, NAME, GLOBAL, PROTOTYPED, LOW_PC,
	    HIGH_PC),
	ROW(PARAMETER, FORMAL_PARAMETER, 0, NAME, TYPE_FAR),
	ROW(PARAMETER_PLACED, FORMAL_PARAMETER, 0, NAME, TYPE_FAR,
	    LOCATION_LIST),
	0,
};
/* clang-format on */

const uint8_t *dwarf_abbrevs(size_t *size)
{
	*size = sizeof(abbrevs);
	return abbrevs;
}
