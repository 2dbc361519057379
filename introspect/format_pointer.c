// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * format_pointer.c - what the letters after %p ask for
 *
 * Source: Documentation/core-api/printk-formats.rst. These letters are not
 * known, and are printed as they are: C (clocks), E (escaped strings), f
 * (firmware nodes), g (block devices), G (flags), O (device trees), r and R
 * (resources), t (times), A (Rust).
 */
#include "format.h"
#include "kva.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define BYTES_MAX   64 /* of %*ph, as in the kernel */
#define BITS_MAX    1024 /* of %*pb */
#define NEST_MAX    2 /* formats inside each other, by %pV */
#define MAX_ERRNO   4095
/* include/linux/errno.h: errors inside the kernel */
#define ERESTARTSYS 512
#define ENOTSUPP    524
#define POINTER_16                                         \
	{                                                  \
		.width = 16, .precision = -1, .zero = true \
	}

/* A pointer that the kernel does not follow: it prints this instead. */
static const char *no_pointer(uint64_t v)
{
	if (!v)
		return "(null)";
	return v < SZ_4K || v >= -(uint64_t)SZ_4K ? "(efault)" : NULL;
}

static void put_plain(struct format_out *o, const struct format_spec *s,
		      uint64_t v)
{
	struct format_spec pointer = POINTER_16;

	if (s->width >= 0)
		pointer = *s;
	format_put_number(o, &pointer, v, false, 16, false);
}

/* %pS, %ps, %pB: a symbol with its offset, without, of a return address */
static void put_symbol(struct introspect *in, struct format_out *o,
		       const struct format_spec *s, va_t va)
{
	unsigned int back = s->letters[0] == 'B';
	struct introspect_symbol sym;
	char text[256];
	int n;

	if (introspect_symbol_by_address(in, va - back, &sym) || !*sym.name) {
		snprintf(text, sizeof(text), "0x%llx", (unsigned long long)va);
		format_put_padded(o, s, text);
		return;
	}
	if (s->letters[0] == 's')
		n = snprintf(text, sizeof(text), "%s", sym.name);
	else
		n = snprintf(text, sizeof(text), "%s+0x%llx/0x%llx", sym.name,
			     (unsigned long long)(va - sym.va),
			     (unsigned long long)sym.room);
	if (*sym.module && (size_t)n < sizeof(text))
		snprintf(text + n, sizeof(text) - (size_t)n, " [%s]",
			 sym.module);
	format_put_padded(o, s, text);
}

/* Write bytes as hexadecimal digits, with a separator between them. */
static void hex(char *text, size_t size, const uint8_t *bytes, unsigned int nr,
		const char *separator)
{
	size_t n = 0;

	*text = '\0';
	for (unsigned int i = 0; i < nr && n + 4 < size; i++)
		n += (size_t)snprintf(text + n, size - n, "%s%02x",
				      i ? separator : "", bytes[i]);
}

/* %pM, %pMR, %pMF, %pm, %pmR */
static void put_mac(struct format_out *o, const struct format_spec *s,
		    const uint8_t *mac, unsigned int nr)
{
	bool reversed = s->letters[1] == 'R';
	const char *separator = s->letters[1] == 'F' ? "-" : ":";
	uint8_t bytes[6];
	char text[32];

	for (unsigned int i = 0; i < nr; i++)
		bytes[i] = mac[reversed ? nr - 1 - i : i];
	hex(text, sizeof(text), bytes, nr,
	    s->letters[0] == 'm' ? "" : separator);
	format_put_padded(o, s, text);
}

/* %*ph, %*phC, %*phD, %*phN: the width is the number of bytes */
static void put_bytes(struct format_out *o, const struct format_spec *s,
		      const uint8_t *bytes, unsigned int nr)
{
	const char *separator = " ";
	char text[4 * BYTES_MAX];

	if (s->letters[1] == 'C')
		separator = ":";
	else if (s->letters[1] == 'D')
		separator = "-";
	else if (s->letters[1] == 'N')
		separator = "";
	hex(text, sizeof(text), bytes, nr, separator);
	format_put(o, text);
}

/* %pI4, %pi4 with h, n, b, l; %pI6, %pI6c, %pi6 */
static void put_ip(struct format_out *o, const struct format_spec *s,
		   const uint8_t *ip, unsigned int nr)
{
	bool digits = s->letters[0] == 'i', swap;
	char text[INET6_ADDRSTRLEN] = "";
	uint8_t b[4];
	size_t n = 0;

	if (nr == sizeof(b)) {
		swap = s->letters[2] == 'h' || s->letters[2] == 'l';
		for (unsigned int i = 0; i < 4; i++)
			b[i] = ip[swap ? 3 - i : i];
		snprintf(text, sizeof(text),
			 digits ? "%03u.%03u.%03u.%03u" : "%u.%u.%u.%u", b[0],
			 b[1], b[2], b[3]);
	} else if (!digits && s->letters[2] == 'c') {
		inet_ntop(AF_INET6, ip, text, sizeof(text));
	} else {
		for (unsigned int i = 0; i < 16; i += 2)
			n += (size_t)snprintf(text + n, sizeof(text) - n,
					      "%s%02x%02x",
					      i && !digits ? ":" : "", ip[i],
					      ip[i + 1]);
	}
	format_put_padded(o, s, text);
}

