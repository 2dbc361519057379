// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * report_trace.c - where the value of a register came from
 *
 * The value is followed backward through the function that crashed: through
 * moves, additions of constants, loads, addresses of symbols and results of
 * calls, as far as the function's arguments (decoder_flow). BTF has the types
 * of arguments and of results, so the types of what the code loads through them
 * are known, too. If the caller calls the function by name, an argument is
 * followed into the caller. Nothing is guessed: the search ends where the value
 * is not certain, for example where it depends on the path.
 */
#include "reportcrash.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <trapline/text.h>
#include <trapline/util.h>

#define MAX_STEPS  32
#define MAX_FRAMES 3 /* callers in which the search continues */
#define EXPR       200

/* The code of one function. */
struct code {
	struct introspect_symbol sym;
	uint32_t *words;
	unsigned int nr;
	struct decoder_flow *flow;
	struct introspect_type proto;
	bool has_proto;
};

/* A value: an expression, and what is added to it. */
struct value {
	char expr[EXPR];
	int64_t offset;
	bool typed;
	struct introspect_type type; /* of expr */
	bool current; /* expr is the running task */
	bool address; /* the value is an address from the code: va */
	va_t va;
	int argument; /* the argument that the search ended at; -1: none */
	unsigned int loaded; /* index of the load, or NOT_LOADED */
};

#define NOT_LOADED UINT32_MAX

struct trace {
	struct crash *c;
	struct code *code;
	unsigned int steps;
};

/* --- code ------------------------------------------------------------------*/

static void code_close(struct code *code)
{
	decoder_flow_destroy(code->flow);
	free(code->words);
}

/* Read the words only. */
static bool code_read(struct crash *c, va_t pc, struct code *ret)
{
	struct code code = { .nr = 0 };
	size_t size;

	if (introspect_symbol_by_address(c->in, pc, &code.sym) ||
	    !*code.sym.name || pc % INSN_SIZE || code.sym.va % INSN_SIZE)
		return false;
	size = min(code.sym.size, (uint64_t)DECODER_FLOW_MAX * INSN_SIZE);
	code.nr = (unsigned int)(size / INSN_SIZE);
	if (!code.nr || pc - code.sym.va >= size)
		return false;
	code.words = malloc(size);
	if (!code.words)
		return false;
	if (view_read(&c->s->view, c->vcpu, code.sym.va, code.words,
		      (size_t)code.nr * INSN_SIZE) !=
	    (long)((size_t)code.nr * INSN_SIZE)) {
		free(code.words);
		return false;
	}
	*ret = code;
	return true;
}

static bool code_open(struct crash *c, va_t pc, struct code *ret)
{
	struct code code;

	if (!code_read(c, pc, &code))
		return false;
	if (decoder_flow_create(code.words, code.nr, code.sym.va, &code.flow)) {
		free(code.words);
		return false;
	}
	code.has_proto = !introspect_function(c->in, code.sym.name,
					      code.sym.module, &code.proto);
	*ret = code;
	return true;
}

static va_t code_va(const struct code *code, unsigned int at)
{
	return code->sym.va + (va_t)at * INSN_SIZE;
}

static unsigned int code_index(const struct code *code, va_t pc)
{
	return (unsigned int)((pc - code->sym.va) / INSN_SIZE);
}

/* --- values ----------------------------------------------------------------*/

static bool resolve(struct trace *t, unsigned int at, unsigned int reg,
		    struct value *v);

static bool argument(struct trace *t, unsigned int reg, struct value *v)
{
	const struct code *code = t->code;

	if (reg >= 8)
		return false;
	v->argument = (int)reg;
	if (!code->has_proto) {
		snprintf(v->expr, sizeof(v->expr), "x%u", reg);
		return true;
	}
	v->typed = !introspect_parameter(&code->proto, reg, v->expr,
					 sizeof(v->expr), &v->type);
	return v->typed;
}

static bool called(struct trace *t, const struct insn_effect *e,
		   unsigned int reg, struct value *v)
{
	struct introspect_symbol sym;
	struct introspect_type proto;

	if (reg || !e->has_target ||
	    introspect_symbol_by_address(t->c->in, e->target, &sym) ||
	    sym.va != e->target || !*sym.name)
		return false;
	snprintf(v->expr, sizeof(v->expr), "%s()", sym.name);
	v->typed =
		!introspect_function(t->c->in, sym.name, sym.module, &proto) &&
		!introspect_returned(&proto, &v->type);
	return true;
}

/* Read the variable at an address that the code contains. */
static bool variable(struct trace *t, va_t va, struct value *v)
{
	struct introspect_symbol sym;

	if (introspect_symbol_exact(t->c->in, va, &sym) &&
	    (introspect_symbol_by_address(t->c->in, va, &sym) || !*sym.name ||
	     va - sym.va >= sym.size))
		return false;
	if (va == sym.va)
		snprintf(v->expr, sizeof(v->expr), "%s", sym.name);
	else
		snprintf(v->expr, sizeof(v->expr), "*(%s + 0x%" PRIx64 ")",
			 sym.name, va - sym.va);
	return true;
}

