// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * report_context.c - which vCPU crashed, with which registers, on which stack
 *
 * If trapline stopped the guest, a vCPU is at the start of one of the kernel's
 * functions for crashes (introspect/crash.c). The arguments of this function
 * have the best information. In a dump from another program, such a function is
 * on the stack of a vCPU, and the registers are those of the exception below
 * it.
 *
 * The address of an abort is in FAR_EL1 only if ESR_EL1 still belongs to the
 * crash. Otherwise, the address is computed from the instruction and its
 * registers.
 */
#include "hang.h"

#include <inttypes.h>
#include <string.h>
#include <trapline/code.h>
#include <trapline/text.h>
#include <trapline/util.h>

/* trapline stops a vCPU at the first instruction after ftrace's. */
#define START_SIZE (8 * INSN_SIZE)

#define EC_IABT_CUR 0x21
#define EC_DABT_CUR 0x25

/* The numbers of the arguments that are ESR and FAR; -1: none. */
static const struct {
	const char *function;
	int esr, far;
} arguments[] = {
	{ "die", 2, -1 },
	{ "panic_bad_stack", 1, 2 },
	{ "arm64_serror_panic", 1, -1 },
	{ "__panic_unhandled", 2, -1 },
	{ "handle_bad_stack", -1, -1 },
	{ "nmi_panic", -1, -1 },
	{ "panic", -1, -1 },
};

bool crash_is_low(va_t va)
{
	return !(va & VA_UPPER_HALF);
}

bool crash_pc(const struct crash *c, va_t *ret)
{
	if (!c->has_regs)
		return false;
	*ret = c->regs.pc;
	if (c->kind != CRASH_PANIC || !c->first)
		return true;
	if (c->first >= c->nr_frames)
		return false;
	*ret = c->frames[c->first].pc;
	return true;
}

uint64_t crash_page_size(struct crash *c)
{
	static const uint64_t sizes[] = { SZ_4K, 4 * SZ_4K, SZ_4K, SZ_64K };
	struct stage1_regs regs;

	if (introspect_stage1_regs(c->in, c->vcpu, &regs))
		return SZ_4K;
	return sizes[FIELD_GET(TCR_TG1_MASK, regs.tcr)];
}

void crash_place(struct crash *c, va_t va, char *buf, size_t size)
{
	struct introspect_symbol sym;
	char gone[96] = "";

	if (introspect_symbol_by_address(c->in, va, &sym) || !*sym.name) {
		if (introspect_module_gone(c->in, va, gone, sizeof(gone)))
			snprintf(buf, size, "0x%016" PRIx64, va);
		else
			snprintf(buf, size, "0x%016" PRIx64 " (%s)", va, gone);
	} else {
		snprintf(buf, size, "%s+0x%" PRIx64 "/0x%" PRIx64 "%s%s%s",
			 sym.name, va - sym.va, sym.size,
			 *sym.module ? " [" : "", sym.module,
			 *sym.module ? "]" : "");
	}
}

const char *crash_frame_symbol(struct crash *c,
			       const struct introspect_frame *f,
			       struct introspect_symbol *ret)
{
	bool is_return = f->kind == INTROSPECT_FRAME_CALL ||
			 f->kind == INTROSPECT_FRAME_MAYBE;

	if (f->kind == INTROSPECT_FRAME_USER ||
	    introspect_symbol_by_address(c->in, is_return ? f->pc - 4 : f->pc,
					 ret))
		return "";
	return ret->name;
}

static const char *function_named(const char *name, unsigned int *ret)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(arguments); i++)
		if (!strcmp(arguments[i].function, name)) {
			*ret = i;
			return arguments[i].function;
		}
	return NULL;
}

/* --- a stop at the start of a function for crashes -------------------------*/

static void esr_find(struct crash *c, unsigned int index,
		     const struct guest_regs *entry)
{
	uint64_t esr = 0, far = 0;
	unsigned int ec;

	if (!c->g->ops->sysreg_get(c->g, c->vcpu, GUEST_ESR_EL1, &esr))
		c->esr = esr;
	c->g->ops->sysreg_get(c->g, c->vcpu, GUEST_FAR_EL1, &far);
	c->has_esr = esr != 0 && strcmp(c->function, "panic") &&
		     strcmp(c->function, "nmi_panic");
	if (arguments[index].esr >= 0 && entry->x[arguments[index].esr]) {
		c->esr = entry->x[arguments[index].esr];
		c->has_esr = true;
	}
	if (arguments[index].far >= 0) {
		c->far = entry->x[arguments[index].far];
		c->has_far = true;
		return;
	}
	ec = (unsigned int)FIELD_GET(ESR_ELx_EC_MASK, c->esr);
	c->far = far;
	c->has_far = c->has_esr && (uint32_t)c->esr == (uint32_t)esr &&
		     (ec == EC_IABT_CUR || ec == EC_DABT_CUR);
}