/* %pUb, %pUB, %pUl, %pUL: big or little endian, upper case for B and L */
static void put_uuid(struct format_out *o, const struct format_spec *s,
		     const uint8_t *uuid, unsigned int nr)
{
	static const uint8_t little[16] = { 3, 2, 1,  0,  5,  4,  7,  6,
					    8, 9, 10, 11, 12, 13, 14, 15 };
	bool is_little = tolower((unsigned char)s->letters[1]) == 'l';
	bool upper = s->letters[1] == 'B' || s->letters[1] == 'L';
	char text[40];
	size_t n = 0;

	for (unsigned int i = 0; i < nr; i++) {
		bool dash = i == 4 || i == 6 || i == 8 || i == 10;

		n += (size_t)snprintf(text + n, sizeof(text) - n,
				      upper ? "%s%02X" : "%s%02x",
				      dash ? "-" : "",
				      uuid[is_little ? little[i] : i]);
	}
	format_put_padded(o, s, text);
}

static bool bit(const uint8_t *map, unsigned int i)
{
	return map[i / 8] >> (i % 8) & 1;
}

/* %*pbl: ranges of bits; the width is the number of bits */
static void put_bit_list(struct format_out *o, const struct format_spec *s,
			 const uint8_t *map, unsigned int nr)
{
	const char *comma = "";
	unsigned int last;
	char text[32];

	for (unsigned int i = 0; i < nr; i = last + 1) {
		last = i;
		if (!bit(map, i))
			continue;
		while (last + 1 < nr && bit(map, last + 1))
			last++;
		snprintf(text, sizeof(text), last > i ? "%s%u-%u" : "%s%u",
			 comma, i, last);
		format_put(o, text);
		comma = ",";
	}
}

/* %*pb: groups of 32 bits, the highest first */
static void put_bit_map(struct format_out *o, const struct format_spec *s,
			const uint8_t *map, unsigned int nr)
{
	unsigned int group = (nr + 31) / 32, bits = nr % 32 ? nr % 32 : 32;
	char text[16];
	uint32_t word;

	for (; group; bits = 32) {
		group--;
		memcpy(&word, map + 4 * group, sizeof(word));
		word &= (uint32_t)GENMASK_ULL(bits - 1, 0);
		snprintf(text, sizeof(text), "%0*x%s", (int)(bits + 3) / 4,
			 word, group ? "," : "");
		format_put(o, text);
	}
}

/* The name of an error; NULL: unknown. User space does not have all of them. */
static const char *error_name(int err)
{
	static const char *const internal[] = {
		"ERESTARTSYS",
		"ERESTARTNOINTR",
		"ERESTARTNOHAND",
		"ENOIOCTLCMD",
		"ERESTART_RESTARTBLOCK",
		"EPROBE_DEFER",
		"EOPENSTALE",
		"ENOPARAM",
	};

	if (err >= ERESTARTSYS && err < ERESTARTSYS + (int)ARRAY_SIZE(internal))
		return internal[err - ERESTARTSYS];
	return err == ENOTSUPP ? "ENOTSUPP" : strerrorname_np(err);
}

/* %pe: an error pointer; false: v is none */
static bool put_error(struct format_out *o, const struct format_spec *s,
		      uint64_t v)
{
	int err = (int)-(int64_t)v;
	const char *name;
	char text[32];

	if (v < -(uint64_t)MAX_ERRNO)
		return false;
	name = error_name(err);
	if (name)
		snprintf(text, sizeof(text), "-%s", name);
	else
		snprintf(text, sizeof(text), "-%d", err);
	format_put_padded(o, s, text);
	return true;
}

/* %p4cc: four characters, and their number */
static void put_4cc(struct format_out *o, const struct format_spec *s,
		    const uint8_t *code, unsigned int nr)
{
	char text[48], c[4];
	uint32_t v;

	memcpy(&v, code, sizeof(v));
	for (unsigned int i = 0; i < nr; i++) {
		uint8_t one = (uint8_t)((v & ~BIT_ULL(31)) >> (8 * i));

		c[i] = isprint(one) ? (char)one : '.';
	}
	snprintf(text, sizeof(text), "%.4s %s-endian (0x%08x)", c,
		 v & BIT_ULL(31) ? "big" : "little", v);
	format_put_padded(o, s, text);
}

