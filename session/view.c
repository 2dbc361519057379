// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * view.c - see view.h
 */
#include "view.h"

#include <errno.h>
#include <trapline/arm64.h>
#include "state.h"
#include "sysreg.h"

/* Size of one copy when the MMU is off: there is no descriptor. */
#define FLAT_PIECE SZ_4K

static struct view *view_of(struct gdbstub_target *t)
{
	return (struct view *)(void *)t;
}

static bool is_vcpu(const struct view *v, unsigned int index)
{
	return index < v->g->nr_vcpus;
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

static int target_regs_get(struct gdbstub_target *t, unsigned int index,
			   uint64_t which, struct guest_regs *ret)
{
	struct view *v = view_of(t);
	const struct introspect_task *task;

	if (is_vcpu(v, index))
		return view_regs_get(v, index, which, ret);
	task = threads_task(&v->threads, index);
	return task ? introspect_task_regs(v->in, task->va, ret) : -EINVAL;
}

static int target_regs_set(struct gdbstub_target *t, unsigned int index,
			   const struct guest_regs *regs)
{
	struct view *v = view_of(t);

	return in_fault(v, index) || !is_vcpu(v, index)
		       ? -EROFS
		       : v->g->ops->regs_set(v->g, index, regs);
}

static int target_fpregs_get(struct gdbstub_target *t, unsigned int index,
			     struct guest_fpregs *ret)
{
	struct view *v = view_of(t);

	return is_vcpu(v, index) ? v->g->ops->fpregs_get(v->g, index, ret)
				 : -ENOENT;
}

static int target_fpregs_set(struct gdbstub_target *t, unsigned int index,
			     const struct guest_fpregs *regs)
{
	struct view *v = view_of(t);

	return in_fault(v, index) || !is_vcpu(v, index)
		       ? -EROFS
		       : v->g->ops->fpregs_set(v->g, index, regs);
}

static int target_sysreg_get(struct gdbstub_target *t, unsigned int index,
			     enum guest_sysreg reg, uint64_t *ret)
{
	struct view *v = view_of(t);
	const struct introspect_task *task;

	if (is_vcpu(v, index))
		return v->g->ops->sysreg_get(v->g, index, reg, ret);
	task = threads_task(&v->threads, index);
	if (!task || reg != GUEST_SP_EL0)
		return -ENOENT;
	*ret = task->va;
	return 0;
}

static int target_sysreg_set(struct gdbstub_target *t, unsigned int index,
			     enum guest_sysreg reg, uint64_t value,
			     const char **why)
{
	struct view *v = view_of(t);
	int err;

	if (!is_vcpu(v, index))
		return -EROFS;
	v->g->why[0] = '\0';
	err = sysreg_write(v, index, reg, value);
	if (err && v->g->why[0])
		*why = v->g->why;
	return err;
}

/* --- virtual memory ------------------------------------------------------ */

/* The registers that translate va for a thread. */
static int space_get(struct view *v, unsigned int index, va_t va,
		     struct stage1_regs *ret)
{
	const struct introspect_task *task;
	int err;

	if (is_vcpu(v, index))
		return introspect_stage1_regs(v->in, index, ret);
	task = threads_task(&v->threads, index);
	if (!task)
		return -EINVAL;
	err = introspect_stage1_regs(v->in, v->g->last.vcpu, ret);
	if (err || va & VA_UPPER_HALF)
		return err;
	ret->tcr &= ~TCR_EPD0_MASK;
	return introspect_task_user_table(v->in, task->va, &ret->ttbr0)
		       ? -EFAULT
		       : 0;
}

/* Read to buf. If from is not NULL, write from there instead. */
static long copy(struct view *v, unsigned int index, va_t va, uint8_t *buf,
		 const uint8_t *from, size_t len)
{
	struct guest *g = v->g;
	struct stage1_mapping map;
	struct stage1_regs regs;
	size_t done = 0;
	int err = space_get(v, index, va, &regs);

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
	struct view *v = view_of(t);

	return v->phys ? v->g->ops->ipa_read(v->g, va, buf, len)
		       : view_read(v, vcpu, va, buf, len);
}

static long target_write(struct gdbstub_target *t, unsigned int vcpu, va_t va,
			 const void *buf, size_t len)
{
	struct view *v = view_of(t);

	return v->phys ? v->g->ops->ipa_write(v->g, va, buf, len)
		       : view_write(v, vcpu, va, buf, len);
}

static void target_phys_set(struct gdbstub_target *t, bool phys)
{
	view_of(t)->phys = phys;
}

static bool target_phys_get(struct gdbstub_target *t)
{
	return view_of(t)->phys;
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

static unsigned int target_threads(struct gdbstub_target *t,
				   const unsigned int **ret)
{
	struct view *v = view_of(t);

	if (!v->threads.shown || v->g->ops->is_running(v->g))
		return 0;
	introspect_limit_reads(v->in, SESSION_MAX_READS);
	threads_read(&v->threads, v->g, v->in);
	introspect_limit_reads(v->in, 0);
	*ret = v->threads.indices;
	return v->threads.nr;
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
	.sysreg_set = target_sysreg_set,
	.read = target_read,
	.write = target_write,
	.phys_set = target_phys_set,
	.phys_get = target_phys_get,
	.state = target_state,
	.threads = target_threads,
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

void view_deinit(struct view *v)
{
	threads_forget(&v->threads);
}

void view_stopped(struct view *v)
{
	v->real = false;
	threads_forget(&v->threads);
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
