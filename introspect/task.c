// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * task.c - find the task that runs on a vCPU
 *
 * In the kernel SP_EL0 points to the current task (arch/arm64/include/asm/
 * current.h). At EL0, and in the first instructions of an exception from EL0,
 * SP_EL0 is the user's stack pointer. The task is then read from the per-CPU
 * variable __entry_task at TPIDR_EL1 + &__entry_task, as the kernel does at
 * entry (arch/arm64/kernel/entry.S). If __entry_task has no symbol, its address
 * is found in the code of __switch_to, which writes the variable.
 */
#include "state.h"
#include "textref.h"

#include <errno.h>
#include <string.h>
#include <trapline/text.h>

#define COMM_SIZE    16 /* TASK_COMM_LEN */
#define CANDIDATES   32
#define PERCPU_ALIGN SZ_4K

/* Offset of the per-CPU __entry_task from _text. */
static int entry_task_offset(struct introspect *in, uint64_t *ret)
{
	uint64_t ref[CANDIDATES];
	struct kallsyms_entry e;
	uint32_t in_section;
	unsigned int nr;

	if (kallsyms_lookup(&in->ks, "__entry_task", &e)) {
		*ret = kallsyms_offset(&in->ks, e.index);
		return 0;
	}
	if (layout_percpu(in, "__entry_task", &in_section))
		return -ENOENT;
	nr = textref_scan(in, "__switch_to", ref, CANDIDATES);
	for (unsigned int i = 0; i < nr; i++) {
		/* The BTF offset is from the section's aligned start. */
		if (ref[i] < in_section || (ref[i] - in_section) % PERCPU_ALIGN)
			continue;
		*ret = ref[i];
		return 0;
	}
	return -ENOENT;
}

static int entry_task(struct introspect *in, unsigned int vcpu, va_t *ret)
{
	uint64_t offset, percpu;
	int err = entry_task_offset(in, &offset);

	if (!err)
		err = in->g->ops->sysreg_get(in->g, vcpu, GUEST_TPIDR_EL1,
					     &percpu);
	if (err)
		return err;
	return kva_read_u64(in, in->kva.text + offset + percpu, ret);
}

static int task_read(struct introspect *in, va_t task, char *comm, int *pid)
{
	uint32_t at_comm, at_pid;
	int32_t value;
	int len;

	if (layout_offset(in, "task_struct", "comm", &at_comm) ||
	    layout_offset(in, "task_struct", "pid", &at_pid))
		return -ENOENT;
	if (!kva_is_kernel(task) || kva_read(in, task + at_pid, &value, 4))
		return -EFAULT;
	len = kva_read_string(in, task + at_comm, comm, COMM_SIZE);
	if (len <= 0 || value < 0)
		return -EBADMSG;
	text_clean(comm, strlen(comm));
	*pid = value;
	return 0;
}

int introspect_current_task(struct introspect *in, unsigned int vcpu, va_t *ret)
{
	struct guest_regs regs;
	int err = kva_refresh(in);

	if (!err)
		err = in->g->ops->regs_get(in->g, vcpu, &regs);
	if (!err)
		err = in->g->ops->sysreg_get(in->g, vcpu, GUEST_SP_EL0, ret);
	if (err)
		return err;
	if (!FIELD_GET(PSTATE_EL, regs.pstate) || !kva_is_kernel(*ret))
		err = entry_task(in, vcpu, ret);
	return err;
}

int introspect_task_user_table(struct introspect *in, va_t task, ipa_t *ret)
{
	uint32_t at_mm, at_pgd;
	struct stage1_mapping map;
	va_t mm, pgd;
	int err;

	if (layout_offset(in, "task_struct", "mm", &at_mm) ||
	    layout_offset(in, "mm_struct", "pgd", &at_pgd))
		return -ENOENT;
	err = kva_read_u64(in, task + at_mm, &mm);
	if (!err && !kva_is_kernel(mm))
		return -ENOENT;
	if (!err)
		err = kva_read_u64(in, mm + at_pgd, &pgd);
	if (!err)
		err = stage1_walk(in->g, &in->kva.regs, pgd, &map);
	if (!err)
		*ret = map.ipa;
	return err;
}

int introspect_user_table(struct introspect *in, unsigned int vcpu, ipa_t *ret)
{
	va_t task;
	int err = introspect_current_task(in, vcpu, &task);

	return err ? err : introspect_task_user_table(in, task, ret);
}

int introspect_current(struct introspect *in, unsigned int vcpu, char *comm,
		       size_t size, int *pid)
{
	char name[COMM_SIZE];
	va_t task;
	int err = introspect_current_task(in, vcpu, &task);

	if (!err)
		err = task_read(in, task, name, pid);
	if (!err && size)
		*(char *)mempcpy(comm, name, strnlen(name, size - 1)) = '\0';
	return err;
}

int introspect_tasks(struct introspect *in, struct introspect_tasks *ret)
{
	struct introspect_tasks tasks = { 0 };
	uint64_t offset;
	int err = kva_refresh(in);

	if (err)
		return err;
	if (!in->kva.regs_known ||
	    layout_offset(in, "task_struct", "comm", &tasks.at_comm) ||
	    layout_offset(in, "task_struct", "pid", &tasks.at_pid))
		return -ENOENT;
	tasks.regs = in->kva.regs;
	if (!entry_task_offset(in, &offset))
		tasks.entry_task = in->kva.text + offset;
	*ret = tasks;
	return 0;
}

/* Read byte by byte: there are few bytes, and they may cross a page. */
static int bytes_read(const struct guest *g, const struct stage1_regs *regs,
		      va_t va, void *buf, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		struct stage1_mapping map;

		if (!kva_is_kernel(va + i) ||
		    stage1_walk(g, regs, va + i, &map) ||
		    !guest_ram_read(g, map.ipa, (uint8_t *)buf + i, 1))
			return -EFAULT;
	}
	return 0;
}

int introspect_task_by(const struct guest *g,
		       const struct introspect_tasks *tasks, uint64_t pstate,
		       uint64_t sp_el0, uint64_t tpidr_el1, char *comm,
		       size_t size, int *pid)
{
	char name[COMM_SIZE + 1] = { 0 };
	va_t task = sp_el0;
	int32_t value;

	if (size)
		*comm = '\0';
	if ((!FIELD_GET(PSTATE_EL, pstate) || !kva_is_kernel(task)) &&
	    (!tasks->entry_task ||
	     bytes_read(g, &tasks->regs, tasks->entry_task + tpidr_el1, &task,
			sizeof(task))))
		return -EFAULT;
	if (bytes_read(g, &tasks->regs, task + tasks->at_pid, &value,
		       sizeof(value)) ||
	    bytes_read(g, &tasks->regs, task + tasks->at_comm, name,
		       COMM_SIZE) ||
	    value < 0)
		return -EFAULT;
	text_clean(name, strlen(name));
	if (size)
		*(char *)mempcpy(comm, name, strnlen(name, size - 1)) = '\0';
	*pid = value;
	return 0;
}