static void catch_find(struct crash *c)
{
	struct introspect_symbol sym;
	struct guest_regs entry;
	unsigned int index;

	if (c->g->ops->regs_get(c->g, c->vcpu, &entry) ||
	    introspect_symbol_by_address(c->in, entry.pc, &sym) || *sym.module)
		return;
	c->function = function_named(sym.name, &index);
	if (!c->function)
		return;
	/* Later, the registers do not have the arguments any more. */
	if (entry.pc - sym.va > START_SIZE) {
		if (!c->g->has_fault)
			c->function = NULL;
		return;
	}
	introspect_crash_message(c->in, c->function, &entry, c->message,
				 sizeof(c->message));
	esr_find(c, index, &entry);
}

/* --- a function for crashes on a stack -------------------------------------*/

/* Take the registers of the first exception below frame i. */
static void stack_take(struct crash *c, int i)
{
	struct guest_regs regs;

	c->has_regs = false;
	for (; i < c->nr_frames && !c->has_regs; i++) {
		if (c->frames[i].kind != INTROSPECT_FRAME_EXCEPTION ||
		    !c->frames[i].regs)
			continue;
		if (introspect_read(c->in, c->frames[i].regs, &regs,
				    sizeof(regs)))
			break;
		c->regs = regs;
		c->has_regs = true;
	}
}

/* Is the function called with the registers of an exception? */
static bool has_exception(const char *function)
{
	return strcmp(function, "panic") && strcmp(function, "nmi_panic");
}

/* Which function for crashes is frame i in? NULL: none. */
static const char *frame_function(struct crash *c, int i)
{
	struct introspect_symbol sym;
	const char *name = crash_frame_symbol(c, &c->frames[i], &sym);
	unsigned int index;

	return *name && !*sym.module ? function_named(name, &index) : NULL;
}

static void panic_see(void *opaque, const struct introspect_log_record *r)
{
	static const char start[] = "Kernel panic - not syncing: ";
	struct crash *c = opaque;
	const char *text = r->text + strlen(start);

	if (strncmp(r->text, start, strlen(start)))
		return;
	snprintf(c->message, sizeof(c->message), "%.*s",
		 (int)strcspn(text, "\n"), text);
	text_clean(c->message, strlen(c->message));
}

static bool stack_search(struct crash *c, unsigned int vcpu)
{
	struct guest_regs regs;
	unsigned int lost;
	int at = 0;

	if (!c->g->ops->vcpu_online(c->g, vcpu) ||
	    c->g->ops->regs_get(c->g, vcpu, &regs))
		return false;
	c->nr_frames = introspect_backtrace(c->in, &regs, c->frames,
					    CRASH_FRAMES, &c->why);
	while (at < c->nr_frames && !frame_function(c, at))
		at++;
	if (at == c->nr_frames)
		return false;
	c->function = frame_function(c, at);
	/* The exception that led to the panic is better. */
	for (int i = at + 1; i < c->nr_frames; i++) {
		const char *function = frame_function(c, i);

		if (has_exception(c->function))
			break;
		if (!function || !has_exception(function))
			continue;
		c->function = function;
		at = i;
	}
	c->vcpu = vcpu;
	if (has_exception(c->function))
		stack_take(c, at);
	else
		introspect_log(c->in, panic_see, c, &lost);
	if (!c->has_regs) {
		/* The caller of panic(). */
		c->regs = regs;
		c->has_regs = true;
		c->first = at + 1;
	}
	return true;
}

/* --- a guest that has not crashed ------------------------------------------*/

static bool is_waiting(const char *name)
{
	return !strncmp(name, "queued_spin_lock_slowpath", 25) ||
	       !strncmp(name, "queued_read_lock_slowpath", 25) ||
	       !strncmp(name, "queued_write_lock_slowpath", 26);
}

/*
 * The vCPU that waits for a spinlock; otherwise the one that stopped, unless it is
 * idle; otherwise the first one that is not idle.
 */
