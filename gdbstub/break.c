/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Break and watch points: Z and z. Source: the GDB manual, "Packets" and
 * "ARM Breakpoint Kinds" (A64 instructions have four bytes). Conditions, which
 * break points may have, are condition.c's.
 *
 * The stub keeps a list of what it has set, because the session that set a
 * point may end without removing it, and because both packets may come twice.
 */
#include <errno.h>
#include <stdlib.h>

#include "command.h"
#include "condition.h"

#define A64_INSN_SIZE 4

static const enum guest_break_kind kinds[] = {
	GUEST_BREAK_SW,   GUEST_BREAK_HW,     GUEST_WATCH_WRITE,
	GUEST_WATCH_READ, GUEST_WATCH_ACCESS,
};

static bool is_break(enum guest_break_kind kind)
{
	return kind == GUEST_BREAK_SW || kind == GUEST_BREAK_HW;
}

/* type,addr,kind: the last is a length for watch points */
static int parse(struct gdbstub *stub, struct args *args,
		 struct stub_point *ret)
{
	uint64_t type, va, len;

	if (!args_hex_max(args, ARRAY_SIZE(kinds) - 1, &type) ||
	    !args_char(args, ',') || !args_hex(args, &va) ||
	    !args_char(args, ',') || !args_hex(args, &len))
		return -EINVAL;
	ret->kind = kinds[type];
	ret->va = va;
	ret->len = len;
	ret->vcpu = stub->general;
	ret->pending = false;
	ret->conditions = (struct stub_conditions){ 0 };
	if (is_break(ret->kind)) {
		if (len != A64_INSN_SIZE)
			return stub_fail(stub, -EINVAL,
					 "A64 instructions have 4 bytes");
		if (va % A64_INSN_SIZE)
			return stub_fail(stub, -EINVAL,
					 "A64 instructions are aligned to 4");
	} else if (!len || va + (len - 1) < va) {
		return stub_fail(stub, -EINVAL, "impossible length");
	}
	return 0;
}

static struct stub_point *find(struct gdbstub *stub,
			       const struct stub_point *like)
{
	for (unsigned int i = 0; i < stub->nr_points; i++) {
		struct stub_point *point = &stub->points[i];

		if (point->kind == like->kind && point->va == like->va &&
		    point->len == like->len)
			return point;
	}
	return NULL;
}

/* Room for one more; the array grows by doubling. */
static int reserve(struct gdbstub *stub)
{
	unsigned int nr = stub->nr_points;
	struct stub_point *points;

	if (nr >= STUB_MAX_POINTS)
		return -ENOSPC;
	if (nr && nr & (nr - 1))
		return 0;
	points = reallocarray(stub->points, nr ? nr * 2 : 1, sizeof(*points));
	if (!points)
		return -ENOMEM;
	stub->points = points;
	return 0;
}

/* A kernel's address, of a kernel that is not there yet? */
static bool may_wait(struct gdbstub *stub, const struct stub_point *point)
{
	const struct gdbstub_services *services = stub->services;

	return point->kind == GUEST_BREAK_SW && point->va >> 63 &&
	       services->exec_pending && services->exec_pending(stub->opaque);
}

static int insert(struct gdbstub *stub, struct stub_point *point)
{
	struct guest *g = stub->g;
	int error = reserve(stub);

	if (error)
		return error;
	g->why[0] = '\0';
	error = g->ops->break_set(g, point->vcpu, point->kind, point->va,
				  point->len);
	point->pending = error == -EFAULT && may_wait(stub, point);
	if (error && !point->pending)
		return g->why[0] ? stub_fail(stub, error, g->why) : error;
	stub->points[stub->nr_points++] = *point;
	return 0;
}

/*
 * type,addr,kind[;conditions]: sent again with others, the old conditions are
 * forgotten; without, the point stops always
 */
int handle_point_insert(struct gdbstub *stub, struct args *args)
{
	struct stub_point point, *found;
	int error = parse(stub, args, &point);

	if (!error && is_break(point.kind))
		error = conditions_parse(stub, args, &point.conditions);
	else if (!error && !args_at_end(args))
		error = -EINVAL;
	if (error)
		return error;
	found = find(stub, &point);
	if (found) {
		conditions_free(stub, &found->conditions);
		found->conditions = point.conditions;
		return STUB_OK;
	}
	error = insert(stub, &point);
	if (error) {
		conditions_free(stub, &point.conditions);
		return error;
	}
	return STUB_OK;
}

int handle_point_remove(struct gdbstub *stub, struct args *args)
{
	struct guest *g = stub->g;
	struct stub_point point, *found;
	int error = parse(stub, args, &point);

	if (!error && !args_at_end(args))
		error = -EINVAL;
	if (error)
		return error;
	found = find(stub, &point);
	if (!found)
		return STUB_OK;
	error = g->ops->break_clear(g, found->vcpu, found->kind, found->va,
				    found->len);
	/* What the guest has lost by itself is gone as well. */
	if (error && error != -ENOENT)
		return error;
	conditions_free(stub, &found->conditions);
	*found = stub->points[--stub->nr_points];
	return STUB_OK;
}

void points_clear(struct gdbstub *stub)
{
	struct guest *g = stub->g;

	for (unsigned int i = 0; i < stub->nr_points; i++) {
		struct stub_point *point = &stub->points[i];

		g->ops->break_clear(g, point->vcpu, point->kind, point->va,
				    point->len);
		conditions_free(stub, &point->conditions);
	}
	stub->nr_points = 0;
}

void points_retry(struct gdbstub *stub)
{
	struct guest *g = stub->g;

	for (unsigned int i = 0; i < stub->nr_points; i++) {
		struct stub_point *point = &stub->points[i];

		if (point->pending)
			point->pending =
				g->ops->break_set(g, point->vcpu, point->kind,
						  point->va, point->len);
	}
}

bool points_pass(struct gdbstub *stub, const struct guest_stop *stop)
{
	struct guest_regs regs;
	bool any = false;

	if ((stop->kind != GUEST_STOP_SW_BREAK &&
	     stop->kind != GUEST_STOP_HW_BREAK) ||
	    !stub->conditions_size || stop->vcpu >= stub->g->nr_vcpus ||
	    stub->g->ops->regs_get_some(stub->g, stop->vcpu, GUEST_REG_PC,
					&regs))
		return false;
	for (unsigned int i = 0; i < stub->nr_points; i++) {
		const struct stub_point *point = &stub->points[i];

		if (!is_break(point->kind) || point->va != regs.pc)
			continue;
		if (conditions_hold(stub, stop->vcpu, &point->conditions))
			return false;
		any = true;
	}
	return any;
}
