// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kallsyms.c - find the kernel's symbol tables in the Image and read them
 *
 * Source: scripts/kallsyms.c (writes the tables) and kernel/kallsyms.c (reads
 * them) of Linux. A name is a sequence of bytes, and each byte stands for a
 * token. The first character of the expanded name is the type letter. There are
 * four layouts:
 *
 *	offsets relative_base num_syms names markers token_table token_index
 *	offsets relative_base num_syms names markers seqs_of_names token_table
 *		token_index	(60443c88f3a8 "kallsyms: Improve the
 *				performance of kallsyms_lookup_name()", 6.2,
 *				but in late 6.1.y, too)
 *	num_syms names markers token_table token_index offsets relative_base
 *		seqs_of_names	(404bad70fcf7 "scripts/kallsyms: change the
 *				output order", 6.4)
 *	num_syms names markers token_table token_index offsets seqs_of_names
 *				(a081b5789255 "kallsyms: Get rid of kallsyms
 *				relative base", 7.0)
 *
 * The first three layouts align each table to 8 bytes, and offsets[i] is
 * relative to relative_base, the address of the lowest symbol. The fourth
 * layout aligns to 4 bytes, and offsets[i] is relative to its own place in the
 * Image.
 *
 * The data itself shows the layout. The search first looks for token_index: 256
 * ascending 16-bit numbers, from 0 on, with small steps. No other data looks
 * like that. The table has 512 bytes, so a look at every 256 bytes cannot miss
 * it. All other tables lie around token_index at known distances.
 *
 * The tables are found in place, then copied, then checked again, because the
 * guest may be running. After that all sizes and offsets are bounded by the
 * copy.
 */
#include "kallsyms.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <trapline/text.h>

#define NR_TOKENS    256
#define INDEX_SIZE   (NR_TOKENS * sizeof(uint16_t))
#define PROBE_STRIDE (INDEX_SIZE / 2)
#define BLOCK        256 /* symbols per marker */
#define SYMS_MIN     1000
#define SYMS_MAX     (1U << 22)
#define ENTRY_MAX    (2 + 0x3fff) /* two length bytes hold 14 bits */
#define ALIGN8(x)    ALIGN_UP((uint64_t)(x), 8ULL)

static uint16_t u16_at(const uint8_t *p)
{
	uint16_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static uint32_t u32_at(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

/* --- places ------------------------------------------------------------- */

/* The offset of each table in the Image. */
struct places {
	uint64_t token_index, token_table, markers, names, names_end;
	uint64_t offsets;
	uint64_t relative_base, seqs; /* 0: none */
	uint32_t nr, nr_markers;
	uint16_t index[NR_TOKENS]; /* a copy of token_index */
};

static bool ascends(const uint8_t *p, unsigned int nr)
{
	for (unsigned int i = 0; i + 1 < nr; i++) {
		unsigned int step = u16_at(p + 2 * i + 2) - u16_at(p + 2 * i);

		if (step < 2 || step > KALLSYMS_TOKEN_MAX)
			return false;
	}
	return true;
}

/* Is the byte at p inside a token_index? If so, *ret is the table's start. */
static bool token_index_around(const struct kernel_image *k, uint64_t p,
			       uint64_t *ret)
{
	uint64_t start = p;

	if (!ascends(k->data + p, 8))
		return false;
	while (u16_at(k->data + start)) {
		if (start < 2 || p - start >= INDEX_SIZE)
			return false;
		start -= 2;
		if (!ascends(k->data + start, 2))
			return false;
	}
	if (start % 4 || start + INDEX_SIZE > k->size ||
	    !ascends(k->data + start, NR_TOKENS))
		return false;
	*ret = start;
	return true;
}

static bool token_index_scan(const struct kernel_image *k, uint64_t from,
			     uint64_t to, uint64_t *ret)
{
	for (uint64_t p = from; p + PROBE_STRIDE <= to; p += PROBE_STRIDE)
		if (token_index_around(k, p, ret))
			return true;
	return false;
}

/* Each token has one NUL, at its end; the token of a digit is that digit. */
static bool token_table_at(const uint16_t *index, const uint8_t *t,
			   uint64_t size)
{
	const uint8_t *nul;

	for (unsigned int c = '0'; c <= '9'; c++)
		if (t[index[c]] != c || t[index[c] + 1])
			return false;
	for (unsigned int i = 0; i + 1 < NR_TOKENS; i++) {
		nul = memchr(t + index[i], '\0', index[i + 1] - index[i]);
		if (nul != t + index[i + 1] - 1)
			return false;
	}
	return memchr(t + index[NR_TOKENS - 1], '\0',
		      size - index[NR_TOKENS - 1]);
}

static bool token_table_find(const struct kernel_image *k, struct places *pl)
{
	uint64_t last, size;

	memcpy(pl->index, k->data + pl->token_index, INDEX_SIZE);
	if (!ascends((const uint8_t *)pl->index, NR_TOKENS))
		return false;
	last = pl->index[NR_TOKENS - 1];
	/* The length of the last token and the padding after it are unknown. */
	for (size = last + 2; size < last + 2 + KALLSYMS_TOKEN_MAX + 8;
	     size++) {
		if (size > pl->token_index)
			return false;
		pl->token_table = pl->token_index - size;
		if (token_table_at(pl->index, k->data + pl->token_table, size))
			return true;
	}
	return false;
}

/*
 * Walk back through the markers that end at end, or at 4 bytes of padding
 * before end. Markers ascend from 0. Returns their number, 0 if these are no
 * markers.
 */
static uint32_t markers_before(const struct kernel_image *k, uint64_t end,
			       uint64_t *ret)
{
	uint32_t value, before, nr = 1;
	uint64_t p = end;

	if (p < 16)
		return 0;
	if (!u32_at(k->data + p - 4))
		p -= 4; /* padding after an odd number of markers */
	value = u32_at(k->data + p - 4);
	for (p -= 4; value; p -= 4, nr++) {
		if (p < 4 || nr > SYMS_MAX / BLOCK)
			return 0;
		before = u32_at(k->data + p - 4);
		if (before >= value || value - before < 2 * BLOCK ||
		    value - before > BLOCK * 1024)
			return 0;
		value = before;
	}
	*ret = p;
	return p % 4 == 0 && nr > 1 ? nr : 0;
}

/*
 * Has a table of three bytes a symbol, which fills size bytes with its padding,
 * as many symbols as these markers? The bytes of such a table can look like
 * markers.
 */
static bool seqs_fit(uint64_t size, uint32_t nr_markers)
{
	uint64_t most = size / 3, least = size < 7 ? 0 : (size - 7) / 3;

	return nr_markers >= (least + BLOCK - 1) / BLOCK &&
	       nr_markers <= (most + BLOCK - 1) / BLOCK;
}

/* The markers end at token_table, or at seqs_of_names if it comes first. */
static bool markers_find(const struct kernel_image *k, struct places *pl)
{
	uint64_t end = pl->token_table, lowest;

	lowest = end > 3 * SYMS_MAX ? end - 3 * SYMS_MAX : 16;
	for (; end >= lowest; end -= 8) {
		pl->nr_markers = markers_before(k, end, &pl->markers);
		if (!pl->nr_markers)
			continue;
		if (end == pl->token_table)
			return true;
		if (!seqs_fit(pl->token_table - end, pl->nr_markers))
			continue;
		pl->seqs = end;
		return true;
	}
	return false;
}

/* Step over nr names; false if a name crosses end. */
static bool names_skip(const uint8_t *names, uint64_t end, uint64_t *pos,
		       uint32_t nr)
{
	uint64_t p = *pos;

	while (nr--) {
		uint32_t len;

		if (p >= end)
			return false;
		len = names[p++];
		if (len & 0x80) {
			if (p >= end)
				return false;
			len = (len & 0x7f) | (uint32_t)names[p++] << 7;
		}
		if (!len || len > end - p)
			return false;
		p += len;
	}
	*pos = p;
	return true;
}

/* Do the names of nr symbols begin at start and end just before the markers? */
static bool names_at(const struct kernel_image *k, const struct places *pl,
		     uint64_t start, uint32_t nr)
{
	const uint8_t *markers = k->data + pl->markers;
	uint64_t end = pl->markers - start, pos = 0;
	uint32_t last = pl->nr_markers - 1;

	if (!names_skip(k->data + start, end, &pos, BLOCK) ||
	    pos != u32_at(markers + 4))
		return false;
	pos = u32_at(markers + 4 * last);
	return pos < end &&
	       names_skip(k->data + start, end, &pos, nr - last * BLOCK) &&
	       end - pos < 8;
}

/* num_syms is the word before the names; one zero word may lie between. */
static uint64_t num_syms_place(const struct kernel_image *k, uint64_t names)
{
	return names - (u32_at(k->data + names - 4) ? 4 : 8);
}

/* The names follow num_syms, which must agree with the number of markers. */
static bool names_find(const struct kernel_image *k, struct places *pl)
{
	uint32_t last;
	uint64_t start, lowest, nr;

	last = u32_at(k->data + pl->markers + 4 * (pl->nr_markers - 1));
	if (pl->markers < (uint64_t)last + 16)
		return false;
	start = ALIGN_DOWN(pl->markers - last - 1, 4ULL);
	lowest = start > BLOCK * 1024 + 16 ? start - BLOCK * 1024 : 16;
	for (; start >= lowest; start -= 4) {
		nr = u32_at(k->data + num_syms_place(k, start));
		if (nr < SYMS_MIN || nr > SYMS_MAX ||
		    (nr + BLOCK - 1) / BLOCK != pl->nr_markers ||
		    (pl->seqs && pl->seqs + ALIGN8(3 * nr) != pl->token_table))
			continue;
		if (!names_at(k, pl, start, nr))
			continue;
		pl->names = start;
		pl->nr = nr;
		return true;
	}
	return false;
}

/* Symbol i's offset. self: each word is relative to its own place. */
static uint32_t offset_read(const struct kernel_image *k, uint64_t table,
			    uint32_t i, bool self)
{
	uint64_t at = table + 4ULL * i;

	return u32_at(k->data + at) + (self ? (uint32_t)at : 0);
}

/*
 * Offsets ascend. Offsets from relative_base begin at 0; the others begin with
 * the text, which lies before the tables.
 */
static bool offsets_at(const struct kernel_image *k, uint64_t at, uint32_t nr,
		       bool self)
{
	uint32_t first, before, v;

	if (at % 4 || at > k->size || 4ULL * nr + 16 > k->size - at)
		return false;
	first = before = offset_read(k, at, 0, self);
	if (self ? first >= at : first)
		return false;
	for (uint32_t i = 1; i < nr; i++) {
		v = offset_read(k, at, i, self);
		if (v < before)
			return false;
		before = v;
	}
	return before - first > SZ_64K && (!self || before <= k->size);
}

static bool offsets_find(const struct kernel_image *k, struct places *pl)
{
	uint64_t size = ALIGN8(4ULL * pl->nr);
	uint64_t after = pl->token_index + INDEX_SIZE;

	if (!pl->seqs && offsets_at(k, after, pl->nr, false)) {
		pl->offsets = after;
		pl->relative_base = after + size;
		pl->seqs = pl->relative_base + 8;
		return pl->seqs + 3ULL * pl->nr <= k->size;
	}
	if (!pl->seqs && offsets_at(k, after, pl->nr, true)) {
		pl->offsets = after;
		pl->seqs = after + 4ULL * pl->nr;
		return pl->seqs + 3ULL * pl->nr <= k->size;
	}
	if (pl->names < size + 16)
		return false;
	pl->relative_base = pl->names - 16;
	pl->offsets = pl->relative_base - size;
	return offsets_at(k, pl->offsets, pl->nr, false);
}

/* The tables, in the order of the search. */
static const char *const tables[] = {
	"kallsyms_token_index",
	"kallsyms_token_table",
	"kallsyms_markers",
	"kallsyms_names, kallsyms_num_syms or kallsyms_markers",
	"kallsyms_offsets",
};

/* The number of tables found, including the one at pl->token_index. */
static unsigned int places_follow(const struct kernel_image *k,
				  struct places *pl)
{
	static bool (*const find[])(const struct kernel_image *k,
				    struct places *pl) = {
		token_table_find, markers_find, names_find, offsets_find
	};
	unsigned int nr = 0;

	_Static_assert(ARRAY_SIZE(tables) == ARRAY_SIZE(find) + 1, "tables");
	while (nr < ARRAY_SIZE(find) && find[nr](k, pl))
		nr++;
	return nr + 1;
}

static int places_find(const struct kernel_image *k, struct places *ret,
		       const char **missing_ret)
{
	/* Look first in the read-only data, which begins after the text. */
	uint64_t from = ALIGN_DOWN(k->size / 8 * 3, SZ_4K), to = k->size;
	unsigned int nr, most = 0;
	struct places pl;
	bool again = false;

	for (;;) {
		memset(&pl, 0, sizeof(pl));
		if (!token_index_scan(k, from, to, &pl.token_index)) {
			if (again)
				break;
			again = true;
			to = ALIGN_DOWN(k->size / 8 * 3, SZ_4K) + INDEX_SIZE;
			from = 0;
			continue;
		}
		nr = places_follow(k, &pl);
		if (nr == ARRAY_SIZE(tables)) {
			*ret = pl;
			return 0;
		}
		if (nr > most)
			most = nr;
		from = ALIGN_UP(pl.token_index + INDEX_SIZE, PROBE_STRIDE);
	}
	*missing_ret = tables[most];
	return -ENOENT;
}

/* --- the copy ----------------------------------------------------------- */

static void *copy(const struct kernel_image *k, uint64_t at, size_t size)
{
	void *p = malloc(size);

	if (p)
		memcpy(p, k->data + at, size);
	return p;
}

/* Copy and check the tokens: the guest may have changed them meanwhile. */
static bool tokens_copy(const struct kernel_image *k, const struct places *pl,
			struct kallsyms *ks)
{
	uint64_t size = pl->token_index - pl->token_table;
	const uint8_t *table = k->data + pl->token_table;

	for (unsigned int i = 0; i < NR_TOKENS; i++) {
		uint64_t at = pl->index[i], room;

		if (at >= size)
			return false;
		room = size - at;
		if (room > KALLSYMS_TOKEN_MAX)
			room = KALLSYMS_TOKEN_MAX;
		memcpy(ks->token[i], table + at, room);
		ks->token[i][KALLSYMS_TOKEN_MAX - 1] = '\0';
		ks->token_len[i] = strlen(ks->token[i]);
		/* This cleans all names, because names consist of tokens. */
		text_clean(ks->token[i], ks->token_len[i]);
	}
	return true;
}

/*
 * Copy the offsets of the symbols. They are relative to relative_base; a kernel
 * without relative_base has offsets that are relative to _text.
 */
static uint32_t *offsets_copy(const struct kernel_image *k,
			      const struct places *pl)
{
	uint32_t *offsets = malloc(4ULL * pl->nr);

	for (uint32_t i = 0; offsets && i < pl->nr; i++)
		offsets[i] = offset_read(k, pl->offsets, i, !pl->relative_base);
	return offsets;
}

static int tables_copy(const struct kernel_image *k, const struct places *pl,
		       struct kallsyms *ks)
{
	ks->nr = pl->nr;
	ks->nr_markers = pl->nr_markers;
	ks->names_size = pl->markers - pl->names;
	ks->relative_base_at = pl->relative_base;
	ks->names_at = pl->names;
	ks->num_syms_at = num_syms_place(k, pl->names);
	ks->offsets_at = pl->offsets;
	ks->token_table_at = pl->token_table;
	ks->token_index_at = pl->token_index;
	ks->end = pl->seqs ? pl->seqs + 3ULL * pl->nr
			   : pl->token_index + INDEX_SIZE;
	ks->names = copy(k, pl->names, ks->names_size);
	ks->markers = copy(k, pl->markers, 4ULL * ks->nr_markers);
	ks->offsets = offsets_copy(k, pl);
	if (pl->seqs)
		ks->seqs = copy(k, pl->seqs, 3ULL * ks->nr);
	if (!ks->names || !ks->markers || !ks->offsets ||
	    (pl->seqs && !ks->seqs))
		return -ENOMEM;
	return tokens_copy(k, pl, ks) ? 0 : -EBADMSG;
}

/*
 * relative_base is the address of the lowest symbol. With KALLSYMS_ALL this
 * symbol is _text itself. Otherwise it is the first text symbol; its offset
 * from _text then follows from the branch in the Image header, which gives the
 * offset of primary_entry (7f4e346263f8 "arm64/kernel: use a macro for the
 * entry symbol"; stext before 5.8).
 */
static int base_find(const struct kernel_image *k, struct kallsyms *ks)
{
	static const char *const entries[] = { "primary_entry", "stext" };
	struct kallsyms_entry e;
	uint64_t offset;

	ks->base = 0;
	if (!kallsyms_get(ks, 0, &e))
		return -EBADMSG;
	if (!ks->relative_base_at)
		return 0;
	if (!strcmp(e.name, "_text") || !strcmp(e.name, "_head"))
		return 0;
	if (k->text_va) {
		memcpy(&offset, k->data + ks->relative_base_at, sizeof(offset));
		ks->base = offset - k->text_va;
		return ks->base < k->size ? 0 : -EBADMSG;
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(entries); i++) {
		if (!k->entry || !kallsyms_lookup(ks, entries[i], &e))
			continue;
		offset = ks->offsets[e.index];
		if (offset > k->entry)
			return -EBADMSG;
		ks->base = k->entry - offset;
		return 0;
	}
	return -EBADMSG;
}

int kallsyms_find(const struct kernel_image *k, struct kallsyms *ret,
		  const char **missing_ret)
{
	struct places pl;
	struct kallsyms *ks;
	int err = places_find(k, &pl, missing_ret);

	if (err)
		return err;
	/* A running guest may have changed the tokens since. */
	*missing_ret = tables[1];
	ks = calloc(1, sizeof(*ks));
	if (!ks)
		return -ENOMEM;
	err = tables_copy(k, &pl, ks);
	if (!err) {
		*missing_ret = "kallsyms_relative_base";
		err = base_find(k, ks);
	}
	if (err)
		kallsyms_deinit(ks);
	else
		*ret = *ks;
	free(ks);
	return err;
}

void kallsyms_deinit(struct kallsyms *ks)
{
	free(ks->names);
	free(ks->markers);
	free(ks->offsets);
	free(ks->seqs);
	memset(ks, 0, sizeof(*ks));
}

/* --- reading ------------------------------------------------------------ */

/* Expand the name at pos into e. */
static bool expand(const struct kallsyms *ks, size_t pos,
		   struct kallsyms_entry *e)
{
	uint64_t next = pos;
	uint32_t len, done = 0;
	const uint8_t *p = ks->names + pos, *end;
	char *out = e->name;

	if (!names_skip(ks->names, ks->names_size, &next, 1))
		return false;
	e->next = next;
	p += *p & 0x80 ? 2 : 1;
	end = ks->names + next;
	/* The type is the first character of the first token. */
	len = ks->token_len[*p];
	e->type = ks->token[*p][0];
	if (len > 1)
		memcpy(out, ks->token[*p] + 1, KALLSYMS_TOKEN_MAX - 1);
	done = len ? len - 1 : 0;
	for (p++; p < end && done < KALLSYMS_NAME_MAX; p++) {
		len = ks->token_len[*p];
		if (len <= 8)
			memcpy(out + done, ks->token[*p], 8);
		else
			memcpy(out + done, ks->token[*p], KALLSYMS_TOKEN_MAX);
		done += len;
	}
	if (done >= KALLSYMS_NAME_MAX)
		done = KALLSYMS_NAME_MAX - 1;
	out[done] = '\0';
	e->len = done;
	return true;
}

bool kallsyms_get(const struct kallsyms *ks, uint32_t index,
		  struct kallsyms_entry *ret)
{
	uint64_t pos;

	if (index >= ks->nr || index / BLOCK >= ks->nr_markers)
		return false;
	pos = ks->markers[index / BLOCK];
	if (!names_skip(ks->names, ks->names_size, &pos, index % BLOCK))
		return false;
	ret->index = index;
	return pos < ks->names_size && expand(ks, pos, ret);
}

bool kallsyms_next(const struct kallsyms *ks, struct kallsyms_entry *e)
{
	if (e->index + 1 >= ks->nr || e->next >= ks->names_size ||
	    !expand(ks, e->next, e))
		return false;
	e->index++;
	return true;
}

static bool is_global(char type)
{
	return type >= 'A' && type <= 'Z';
}

static uint32_t seq_at(const struct kallsyms *ks, uint32_t rank)
{
	const uint8_t *p = ks->seqs + 3ULL * rank;

	return (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
}

/* seqs_of_names orders the symbols by name: a binary search. */
static bool lookup_sorted(const struct kallsyms *ks, const char *name,
			  struct kallsyms_entry *ret)
{
	uint32_t low = 0, high = ks->nr, mid;
	struct kallsyms_entry e;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (!kallsyms_get(ks, seq_at(ks, mid), &e))
			return false;
		if (strcmp(e.name, name) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	if (low >= ks->nr || !kallsyms_get(ks, seq_at(ks, low), ret) ||
	    strcmp(ret->name, name))
		return false;
	while (!is_global(ret->type) && ++low < ks->nr &&
	       kallsyms_get(ks, seq_at(ks, low), &e) && !strcmp(e.name, name))
		if (is_global(e.type))
			*ret = e;
	return true;
}

/* Do the tokens from p to end spell name? Most calls end at the first token. */
static bool spells(const struct kallsyms *ks, const uint8_t *p,
		   const uint8_t *end, const char *name)
{
	const char *token = ks->token[*p];
	uint32_t len = ks->token_len[*p];

	if (len) {
		token++;
		len--;
	}
	for (;;) {
		if (strncmp(token, name, len))
			return false;
		name += len;
		if (++p >= end)
			return !*name;
		token = ks->token[*p];
		len = ks->token_len[*p];
	}
}

static bool lookup_linear(const struct kallsyms *ks, const char *name,
			  struct kallsyms_entry *ret)
{
	struct kallsyms_entry e;
	bool found = false;
	uint64_t pos = 0, start;

	for (uint32_t i = 0; i < ks->nr; i++) {
		const uint8_t *p = ks->names + pos;

		start = pos;
		if (!names_skip(ks->names, ks->names_size, &pos, 1))
			break;
		p += *p & 0x80 ? 2 : 1;
		if (!spells(ks, p, ks->names + pos, name) ||
		    !expand(ks, start, &e))
			continue;
		if (found && !is_global(e.type))
			continue;
		e.index = i;
		*ret = e;
		found = true;
		if (is_global(e.type))
			break;
	}
	return found;
}

bool kallsyms_lookup(const struct kallsyms *ks, const char *name,
		     struct kallsyms_entry *ret)
{
	return ks->seqs ? lookup_sorted(ks, name, ret)
			: lookup_linear(ks, name, ret);
}

bool kallsyms_at(const struct kallsyms *ks, uint64_t offset,
		 uint32_t *index_ret)
{
	uint32_t low = 0, high = ks->nr, mid;

	if (!ks->nr || offset < ks->base)
		return false;
	offset -= ks->base;
	/* At the end low is the number of symbols that are not above offset. */
	while (low < high) {
		mid = low + (high - low) / 2;
		if (ks->offsets[mid] <= offset)
			low = mid + 1;
		else
			high = mid;
	}
	if (!low)
		return false;
	low--;
	while (low && ks->offsets[low - 1] == ks->offsets[low])
		low--;
	*index_ret = low;
	return true;
}

uint64_t kallsyms_offset(const struct kallsyms *ks, uint32_t index)
{
	return ks->base + ks->offsets[index];
}

uint64_t kallsyms_size(const struct kallsyms *ks, uint32_t index)
{
	for (uint32_t i = index + 1; i < ks->nr; i++)
		if (ks->offsets[i] > ks->offsets[index])
			return ks->offsets[i] - ks->offsets[index];
	return 0;
}