static void add_text(char *buf, size_t size, const char *expr, int64_t offset)
{
	if (!offset)
		snprintf(buf, size, "*%.150s", expr);
	else
		snprintf(buf, size, "*(%.150s %c 0x%" PRIx64 ")", expr,
			 offset < 0 ? '-' : '+',
			 offset < 0 ? 0 - (uint64_t)offset : (uint64_t)offset);
}

/* Find the type that the value points to. */
static bool target_type(struct crash *c, const struct value *v,
			struct introspect_type *ret)
{
	if (v->current)
		return !introspect_type_find(c->in, "struct task_struct", ret);
	return v->typed && !introspect_pointed(&v->type, ret);
}

/* Name the value at base + offset: a member, if the type has one there. */
static void loaded(struct crash *c, const struct value *base, uint32_t size,
		   struct value *v)
{
	struct introspect_type to, type;
	char path[EXPR / 2];

	v->argument = base->argument;
	if (base->offset >= 0 && target_type(c, base, &to) &&
	    !introspect_member_at(&to, (uint64_t)base->offset, size, path,
				  sizeof(path), &type)) {
		if (*path && *path != '[')
			snprintf(v->expr, sizeof(v->expr), "%.90s->%s",
				 base->expr, path);
		else
			snprintf(v->expr, sizeof(v->expr), "*%.90s%s",
				 base->expr, path);
		v->typed = true;
		v->type = type;
		return;
	}
	add_text(v->expr, sizeof(v->expr), base->expr, base->offset);
	v->expr[EXPR / 2] = '\0';
}

static bool load(struct trace *t, unsigned int at, unsigned int reg,
		 struct value *v)
{
	struct value base;
	struct insn insn;
	int64_t offset;

	if (decoder_decode(t->code->words[at], &insn) ||
	    insn.flags & (INSN_LITERAL | INSN_EXCLUSIVE | INSN_UNPRIV) ||
	    insn.rm < 31 || insn.size != 3 || insn.rn == 31)
		return false;
	offset = insn.flags & INSN_POST ? 0 : insn.imm;
	if (insn.flags & INSN_WRITEBACK && insn.rn == reg)
		return false;
	if (insn.nr == 2 && insn.rt2 == reg)
		offset += 8;
	else if (insn.rt != reg)
		return false;
	if (!resolve(t, at, insn.rn, &base))
		return false;
	base.offset += offset;
	if (base.address) {
		if (!variable(t, base.va + (uint64_t)base.offset, v))
			return false;
	} else {
		loaded(t->c, &base, 8, v);
	}
	v->loaded = at;
	return true;
}

/* Find the value that instruction at wrote to the register. */
static bool defined(struct trace *t, unsigned int at, unsigned int reg,
		    struct value *v)
{
	struct insn_effect e;

	decoder_effect(t->code->words[at], code_va(t->code, at), &e);
	switch (e.kind) {
	case INSN_EFFECT_ADD:
		if (e.rn == 31 || !resolve(t, at, e.rn, v))
			return false;
		v->offset += e.imm;
		return true;
	case INSN_EFFECT_CONST:
		v->address = true;
		v->va = (va_t)e.imm;
		return true;
	case INSN_EFFECT_SP_EL0:
		snprintf(v->expr, sizeof(v->expr), "current");
		v->current = true;
		return true;
	case INSN_EFFECT_LOAD:
		return load(t, at, reg, v);
	case INSN_EFFECT_CALL:
		return called(t, &e, reg, v);
	default:
		return false;
	}
}

/* Find the value of the register before instruction at. */
static bool resolve(struct trace *t, unsigned int at, unsigned int reg,
		    struct value *v)
{
	unsigned int source;

	*v = (struct value){ .argument = -1, .loaded = NOT_LOADED };
	if (t->steps++ == MAX_STEPS ||
	    !decoder_flow_source(t->code->flow, at, reg, &source))
		return false;
	if (source == DECODER_FLOW_ENTRY)
		return argument(t, reg, v);
	return defined(t, source, reg, v);
}

/* --- sentences -------------------------------------------------------------*/

static void value_describe(struct crash *c, unsigned int reg, uint64_t value)
{
	char text[DOC_LINE / 2];

	if (!value) {
		doc_detail(c->d, "x%u is NULL.", reg);
		return;
	}
	crash_value_text(c, value, text, sizeof(text));
	doc_detail(c->d, "x%u is 0x%016" PRIx64 "%s%s.", reg, value,
		   *text ? ": " : "", text);
}

