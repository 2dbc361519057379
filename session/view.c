// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * view.c - see view.h
 */
#include "view.h"

#include <errno.h>

/* Size of one copy when the MMU is off: there is no descriptor. */
#define FLAT_PIECE SZ_4K

static struct view *view_of(struct gdbstub_target *t)
{
	return (struct view *)(void *)t;
}

/* --- registers ----------------------------------------------------------- */

/* Does the debugger see this vCPU's faulting registers? */
static bool in_fault(const struct view *v, unsigned int vcpu)
{
	return view_is_fault(v) && vcpu == v->g->last.vcpu;
}

int view_regs_get(struct view *v, unsigned int vcpu, uint64_t which,
		  struct guest_regs *ret)
{
	if (in_fault(v, vcpu)) {
		*ret = v->g->fault;
		return 0;
	}
	return which == GUEST_REG_ALL
		       ? v->g->ops->regs_get(v->g, vcpu, ret)
		       : v->g->ops->regs_get_some(v->g, vcpu, which, ret);
}

static int target_regs_get(struct gdbstub_target *t, unsigned int vcpu,
			   uint64_t which, struct guest_regs *ret)
{
	return view_regs_get(view_of(t), vcpu, which, ret);
}

static int target_regs_set(struct gdbstub_target *t, unsigned int vcpu,
			   const struct guest_regs *regs)
{
	struct view *v = view_of(t);

	return in_fault(v, vcpu) ? -EROFS
				 : v->g->ops->regs_set(v->g, vcpu, regs);
}

static int target_fpregs_get(struct gdbstub_target *t, unsigned int vcpu,
			     struct guest_fpregs *ret)
{
	struct guest *g = view_of(t)->g;

	return g->ops->fpregs_get(g, vcpu, ret);
}

static int target_fpregs_set(struct gdbstub_target *t, unsigned int vcpu,
			     const struct guest_fpregs *regs)
{
	struct view *v = view_of(t);

	return in_fault(v, vcpu) ? -EROFS
				 : v->g->ops->fpregs_set(v->g, vcpu, regs);
}

static int target_sysreg_get(struct gdbstub_target *t, unsigned int vcpu,
			     enum guest_sysreg reg, uint64_t *ret)
{
	struct guest *g = view_of(t)->g;

	return g->ops->sysreg_get(g, vcpu, reg, ret);
}

/* --- virtual memory ------------------------------------------------------ */

/* Read to buf, or, if from is not NULL, write from it. */
static long copy(struct view *v, unsigned int vcpu, va_t va, uint8_t *buf,
		 const uint8_t *from, size_t len)
{
	struct guest *g = v->g;
	struct stage1_mapping map;
	struct stage1_regs regs;
	size_t done = 0;
	int err = introspect_stage1_regs(v->in, vcpu, &regs);

	if (err)
		return err;
	while (done < len) {
		uint64_t piece;
		long n;

		if (stage1_walk(g, &regs, va + done, &map))
			break;
		piece = map.desc && map.size ? map.size : FLAT_PIECE;
		piece -= map.ipa & (piece - 1);
		if (piece > len - done)
			piece = len - done;
		n = from ? g->ops->ipa_write(g, map.ipa, from + done, piece)
			 : g->ops->ipa_read(g, map.ipa, buf + done, piece);
		if (n <= 0)
			break;
		done += (size_t)n;
	}
	return done || !len ? (long)done : -EFAULT;
}

long view_read(struct view *v, unsigned int vcpu, va_t va, void *buf,
	       size_t len)
{
	return copy(v, vcpu, va, buf, NULL, len);
}

long view_write(struct view *v, unsigned int vcpu, va_t va, const void *buf,
		size_t len)
{
	return copy(v, vcpu, va, NULL, buf, len);
}

static long target_read(struct gdbstub_target *t, unsigned int vcpu, va_t va,
			void *buf, size_t len)
{
	return view_read(view_of(t), vcpu, va, buf, len);
}

static long target_write(struct gdbstub_target *t, unsigned int vcpu, va_t va,
			 const void *buf, size_t len)
{
	return view_write(view_of(t), vcpu, va, buf, len);
}

/* --- run control --------------------------------------------------------- */

static enum gdbstub_state target_state(struct gdbstub_target *t,
				       unsigned int vcpu)
{
	struct guest *g = view_of(t)->g;

	if (g->ops->is_running(g))
		return GDBSTUB_RUNNING;
	return g->ops->vcpu_online(g, vcpu) ? GDBSTUB_STOPPED : GDBSTUB_OFF;
}

static int target_resume(struct gdbstub_target *t,
			 const enum guest_action *actions,
			 const struct guest_range *ranges, int over)
{
	struct guest *g = view_of(t)->g;

	return over < 0 ? g->ops->resume(g, actions, ranges)
			: g->ops->resume_over(g, (unsigned int)over);
}

static int target_stop(struct gdbstub_target *t)
{
	struct guest *g = view_of(t)->g;

	return g->ops->stop_request(g);
}

static int target_kill(struct gdbstub_target *t)
{
	struct guest *g = view_of(t)->g;

	return g->ops->kill(g);
}

static int target_point(struct gdbstub_target *t, unsigned int vcpu,
			const struct gdbstub_point *point, bool set,
			const char **why)
{
	struct guest *g = view_of(t)->g;
	int err;

	if (!set)
		return g->ops->break_clear(g, vcpu, point->kind, point->va,
					   point->len);
	g->why[0] = '\0';
	err = g->ops->break_set(g, vcpu, point->kind, point->va, point->len);
	if (err && g->why[0])
		*why = g->why;
	return err;
}

static const struct gdbstub_target_ops target_ops = {
	.regs_get = target_regs_get,
	.regs_set = target_regs_set,
	.fpregs_get = target_fpregs_get,
	.fpregs_set = target_fpregs_set,
	.sysreg_get = target_sysreg_get,
	.read = target_read,
	.write = target_write,
	.state = target_state,
	.resume = target_resume,
	.stop = target_stop,
	.kill = target_kill,
	.point = target_point,
};

/* --- the fault view ------------------------------------------------------ */

void view_init(struct view *v, struct guest *g, struct introspect *in)
{
	*v = (struct view){
		.target = { .ops = &target_ops, .nr_vcpus = g->nr_vcpus },
		.g = g,
		.in = in,
	};
}

void view_stopped(struct view *v)
{
	v->real = false;
}

int view_fault_set(struct view *v, bool fault)
{
	if (!v->g->has_fault)
		return -ENOENT;
	v->real = !fault;
	return 0;
}

bool view_is_fault(const struct view *v)
{
	return v->g->has_fault && !v->real;
}
