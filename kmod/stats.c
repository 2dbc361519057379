// SPDX-License-Identifier: GPL-2.0-only
/*
 * The descriptors that KVM_GET_STATS_FD returns. Source: "KVM_GET_STATS_FD" in
 * Documentation/virt/kvm/api.rst. A descriptor holds a reference to its VM.
 * Numbers that KVM also has are named as in KVM.
 */
#include "stats.h"

#include <linux/anon_inodes.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include "vcpu.h"
#include "vm.h"

#define NAME_SIZE 48 /* as KVM's */
#define DESC_SIZE (offsetof(struct kvm_stats_desc, name) + NAME_SIZE)

/* A value is the sum of nr numbers of the VM, or of the vCPU. */
struct row {
	const char *name;
	u32 type, offset, nr;
};

/* clang-format off */
#define ROW(name, type, owner, member, nr) \
	{ name, KVM_STATS_TYPE_##type, offsetof(struct owner, member), nr }
#define ROWS(name, first, last) \
	ROW(name, CUMULATIVE, vcpu, stats[first], (last) - (first) + 1)
#define STAT(name, stat) ROWS(name, stat, stat)

static const struct row vm_rows[] = {
	ROW("remote_tlb_flush", CUMULATIVE, vm, stage2.nr_flushes, 1),
	ROW("mmu_invalidations", CUMULATIVE, vm, stage2.inv_seq, 1),
	ROW("mapped_pages", INSTANT, vm, stage2.nr_pages, 1),
};

static const struct row vcpu_rows[] = {
	ROWS("exits", 0, STAT_WFE - 1),
	STAT("hvc_exit_stat", ESR_ELx_EC_HVC64),
	STAT("wfe_exit_stat", STAT_WFE),
	STAT("wfi_exit_stat", STAT_WFI),
	STAT("mmio_exit_user", STAT_MMIO_USER),
	STAT("mmio_exit_kernel", STAT_MMIO_KERNEL),
	STAT("signal_exits", STAT_SIGNAL),
	STAT("sysreg_exits", ESR_ELx_EC_SYS64),
	STAT("fp_exits", ESR_ELx_EC_FP_ASIMD),
	STAT("fetch_abort_exits", ESR_ELx_EC_IABT_LOW),
	STAT("data_abort_exits", ESR_ELx_EC_DABT_LOW),
	ROWS("debug_exits", ESR_ELx_EC_BREAKPT_LOW, ESR_ELx_EC_BRK64),
	ROWS("irq_exits", STAT_CODE + EL2_EXIT_IRQ, STAT_CODE + EL2_EXIT_FIQ),
	STAT("serror_exits", STAT_CODE + EL2_EXIT_SERROR),
	STAT("false_hits", STAT_FALSE_HIT),
	STAT("denied_exits", STAT_DENIED),
};

/* clang-format on */

struct stats {
	struct vm *vm;
	const struct vcpu *vcpu; /* NULL: the VM's own numbers */
	pid_t owner;
};

static u64 row_value(const void *base, const struct row *row)
{
	const u64 *n = base + row->offset;
	u64 sum = 0;

	for (u32 i = 0; i < row->nr; i++)
		sum += READ_ONCE(n[i]);
	return sum;
}

/* The header, the name of the VM or vCPU, the descriptors, the values. */
static ssize_t stats_read(struct file *file, char __user *user, size_t size,
			  loff_t *pos)
{
	const struct stats *stats = file->private_data;
	const struct vcpu *vcpu = stats->vcpu;
	const struct row *rows = vcpu ? vcpu_rows : vm_rows;
	const void *base = vcpu ? (const void *)vcpu : stats->vm;
	const u32 nr = vcpu ? ARRAY_SIZE(vcpu_rows) : ARRAY_SIZE(vm_rows);
	const struct kvm_stats_header header = {
		.name_size = NAME_SIZE,
		.num_desc = nr,
		.id_offset = sizeof(header),
		.desc_offset = sizeof(header) + NAME_SIZE,
		.data_offset = sizeof(header) + NAME_SIZE + nr * DESC_SIZE,
	};
	const size_t total = header.data_offset + nr * sizeof(u64);
	void *all = kzalloc(total, GFP_KERNEL_ACCOUNT);
	ssize_t ret;

	if (!all)
		return -ENOMEM;
	memcpy(all, &header, sizeof(header));
	ret = snprintf(all + header.id_offset, NAME_SIZE, "kvm-%d",
		       stats->owner);
	if (vcpu)
		snprintf(all + header.id_offset + ret, NAME_SIZE - ret,
			 "/vcpu-%u", vcpu->id);
	for (u32 i = 0; i < nr; i++) {
		struct kvm_stats_desc *desc =
			all + header.desc_offset + i * DESC_SIZE;

		desc->flags = rows[i].type;
		desc->size = 1;
		desc->offset = i * sizeof(u64);
		strscpy(desc->name, rows[i].name, NAME_SIZE);
		*(u64 *)(all + header.data_offset + desc->offset) =
			row_value(base, &rows[i]);
	}
	ret = simple_read_from_buffer(user, size, pos, all, total);
	kfree(all);
	return ret;
}

static int stats_release(struct inode *inode, struct file *file)
{
	struct stats *stats = file->private_data;

	vm_put(stats->vm);
	kfree(stats);
	return 0;
}

static const struct file_operations stats_fops = {
	.owner = THIS_MODULE,
	.release = stats_release,
	.read = stats_read,
	.llseek = noop_llseek,
};

static long stats_fd(struct vm *vm, const struct vcpu *vcpu)
{
	struct stats *stats = kzalloc(sizeof(*stats), GFP_KERNEL_ACCOUNT);
	struct file *file;
	int fd;

	if (!stats)
		return -ENOMEM;
	*stats = (struct stats){ vm, vcpu, task_tgid_nr(current) };
	file = anon_inode_getfile("trapline-stats", &stats_fops, stats,
				  O_RDONLY);
	if (IS_ERR(file)) {
		kfree(stats);
		return PTR_ERR(file);
	}
	vm_get(vm);
	file->f_mode |= FMODE_PREAD;
	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0)
		fput(file);
	else
		fd_install(fd, file);
	return fd;
}

long stats_vm_fd(struct vm *vm, unsigned long arg)
{
	return stats_fd(vm, NULL);
}

long stats_vcpu_fd(struct vcpu *vcpu, unsigned long arg)
{
	return stats_fd(vcpu->vm, vcpu);
}