/* Print expression, offset and type: "pdev->dev.platform_data (void *)". */
static void value_text(const struct value *v, char *buf, size_t size)
{
	char type[96], add[32] = "";

	if (v->offset)
		snprintf(add, sizeof(add), " %c 0x%" PRIx64,
			 v->offset < 0 ? '-' : '+',
			 v->offset < 0 ? 0 - (uint64_t)v->offset
				       : (uint64_t)v->offset);
	if (v->typed) {
		introspect_type_text(&v->type, type, sizeof(type));
		snprintf(buf, size, "%s%s (%s)", v->expr, add, type);
	} else {
		snprintf(buf, size, "%s%s", v->expr, add);
	}
}

static void root_describe(struct crash *c, const struct code *code,
			  const struct value *v)
{
	struct introspect_type type;
	char name[64], text[96];

	if (v->argument < 0)
		return;
	if (!code->has_proto ||
	    introspect_parameter(&code->proto, (unsigned int)v->argument, name,
				 sizeof(name), &type)) {
		doc_detail(c->d,
			   "x%d stands for its value at the entry of %s, whose "
			   "prototype is not known.",
			   v->argument, code->sym.name);
		return;
	}
	introspect_type_text(&type, text, sizeof(text));
	doc_detail(c->d, "%s is argument %d of %s, a %s.", name,
		   v->argument + 1, code->sym.name, text);
}

/* Name the member that the instruction accesses, if the pointer has a type. */
static void member_describe(struct crash *c, const struct value *v,
			    int64_t displacement, uint32_t size)
{
	struct introspect_type to, type;
	char path[EXPR / 2], text[96];
	int64_t offset = v->offset + displacement;

	if (!size || offset < 0 || !target_type(c, v, &to) ||
	    introspect_member_at(&to, (uint64_t)offset, size, path,
				 sizeof(path), &type) ||
	    !*path)
		return;
	introspect_type_text(&to, text, sizeof(text));
	doc_detail(c->d, "The access is to .%s of %s, at +0x%" PRIx64 ".", path,
		   text, (uint64_t)offset);
}

/* --- callers ---------------------------------------------------------------*/

/* Open the function of frame i, and find its call of code, by name. */
static bool caller_open(struct crash *c, const struct code *code, int i,
			struct code *ret, unsigned int *at)
{
	struct insn_effect e;
	va_t call;

	if (i >= c->nr_frames || (c->frames[i].kind != INTROSPECT_FRAME_CALL &&
				  c->frames[i].kind != INTROSPECT_FRAME_MAYBE))
		return false;
	call = c->frames[i].pc - INSN_SIZE;
	if (!code_open(c, call, ret))
		return false;
	*at = code_index(ret, call);
	decoder_effect(ret->words[*at], call, &e);
	if (e.kind == INSN_EFFECT_CALL && e.has_target &&
	    e.target == code->sym.va)
		return true;
	code_close(ret);
	return false;
}

/* Follow the argument through the callers, and print what they passed. */
static void callers_describe(struct crash *c, struct code *code, int arg)
{
	struct code callee = *code, caller;
	unsigned int at, opened = 0;

	for (int i = c->first + 1; arg >= 0 && opened < MAX_FRAMES; i++) {
		struct trace t = { .c = c, .code = &caller };
		char text[DOC_LINE / 2];
		struct value v;

		if (!caller_open(c, &callee, i, &caller, &at))
			break;
		if (opened++)
			code_close(&callee);
		callee = caller;
		arg = resolve(&t, at, (unsigned int)arg, &v) ? v.argument : -2;
		if (arg == -2)
			break;
		if (v.address) {
			crash_value_text(c, v.va + (uint64_t)v.offset, text,
					 sizeof(text));
			doc_detail(c->d, "%s passed %s.", caller.sym.name,
				   text);
			break;
		}
		value_text(&v, text, sizeof(text));
		doc_detail(c->d, "%s passed %s.", caller.sym.name, text);
	}
	if (opened)
		code_close(&callee);
}

/*
 * The register that points to the memory from which the value was loaded. If the
 * value was not loaded, or this register has changed since, the value's own
 * register.
 */
static unsigned int object_register(const struct code *code, unsigned int at,
				    unsigned int reg, const struct value *v)
{
	unsigned int then, now;
	struct insn insn;

	if (v->loaded == NOT_LOADED ||
	    decoder_decode(code->words[v->loaded], &insn) ||
	    !decoder_flow_source(code->flow, v->loaded, insn.rn, &then) ||
	    !decoder_flow_source(code->flow, at, insn.rn, &now) || then != now)
		return reg;
	return insn.rn;
}