/* %pd, %pD: the last names of a path; a digit says how many */
static bool put_dentry(struct introspect *in, struct format_out *o,
		       const struct format_spec *s, va_t va)
{
	unsigned int depth = 1;
	char text[512] = "", name[128];
	size_t at = sizeof(text) - 1, len;
	va_t name_va, parent;

	if (isdigit((unsigned char)s->letters[1]))
		depth = (unsigned int)(s->letters[1] - '0');
	if (s->letters[0] == 'D' &&
	    introspect_get(in, "file", va, "f_path.dentry", &va))
		return false;
	for (unsigned int i = 0; i < depth; i++, va = parent) {
		if (introspect_get(in, "dentry", va, "d_name.name", &name_va) ||
		    introspect_get(in, "dentry", va, "d_parent", &parent) ||
		    kva_read_string(in, name_va, name, sizeof(name)) < 0)
			return false;
		len = i && va == parent ? 0 : strlen(name);
		if (at <= len)
			break;
		if (i)
			text[--at] = '/';
		at -= len;
		memcpy(text + at, name, len);
		if (!len)
			break;
	}
	format_put_padded(o, s, text + at);
	return true;
}

/*
 * %pV: struct va_format, a format and a pointer to a va_list, which has the
 * members stack, gr_top, vr_top, gr_offs, vr_offs.
 */
static bool put_nested(struct introspect *in, struct format_out *o, va_t va,
		       unsigned int depth)
{
	struct {
		uint64_t stack, gr_top, vr_top;
		int32_t gr_offs, vr_offs;
	} list;
	struct format_args args = { 0 };
	uint64_t words[2];
	char format[256];
	size_t size;

	if (depth >= NEST_MAX || kva_read(in, va, words, sizeof(words)) ||
	    kva_read_string(in, words[0], format, sizeof(format)) < 0 ||
	    kva_read(in, words[1], &list, sizeof(list)))
		return false;
	args.stack = list.stack;
	if (list.gr_offs < 0 && list.gr_offs >= -8 * FORMAT_REGS) {
		size = (size_t)-list.gr_offs;
		args.nr = (unsigned int)(size / 8);
		if (kva_read(in, list.gr_top - size, args.regs, 8 * args.nr))
			return false;
	}
	format_expand(in, o, format, &args, depth + 1);
	return true;
}

/* %pa, %pad, %pap, %pNF: a 64-bit number */
static void put_word(struct format_out *o, const struct format_spec *s,
		     const uint8_t *bytes, unsigned int nr)
{
	uint64_t v;
	char text[32];

	memcpy(&v, bytes, nr);
	snprintf(text, sizeof(text), "0x%016llx", (unsigned long long)v);
	format_put(o, text);
}

/*
 * What is read from memory. The first row whose letters the conversion begins
 * with is used. bytes 0: the width is the number of bytes, or of bits.
 */
static const struct {
	const char *letters;
	unsigned int bytes;
	bool bits;
	void (*put)(struct format_out *o, const struct format_spec *s,
		    const uint8_t *bytes, unsigned int nr);
} rows[] = {
	{ "4cc", 4, false, put_4cc },  { "I4", 4, false, put_ip },
	{ "I6", 16, false, put_ip },   { "M", 6, false, put_mac },
	{ "NF", 8, false, put_word },  { "U", 16, false, put_uuid },
	{ "a", 8, false, put_word },   { "bl", 0, true, put_bit_list },
	{ "b", 0, true, put_bit_map }, { "h", 0, false, put_bytes },
	{ "i4", 4, false, put_ip },    { "i6", 16, false, put_ip },
	{ "m", 6, false, put_mac },
};

static bool put_memory(struct introspect *in, struct format_out *o,
		       const struct format_spec *s, va_t va)
{
	uint8_t bytes[BITS_MAX / 8] = { 0 };
	unsigned int i = 0, nr, size;

	while (i < ARRAY_SIZE(rows) &&
	       strncmp(s->letters, rows[i].letters, strlen(rows[i].letters)))
		i++;
	if (i == ARRAY_SIZE(rows))
		return false;
	nr = rows[i].bytes;
	if (!nr)
		nr = s->width < 0 ? !rows[i].bits : (unsigned int)s->width;
	if (nr > (rows[i].bits ? BITS_MAX : BYTES_MAX))
		nr = rows[i].bits ? BITS_MAX : BYTES_MAX;
	size = rows[i].bits ? (nr + 63) / 64 * 8 : nr;
	if (no_pointer(va))
		format_put_padded(o, s, no_pointer(va));
	else if (kva_read(in, va, bytes, size))
		return false;
	else
		rows[i].put(o, s, bytes, nr);
	return true;
}

bool format_put_pointer(struct introspect *in, struct format_out *o,
			const struct format_spec *s, uint64_t v,
			unsigned int depth)
{
	switch (s->letters[0]) {
	case '\0':
	case 'K':
	case 'x':
		put_plain(o, s, v);
		return true;
	case 'B':
	case 'S':
	case 's':
		put_symbol(in, o, s, v);
		return true;
	case 'D':
	case 'd':
		return put_dentry(in, o, s, v);
	case 'V':
		return put_nested(in, o, v, depth);
	case 'e':
		if (!put_error(o, s, v))
			put_plain(o, s, v);
		return true;
	case 'k':
	case 'u':
		format_put_string(in, o, s, v);
		return true;
	default:
		return put_memory(in, o, s, v);
	}
}