static void vcpu_pick(struct crash *c)
{
	unsigned int first = c->vcpu, nr = c->g->nr_vcpus;
	struct introspect_symbol sym;
	struct guest_regs regs;
	bool found = false;
	char comm[20];
	int pid;

	for (unsigned int n = 0; n < nr; n++) {
		unsigned int i = (first + n) % nr;

		if (!c->g->ops->vcpu_online(c->g, i) ||
		    c->g->ops->regs_get(c->g, i, &regs))
			continue;
		if (!introspect_symbol_by_address(c->in, regs.pc, &sym) &&
		    is_waiting(sym.name)) {
			c->vcpu = i;
			return;
		}
		if (!found &&
		    !introspect_current(c->in, i, comm, sizeof(comm), &pid) &&
		    pid) {
			c->vcpu = i;
			found = true;
		}
	}
}

/* --- all together ----------------------------------------------------------*/

static void access_find(struct crash *c)
{
	struct decoder_env env = { 0 };
	struct access access;
	struct insn_regs regs;
	uint32_t word;

	if (!c->has_regs || view_read(&c->s->view, c->vcpu, c->regs.pc, &word,
				      sizeof(word)) != sizeof(word))
		return;
	memcpy(&regs, &c->regs, sizeof(regs));
	if (decoder_decode(word, &c->insn) ||
	    decoder_access(&c->insn, &regs, &env, &access) || !access.nr)
		return;
	for (unsigned int i = 0; i < access.nr; i++) {
		c->addr = access.mem[i].addr;
		c->size = access.mem[i].size;
		c->is_write = access.mem[i].flags & ACCESS_WRITE;
		c->has_access = true;
		/* A copy has two regions: the one that contains FAR faulted. */
		if (c->has_far && c->far - c->addr < c->size)
			break;
	}
	if (c->has_esr && FIELD_GET(ESR_ELx_EC_MASK, c->esr) == EC_DABT_CUR)
		c->is_write = c->esr & ESR_ELx_WNR && !(c->esr & ESR_ELx_CM);
}

_Static_assert(sizeof(struct insn_regs) == sizeof(struct guest_regs),
	       "the same layout");

/*
 * A frame from LR is certain if the instruction before LR calls the function of
 * the frame above by name.
 */
static void frame_promote(struct crash *c, struct introspect_frame *f)
{
	struct introspect_symbol above;
	struct insn_effect e;
	uint32_t word;

	if (f->kind != INTROSPECT_FRAME_MAYBE ||
	    !*crash_frame_symbol(c, f - 1, &above) ||
	    view_read(&c->s->view, c->vcpu, f->pc - INSN_SIZE, &word,
		      sizeof(word)) != sizeof(word))
		return;
	decoder_effect(word, f->pc - INSN_SIZE, &e);
	if (e.kind == INSN_EFFECT_CALL && e.has_target && e.target == above.va)
		f->kind = INTROSPECT_FRAME_CALL;
}

int crash_backtrace(struct crash *c, const struct guest_regs *regs,
		    struct introspect_frame *frames, int *why)
{
	int nr = introspect_backtrace(c->in, regs, frames, CRASH_FRAMES, why);

	for (int i = 1; i < nr; i++)
		frame_promote(c, &frames[i]);
	return nr;
}

static void stack_read(struct crash *c)
{
	if (c->has_regs && !c->first)
		c->nr_frames = crash_backtrace(c, &c->regs, c->frames, &c->why);
	introspect_current(c->in, c->vcpu, c->comm, sizeof(c->comm), &c->pid);
}

void crash_find(struct crash *c)
{
	const struct guest_stop *stop = guest_last_stop(c->g);

	c->vcpu = session_vcpu(c->s);
	c->pid = -1;
	c->linux_found = !introspect_find_kernel(c->in);
	if (c->linux_found) {
		introspect_modules_refresh(c->in);
		catch_find(c);
		if (!c->function && !c->g->has_fault)
			for (unsigned int i = 0; i < c->g->nr_vcpus; i++)
				if (stack_search(c, i))
					break;
		if (!c->function && !c->g->has_fault &&
		    (!stop || stop->kind == GUEST_STOP_REQUESTED))
			vcpu_pick(c);
	}
	if (!c->has_regs)
		c->has_regs = !view_regs_get(&c->s->view, c->vcpu,
					     GUEST_REG_ALL, &c->regs);
	access_find(c);
	if (!c->linux_found)
		return;
	stack_read(c);
	if (!c->function && !c->g->has_fault && stop &&
	    stop->kind != GUEST_STOP_CRASH && stop->kind != GUEST_STOP_FAILURE)
		hang_find(c);
	else
		hang_look(c);
}