void crash_trace(struct crash *c, unsigned int reg, int64_t displacement,
		 uint32_t size)
{
	struct trace t = { .c = c };
	char text[DOC_LINE / 2];
	unsigned int at;
	struct code code;
	struct value v;

	value_describe(c, reg, c->regs.x[reg]);
	if (!code_open(c, c->regs.pc, &code)) {
		crash_object_detail(c, reg);
		return;
	}
	t.code = &code;
	at = code_index(&code, c->regs.pc);
	if (!resolve(&t, at, reg, &v)) {
		crash_object_detail(c, reg);
		code_close(&code);
		return;
	}
	if (!v.address) {
		value_text(&v, text, sizeof(text));
		if (v.loaded != NOT_LOADED)
			doc_detail(c->d,
				   "It was loaded at %s+0x%" PRIx64 " from %s.",
				   code.sym.name,
				   (uint64_t)v.loaded * INSN_SIZE, text);
		else
			doc_detail(c->d, "It is %s.", text);
		member_describe(c, &v, displacement, size);
		root_describe(c, &code, &v);
		callers_describe(c, &code, v.argument);
	}
	crash_object_detail(c, object_register(&code, at, reg, &v));
	code_close(&code);
}

/* --- constants -------------------------------------------------------------*/

#define MAX_SEARCHED (1U << 22) /* instructions, for one report */

/*
 * The constants in registers, by the instructions in order of address. This is
 * not certain, because the code may have branches. But a wrong number is hardly
 * ever the address that the caller looks for. One pass over the code is enough
 * for all calls in it: a hostile function may be long.
 */
struct constants {
	uint32_t known; /* bit n: value[n] is known */
	va_t value[31];
};

/* An epilogue in the middle of the function restores registers. */
static bool is_restore(uint32_t word)
{
	struct insn insn;

	return !decoder_decode(word, &insn) && insn.rn == 31;
}

static void constants_step(struct constants *k, uint32_t word,
			   const struct insn_effect *e)
{
	va_t value = (va_t)e->imm;
	bool known = e->kind == INSN_EFFECT_CONST;

	if (e->kind == INSN_EFFECT_LOAD && is_restore(word))
		return;
	if (e->kind == INSN_EFFECT_ADD && e->rn < ARRAY_SIZE(k->value)) {
		known = k->known & 1U << e->rn;
		value += k->value[e->rn];
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(k->value); i++)
		if (e->dst & 1U << i)
			k->value[i] = value;
	k->known = known ? k->known | e->dst : k->known & ~e->dst;
}

static bool constant(const struct constants *k, unsigned int reg, va_t *ret)
{
	if (reg >= ARRAY_SIZE(k->value) || !(k->known & 1U << reg))
		return false;
	*ret = k->value[reg];
	return true;
}

bool crash_constant(struct crash *c, va_t pc, unsigned int reg, va_t *ret)
{
	struct constants k = { 0 };
	struct insn_effect e;
	struct code code;

	if (!code_read(c, pc, &code))
		return false;
	for (unsigned int i = 0; i < code_index(&code, pc); i++) {
		decoder_effect(code.words[i], code_va(&code, i), &e);
		constants_step(&k, code.words[i], &e);
	}
	code_close(&code);
	return constant(&k, reg, ret);
}

/* A module calls a distant function through a veneer: ADRP, ADD, BR. */
static va_t veneer_target(struct crash *c, va_t va)
{
	struct constants k = { 0 };
	struct insn_effect e;
	uint32_t words[4];
	va_t target;

	if (view_read(&c->s->view, c->vcpu, va, words, sizeof(words)) !=
	    sizeof(words))
		return va;
	for (unsigned int i = 0; i < ARRAY_SIZE(words); i++) {
		decoder_effect(words[i], va + i * INSN_SIZE, &e);
		if (e.kind == INSN_EFFECT_JUMP)
			return constant(&k, e.rn, &target) ? target : va;
		constants_step(&k, words[i], &e);
	}
	return va;
}

bool crash_calls_with(struct crash *c, va_t pc, bool (*is)(const char *name),
		      va_t value)
{
	struct constants k = { 0 };
	struct introspect_symbol sym;
	struct insn_effect e;
	struct code code;
	bool found = false;
	va_t va;

	/* A hostile guest may have long functions on all its stacks. */
	if (c->searched >= MAX_SEARCHED || !code_read(c, pc, &code))
		return false;
	c->searched += code.nr;
	for (unsigned int i = 0; i < code.nr && !found; i++) {
		decoder_effect(code.words[i], code_va(&code, i), &e);
		if (e.kind == INSN_EFFECT_CALL && e.has_target &&
		    constant(&k, 0, &va) && va == value) {
			va = veneer_target(c, e.target);
			found = !introspect_symbol_by_address(c->in, va,
							      &sym) &&
				is(sym.name);
		}
		constants_step(&k, code.words[i], &e);
	}
	code_close(&code);
	return found;
}
