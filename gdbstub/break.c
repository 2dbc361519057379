/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Break and watch points: Z and z. Source: the GDB manual, "Packets" and "ARM
 * Breakpoint Kinds" (A64 instructions have four bytes). condition.c handles the
 * conditions that break points may have.
 *
 * The stub keeps a list of the points it has set, because a session may end
 * without removing its points, and because Z and z may come twice.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

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

/*
 * Parse "type,addr,kind". For watch points, kind is the length. A type that
 * this stub does not have is answered like an unknown packet: STUB_EMPTY.
 */
static int parse(struct gdbstub *stub, struct args *args,
		 struct stub_point *ret)
{
	uint64_t type, va, len;

	if (!args_hex(args, &type) || !args_char(args, ','))
		return -EINVAL;
	if (type >= ARRAY_SIZE(kinds))
		return STUB_EMPTY;
	if (!args_hex(args, &va) || !args_char(args, ',') ||
	    !args_hex(args, &len))
		return -EINVAL;
	ret->at.kind = kinds[type];
	ret->at.va = va;
	ret->at.len = len;
	/* A thread that is no vCPU has kernel addresses like any vCPU. */
	ret->vcpu = stub_is_vcpu(stub, stub->general) ? stub->general
						      : stub->stop.vcpu;
	ret->pending = false;
	ret->conditions = (struct stub_conditions){ 0 };
	if (is_break(ret->at.kind)) {
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

/* --- the list of points, with chains by address ------------------- */

static unsigned int *chain_of(struct gdbstub *stub, va_t va)
{
	uint64_t n = (va ^ va >> 12 ^ va >> 24) % ARRAY_SIZE(stub->point_chain);

	return &stub->point_chain[n];
}

/* The chain link that names the point with this index. */
static unsigned int *link_of(struct gdbstub *stub, unsigned int index)
{
	unsigned int *link = chain_of(stub, stub->points[index].at.va);

	while (*link != index + 1)
		link = &stub->points[*link - 1].next;
	return link;
}

static struct stub_point *find(struct gdbstub *stub,
			       const struct stub_point *like)
{
	unsigned int number = *chain_of(stub, like->at.va);

	while (number) {
		struct stub_point *point = &stub->points[number - 1];

		if (point->at.kind == like->at.kind &&
		    point->at.va == like->at.va &&
		    point->at.len == like->at.len)
			return point;
		number = point->next;
	}
	return NULL;
}

static void append(struct gdbstub *stub, const struct stub_point *point)
{
	unsigned int *chain = chain_of(stub, point->at.va);
	struct stub_point *new = &stub->points[stub->nr_points++];

	*new = *point;
	new->next = *chain;
	*chain = stub->nr_points;
}

/* Remove a point; the last point of the array moves into its place. */
static void drop(struct gdbstub *stub, struct stub_point *point)
{
	unsigned int index = (unsigned int)(point - stub->points);

	conditions_free(stub, &point->conditions);
	*link_of(stub, index) = point->next;
	if (index != --stub->nr_points) {
		*link_of(stub, stub->nr_points) = index + 1;
		*point = stub->points[stub->nr_points];
	}
}

/* Make room for one more point; the array grows by doubling. */
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

/* True for a kernel address while the kernel is not mapped yet. */
static bool may_wait(struct gdbstub *stub, const struct stub_point *point)
{
	const struct gdbstub_services *services = stub->services;

	return point->at.kind == GUEST_BREAK_SW && point->at.va >> 63 &&
	       services->exec_pending && services->exec_pending(stub->opaque);
}

static int change(struct gdbstub *stub, const struct stub_point *point,
		  bool set, const char **why)
{
	return stub->target->ops->point(stub->target, point->vcpu, &point->at,
					set, why);
}

static int insert(struct gdbstub *stub, struct stub_point *point)
{
	const char *why = NULL;
	int error = reserve(stub);

	if (error)
		return error;
	error = change(stub, point, true, &why);
	point->pending = error == -EFAULT && may_wait(stub, point);
	if (error && !point->pending)
		return why ? stub_fail(stub, error, why) : error;
	append(stub, point);
	return 0;
}

/*
 * When a module is unloaded, gdb forgets its points and sends them again when
 * the module is loaded again, maybe at another physical address. A point whose
 * page has not moved, or whose address is not mapped now, stays as it is.
 */
static void set_again(struct gdbstub *stub, struct stub_point *point)
{
	const char *why;

	if (is_break(point->at.kind) && !change(stub, point, true, &why))
		point->pending = false;
}

/*
 * type,addr,kind[;conditions]
 *
 * When the debugger sends the packet again, the new conditions replace the old
 * ones. Without conditions the point always stops.
 */
int handle_point_insert(struct gdbstub *stub, struct args *args)
{
	struct stub_point point, *found;
	int error = parse(stub, args, &point);

	if (!error && is_break(point.at.kind))
		error = conditions_parse(stub, args, &point.conditions);
	else if (!error && !args_at_end(args))
		error = -EINVAL;
	if (error)
		return error;
	found = find(stub, &point);
	if (found) {
		conditions_free(stub, &found->conditions);
		found->conditions = point.conditions;
		set_again(stub, found);
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
	struct stub_point point, *found;
	int error = parse(stub, args, &point);
	const char *why;

	if (!error && !args_at_end(args))
		error = -EINVAL;
	if (error)
		return error;
	found = find(stub, &point);
	if (!found)
		return STUB_OK;
	error = change(stub, found, false, &why);
	/*
	 * -ENOENT: the guest has already lost this point, so it counts as
	 * removed.
	 */
	if (error && error != -ENOENT)
		return error;
	drop(stub, found);
	return STUB_OK;
}

void points_clear(struct gdbstub *stub)
{
	const char *why;

	for (unsigned int i = 0; i < stub->nr_points; i++) {
		struct stub_point *point = &stub->points[i];

		change(stub, point, false, &why);
		conditions_free(stub, &point->conditions);
	}
	stub->nr_points = 0;
	memset(stub->point_chain, 0, sizeof(stub->point_chain));
}

void points_retry(struct gdbstub *stub)
{
	const char *why;

	for (unsigned int i = 0; i < stub->nr_points; i++) {
		struct stub_point *point = &stub->points[i];

		if (point->pending)
			point->pending = change(stub, point, true, &why);
	}
}

bool points_pass(struct gdbstub *stub, const struct guest_stop *stop)
{
	const struct stub_point *point;
	struct guest_regs regs;
	unsigned int number;
	bool any = false;

	if ((stop->kind != GUEST_STOP_SW_BREAK &&
	     stop->kind != GUEST_STOP_HW_BREAK) ||
	    !stub->conditions_size || stop->vcpu >= stub->target->nr_vcpus ||
	    stub->target->ops->regs_get(stub->target, stop->vcpu, GUEST_REG_PC,
					&regs))
		return false;
	for (number = *chain_of(stub, regs.pc); number; number = point->next) {
		point = &stub->points[number - 1];
		if (!is_break(point->at.kind) || point->at.va != regs.pc)
			continue;
		if (conditions_hold(stub, stop->vcpu, &point->conditions))
			return false;
		any = true;
	}
	return any;
}
