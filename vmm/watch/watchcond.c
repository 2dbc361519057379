// SPDX-License-Identifier: GPL-2.0-or-later
/* watchcond.c - parse and evaluate the "if" of "monitor watch" */
#include "watchcond.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <trapline/util.h>

/* If an operator is the beginning of another one, the longer one is first. */
static const char *const ops[] = { "==", "!=", "<=", ">=", "<", ">", "&" };

static bool compare(unsigned int op, uint64_t a, uint64_t b)
{
	switch (op) {
	case 0:
		return a == b;
	case 1:
		return a != b;
	case 2:
		return a <= b;
	case 3:
		return a >= b;
	case 4:
		return a < b;
	case 5:
		return a > b;
	default:
		return a & b;
	}
}

static const char *skip(const char *s)
{
	return s + strspn(s, " \t");
}

static bool take(const char **s, const char *word)
{
	size_t n = strlen(word);

	if (strncmp(*s, word, n))
		return false;
	*s = skip(*s + n);
	return true;
}

static bool side_parse(const char **s, struct watchcond_side *ret)
{
	static const char *const names[] = {
		[COND_NEW] = "new", [COND_OLD] = "old", [COND_CPU] = "cpu"
	};

	for (unsigned int i = COND_NEW; i < ARRAY_SIZE(names); i++) {
		if (!take(s, names[i]))
			continue;
		ret->what = (enum watchcond_what)i;
		return true;
	}
	ret->what = COND_NUMBER;
	if (!number_parse(*s, s, &ret->number))
		return false;
	*s = skip(*s);
	return true;
}

static bool term_parse(const char **s, struct watchcond_term *ret)
{
	if (!side_parse(s, &ret->left))
		return false;
	for (ret->op = 0; ret->op < ARRAY_SIZE(ops); ret->op++)
		/* "&&" is not the operator "&". */
		if (strncmp(*s, "&&", 2) && take(s, ops[ret->op]))
			return side_parse(s, &ret->right);
	return false;
}

int watchcond_parse(const char *text, struct watchcond *ret)
{
	const char *s = skip(text);
	struct watchcond c = { 0 };

	do {
		if (c.nr == WATCHCOND_MAX)
			return -E2BIG;
		if (!term_parse(&s, &c.term[c.nr]))
			return -EINVAL;
		c.term[c.nr].or_next = take(&s, "||");
		c.nr++;
	} while (c.term[c.nr - 1].or_next || take(&s, "&&"));
	if (*s)
		return -EINVAL;
	*ret = c;
	return 0;
}

static uint64_t side_value(const struct watchcond_side *side, uint64_t old,
			   uint64_t new, uint64_t cpu)
{
	switch (side->what) {
	case COND_NEW:
		return new;
	case COND_OLD:
		return old;
	case COND_CPU:
		return cpu;
	default:
		return side->number;
	}
}

bool watchcond_holds(const struct watchcond *c, uint64_t old, uint64_t new,
		     uint64_t cpu)
{
	bool all = true;

	for (unsigned int i = 0; i < c->nr; i++) {
		const struct watchcond_term *t = &c->term[i];

		all = all && compare(t->op, side_value(&t->left, old, new, cpu),
				     side_value(&t->right, old, new, cpu));
		if (!t->or_next)
			continue;
		if (all)
			return true;
		all = true;
	}
	return all;
}
