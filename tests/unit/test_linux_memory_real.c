// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_linux_memory_real.c - slabs, areas, files and mounts of Debian's kernels
 *
 * Like test_linux_real.c, the test uses each of Debian's kernels in the cache.
 */
#include "fake_slab.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define TREE  (HEAP_VA + 25 * SZ_64K)
#define FILES (HEAP_VA + 26 * SZ_64K)
#define AREAS (HEAP_VA + 27 * SZ_64K)
#define DEPOT (HEAP_VA + 28 * SZ_64K)

static const char *command(struct setup *s, const char *name, va_t va, int err)
{
	char line[64];

	snprintf(line, sizeof(line), "%s 0x%llx", name, (unsigned long long)va);
	return run(s, line, err);
}

static void test_slab(void **state)
{
	struct setup *s = *state;
	bool barn;

	command(s, "slab", SLAB, -ENOENT);
	start(s);
	expect(command(s, "slab", NOWHERE, -EFAULT), "it is not mapped");
	percpu_put(s, 1);
	pages_put(s);
	command(s, "slab", SLAB, -ENOENT);
	slab_put(s);
	expect(command(s, "slab", object(1) + 5, 0),
	       "some?cache (kmem_cache 0x");
	expect(linux_text, "objects of 200 bytes, 512 apart");
	expect(linux_text, "5 of 8 in use");
	expect(linux_text, " is byte 5 of object 1, free\n");
	expect(linux_text, "     0      0xffffb00080180000 allocated\n");
	expect(linux_text, "     1 >    0xffffb00080180200 free\n");
	expect(linux_text,
	       "     3      0xffffb00080180600 free, kept by a CPU");
	expect(command(s, "slab --json", object(2), 0), "\"state\": \"free\"}");
	barn = !has(s, "kmem_cache", "cpu_slab");
	expect(command(s, "slab", object(4), 0),
	       barn ? "object 4, free, kept by a node" : "object 4, allocated");
	command(s, "slab", object(NR), -ENOENT);
	/* Lists that form a circle, leave the slab, or cannot be read. */
	link_put(s, object(2), object(1));
	expect(command(s, "slab", object(0), 0), "is damaged");
	link_put(s, object(2), CACHE);
	expect(command(s, "slab", object(0), 0), "is damaged");
	set32(s, page_of(s, SLAB), "slab", "inuse", 0);
	expect(command(s, "slab", object(0), -EBADMSG), "is damaged");
}

/* The handle of the stack depot that names place 2 in pool 0. */
static uint32_t handle_of(struct setup *s, va_t scratch)
{
	bool plus = has(s, "track", "handle") &&
		    !introspect_get(s->in, "union handle_parts", scratch,
				    "pool_index_plus_1", &(uint64_t){ 0 });
	uint32_t handle = 0;
	uint64_t value;

	/* Find the bits of each part. */
	for (unsigned int i = 0; i < 32; i++) {
		put32(s, scratch, 1U << i);
		if (!introspect_get(s->in, "union handle_parts", scratch,
				    "offset", &value) &&
		    value == 2)
			handle |= 1U << i;
		if (plus &&
		    !introspect_get(s->in, "union handle_parts", scratch,
				    "pool_index_plus_1", &value) &&
		    value == 1)
			handle |= 1U << i;
	}
	return handle;
}

/* Store the stack of a track; false: this kernel's depot is not found. */
static bool stack_put(struct setup *s, va_t track)
{
	va_t pools = symbol(s, "stack_pools"), record = DEPOT + 2 * 16;
	uint32_t handle = handle_of(s, DEPOT);
	va_t entries;

	if (!pools)
		return false;
	set32(s, track, "track", "handle", handle);
	*at(s, pools) = DEPOT;
	set32(s, record, "stack_record", "handle", handle);
	set32(s, record, "stack_record", "size", 3);
	entries = field(s, record, "stack_record", "entries");
	*at(s, entries) = symbol(s, "kfree") + 8;
	*at(s, entries + 8) = symbol(s, "panic") + 8;
	*at(s, entries + 16) = symbol(s, "do_exit") + 8;
	return true;
}

/* Object 0 was allocated by the caller of panic(), and freed by vfs_read(). */
static va_t tracks_put(struct setup *s)
{
	va_t track = object(0) + INUSE;
	struct introspect_object o;
	uint64_t bit = 16;

	introspect_enum_value(s->in, "_slab_flag_bits", "_SLAB_STORE_USER",
			      &bit);
	set32(s, CACHE, "kmem_cache", "flags", 1U << bit);
	set(s, track, "track", "addr", symbol(s, "panic") + 8);
	set32(s, track, "track", "pid", 42);
	assert_int_equal(introspect_object(s->in, "struct track", 0, "", &o),
			 0);
	set(s, track + o.size, "track", "addr", symbol(s, "vfs_read") + 8);
	return track;
}

static void test_tracks(void **state)
{
	struct setup *s = *state;
	va_t track;

	start(s);
	percpu_put(s, 1);
	pages_put(s);
	slab_put(s);
	track = tracks_put(s);
	expect(command(s, "slab", object(0), 0),
	       "allocated by panic+0x8, pid 42, CPU 0, at 0 jiffies");
	expect(linux_text, "freed by vfs_read+0x8");
	if (!stack_put(s, track))
		return;
	expect(command(s, "slab", object(0), 0),
	       "allocated by panic+0x8 < do_exit, pid 42, CPU 0");
	/* Newer kernels have a pointer to the array of pools. */
	*at(s, DEPOT + SZ_4K) = DEPOT;
	*at(s, symbol(s, "stack_pools")) = DEPOT + SZ_4K;
	expect(command(s, "slab", object(0), 0), "panic+0x8 < do_exit, pid");
	/* A record of another handle, and a record that is too long. */
	set32(s, DEPOT + 2 * 16, "stack_record", "size", 65);
	expect(command(s, "slab", object(0), 0), "panic+0x8, pid");
	set32(s, DEPOT + 2 * 16, "stack_record", "handle", 1);
	expect(command(s, "slab", object(0), 0), "panic+0x8, pid");
}

/* The report names the object from which a bad pointer was loaded. */
static void test_report_objects(void **state)
{
	static const uint32_t code[] = {
		0xf9400401, /* ldr x1, [x0, #8] */
		0xf9400022, /* ldr x2, [x1] */
	};
	struct setup *s = *state;
	struct guest *g = &s->fake->guest;

	start(s);
	percpu_put(s, 1);
	pages_put(s);
	slab_put(s);
	tracks_put(s);
	memcpy(at(s, symbol(s, "vfs_read")), code, sizeof(code));
	g->last = (struct guest_stop){ .kind = GUEST_STOP_CRASH };
	g->has_fault = true;
	g->fault = (struct guest_regs){ .pc = symbol(s, "vfs_read") + 4,
					.pstate = 5 };
	g->fault.x[0] = object(0) + 8;
	g->fault.x[1] = NOWHERE;
	g->fault.x[7] = object(1);
	expect(report_make(s),
	       "\"x0 points to byte 8 of an object of some?cache "
	       "(200 bytes), allocated.\"");
	expect(linux_text,
	       "\"It was allocated by panic+0x8, pid 42, CPU 0. "
	       "It was last freed by vfs_read+0x8, pid 0, CPU 0.\"");
	expect(linux_text,
	       "{\"register\": \"x7\", \"object\": \"0xffffb00080180200\", "
	       "\"offset\": 0, \"size\": 200, \"cache\": \"some?cache\", "
	       "\"state\": \"free\", \"allocated_by\": \"\", "
	       "\"freed_by\": \"\"}");
	/* x0 has changed since: the pointer's own register is described. */
	memcpy(at(s, symbol(s, "vfs_read") + 4), "\x40\x00\x80\xd2", 4);
	memcpy(at(s, symbol(s, "vfs_read") + 8), &code[1], 4);
	g->fault.pc += 4;
	g->fault.x[1] = object(1) + 4;
	expect(report_make(s),
	       "\"x1 points to byte 4 of an object of some?cache "
	       "(200 bytes), free.\"");
}

/* The word of a tail page has the address of the head, or a mask. */
static void test_compound(void **state)
{
	bool info;
	struct setup *s = *state;
	struct introspect_page p;
	va_t head, tail;

	start(s);
	pages_put(s);
	head = page_of(s, SLAB);
	tail = page_of(s, SLAB + PAGE);
	info = has(s, "page", "compound_info");
	set(s, tail, "page", info ? "compound_info" : "compound_head",
	    head + 1);
	assert_int_equal(introspect_page_of(s->in, SLAB + PAGE, &p), 0);
	assert_true(p.head == head && p.head_ipa == p.ipa - PAGE);
	if (info) {
		set(s, tail, "page", "compound_info",
		    ~((tail - head) * 2 - 1) | 1);
		assert_int_equal(introspect_page_of(s->in, SLAB + PAGE, &p), 0);
		assert_true(p.head == head);
	}
	set(s, tail, "page", info ? "compound_info" : "compound_head",
	    tail + (tail - head) + 1);
	assert_int_equal(introspect_page_of(s->in, SLAB + PAGE, &p), -EBADMSG);
	set(s, tail, "page", info ? "compound_info" : "compound_head",
	    NOWHERE + 1);
	assert_int_equal(introspect_page_of(s->in, SLAB + PAGE, &p), -EFAULT);
	assert_int_equal(introspect_page_of(s->in, NOWHERE, &p), -EFAULT);
	*at(s, ROOTS + 8) = 0;
	assert_int_equal(introspect_page_of(s->in, SLAB, &p), -ENOENT);
	*at(s, symbol(s, "mem_section")) = NOWHERE;
	assert_int_equal(introspect_page_of(s->in, SLAB, &p), -EFAULT);
	assert_int_equal(introspect_page_size(s->in), SZ_4K);
}

/* --- files ---------------------------------------------------------------------- */

#define MOUNT_ROOT  FILES
#define MOUNT_CHILD (FILES + 0x400)
#define DENTRY      (FILES + 0x1000) /* of the root */
#define DENTRY_MNT  (FILES + 0x1400)
#define DENTRY_SUB  (FILES + 0x1800) /* the root of the other file system */
#define DENTRY_FILE (FILES + 0x1c00)
#define FILE_VA     (FILES + 0x2000)
#define INODE       (FILES + 0x3000)
#define SUPER       (FILES + 0x4000)
#define FS_TYPE     (FILES + 0x5000)
#define TABLE       (FILES + 0x6000)
#define NS          (FILES + 0x7000)
#define WORDS       (FILES + 0x8000)

static void dentry_put(struct setup *s, va_t dentry, va_t parent,
		       const char *name)
{
	va_t text = WORDS + (dentry - FILES) / 0x10;

	strcpy((char *)at(s, text), name);
	set(s, dentry, "dentry", "d_name.name", text);
	set(s, dentry, "dentry", "d_parent", parent);
}

static void mount_put(struct setup *s, va_t mount, va_t parent, va_t place,
		      va_t root)
{
	va_t list = field(s, mount, "mount", "mnt_mounts");

	set(s, mount, "mount", "mnt_parent", parent);
	set(s, mount, "mount", "mnt_mountpoint", place);
	set(s, mount, "mount", "mnt.mnt_root", root);
	set(s, mount, "mount", "mnt.mnt_sb", SUPER);
	set(s, mount, "mount", "mnt_devname", WORDS);
	*at(s, list) = list;
}

/* /mnt has a file system, which has the file "a\033b". */
static void files_put(struct setup *s)
{
	va_t list, node;

	strcpy((char *)at(s, WORDS), "/dev/vda");
	strcpy((char *)at(s, WORDS + 32), "ext4");
	set(s, SUPER, "super_block", "s_type", FS_TYPE);
	set(s, SUPER, "super_block", "s_flags", 1);
	set(s, FS_TYPE, "file_system_type", "name", WORDS + 32);
	dentry_put(s, DENTRY, DENTRY, "/");
	dentry_put(s, DENTRY_MNT, DENTRY, "mnt");
	dentry_put(s, DENTRY_SUB, DENTRY_SUB, "/");
	dentry_put(s, DENTRY_FILE, DENTRY_SUB, "a\033b");
	mount_put(s, MOUNT_ROOT, MOUNT_ROOT, DENTRY, DENTRY);
	mount_put(s, MOUNT_CHILD, MOUNT_ROOT, DENTRY_MNT, DENTRY_SUB);
	list = field(s, MOUNT_ROOT, "mount", "mnt_mounts");
	node = field(s, MOUNT_CHILD, "mount", "mnt_child");
	*at(s, list) = node;
	*at(s, node) = list;
	set(s, FILE_VA, "file", "f_path.mnt",
	    field(s, MOUNT_CHILD, "mount", "mnt"));
	set(s, FILE_VA, "file", "f_path.dentry", DENTRY_FILE);
	set(s, FILE_VA, "file", "f_inode", INODE);
	set(s, SECOND, "task_struct", "files", TABLE);
	set(s, TABLE, "files_struct", "fdt", TABLE + 0x800);
	set32(s, TABLE + 0x800, "fdtable", "max_fds", 4);
	set(s, TABLE + 0x800, "fdtable", "fd", TABLE + 0xc00);
	*at(s, TABLE + 0xc00 + 3 * 8) = FILE_VA;
	set(s, SECOND, "task_struct", "nsproxy", NS);
	set(s, NS, "nsproxy", "mnt_ns", NS + 0x400);
	set(s, NS + 0x400, "mnt_namespace", "root", MOUNT_ROOT);
}

static void test_files(void **state)
{
	struct setup *s = *state;

	run(s, "files 1", -ENOENT);
	start(s);
	tasks_put(s);
	run(s, "files", -EINVAL);
	expect(run(s, "files 77", -ENOENT), "no task 77");
	expect(run(s, "files 1", -ENOENT), "does not have it");
	files_put(s);
	expect(run(s, "files 1", 0), "   3 0xffffb000801a2000 ");
	expect(linux_text, " /mnt/a?b\n");
	put32(s, field(s, INODE, "inode", "i_mode"), 0140000);
	set(s, INODE, "inode", "i_ino", 99);
	expect(run(s, "files 1 --json", 0), "\"path\": \"socket:[99]\"}");
	put32(s, field(s, INODE, "inode", "i_mode"), 0010000);
	expect(run(s, "files 1", 0), " /mnt/a?b\n");
	strcpy((char *)at(s, WORDS + 32), "pipefs");
	expect(run(s, "files 1", 0), " pipe:[99]\n");
	/* Parents that form a circle, and a name at an unmapped address. */
	put32(s, field(s, INODE, "inode", "i_mode"), 0);
	set(s, DENTRY_FILE, "dentry", "d_parent", DENTRY_MNT);
	set(s, DENTRY_MNT, "dentry", "d_parent", DENTRY_FILE);
	expect(run(s, "files 1", 0), " .../");
	set(s, DENTRY_FILE, "dentry", "d_name.name", NOWHERE);
	expect(run(s, "files 1", 0), " ...\n");
	set32(s, TABLE + 0x800, "fdtable", "max_fds", 1U << 30);
	run(s, "files 1", -E2BIG);
	set32(s, TABLE + 0x800, "fdtable", "max_fds", 4);
	set(s, TABLE + 0x800, "fdtable", "fd", NOWHERE);
	expect(run(s, "files 1", -EFAULT), "cannot be read");
	set(s, TABLE, "files_struct", "fdt", NOWHERE);
	run(s, "files 1", -EFAULT);
}

static void test_mounts(void **state)
{
	struct setup *s = *state;
	va_t list;

	start(s);
	tasks_put(s);
	expect(run(s, "mounts", -EFAULT), "cannot be read");
	files_put(s);
	expect(run(s, "mounts", 0), " ext4       ro   /dev/vda         /\n");
	expect(linux_text, " ext4       ro   /dev/vda         /mnt\n");
	expect(run(s, "mounts 1 --json", 0), "\"path\": \"/mnt\"}");
	/* A mount that is its own child. */
	list = field(s, MOUNT_CHILD, "mount", "mnt_mounts");
	*at(s, list) = field(s, MOUNT_CHILD, "mount", "mnt_child");
	expect(run(s, "mounts", -ELOOP), "does not end");
	*at(s, list) = NOWHERE;
	run(s, "mounts", -EFAULT);
}

/* --- areas of memory --------------------------------------------------------------- */

#define LEAF  TREE
#define INNER (TREE + 0x100)
#define VMA   (TREE + 0x1000)

static va_t enode(struct setup *s, va_t node, const char *type)
{
	uint64_t value = 0;

	introspect_enum_value(s->in, "maple_type", type, &value);
	return node | value << 3 | 2;
}

static void vma_put(struct setup *s, va_t vma, va_t start, uint64_t flags)
{
	set(s, vma, "vm_area_struct", "vm_start", start);
	set(s, vma, "vm_area_struct", "vm_end", start + PAGE);
	set(s, vma, "vm_area_struct", "vm_flags", flags);
}

/* Write two areas in a leaf, below a node that has only this leaf. */
static void vmas_put(struct setup *s)
{
	va_t slots = field(s, LEAF, "maple_range_64", "slot");
	va_t pivots = field(s, LEAF, "maple_range_64", "pivot");

	vma_put(s, VMA, 0x10000, 5);
	vma_put(s, VMA + 0x400, 0x20000, 0xb);
	*at(s, pivots) = 0xffff;
	*at(s, pivots + 8) = 0x10fff;
	*at(s, slots + 8) = VMA;
	*at(s, pivots + 16) = 0x1ffff;
	*at(s, pivots + 24) = 0x20fff;
	*at(s, slots + 24) = VMA + 0x400;
	*at(s, field(s, INNER, "maple_arange_64", "slot")) =
		enode(s, LEAF, "maple_leaf_64");
	*at(s, field(s, INNER, "maple_arange_64", "pivot")) = ~0ULL;
	set(s, SECOND, "task_struct", "mm", TREE + 0x2000);
	set(s, TREE + 0x2000, "mm_struct", "mm_mt.ma_root",
	    enode(s, INNER, "maple_arange_64"));
}

static void test_vmas(void **state)
{
	struct setup *s = *state;
	va_t root;

	start(s);
	tasks_put(s);
	expect(run(s, "vmas 1", 0), "has no memory of its own");
	vmas_put(s);
	files_put(s);
	set(s, VMA, "vm_area_struct", "vm_file", FILE_VA);
	expect(run(s, "vmas 1", 0),
	       "0x0000000000010000 0x0000000000011000 r-xp ");
	expect(linux_text, " /mnt/a?b\n");
	expect(linux_text, "0x0000000000020000 0x0000000000021000 rw-s ");
	expect(run(s, "vmas 1 --json", 0), "\"prot\": \"r-xp\"");
	/* The task on the CPU has the same areas. */
	set(s, THREAD, "task_struct", "mm", TREE + 0x2000);
	expect(command(s, "whatis", 0x10123, 0),
	       "user       0x10000-0x11000 r-x, /mnt/a?b");
	expect(command(s, "whatis", 0x20123, 0), " rw-, anonymous, ");
	expect(command(s, "whatis", 0x30123, -ENOENT), "unknown address");
	/*
	 * A tree with a node that is its own child, and a node of an unknown
	 * kind.
	 */
	*at(s, field(s, INNER, "maple_arange_64", "slot")) =
		enode(s, INNER, "maple_arange_64");
	expect(run(s, "vmas 1", -ELOOP), "does not end");
	root = field(s, TREE + 0x2000, "mm_struct", "mm_mt.ma_root");
	*at(s, root) = INNER | 15 << 3 | 2;
	expect(run(s, "vmas 1", -EBADMSG), "is damaged");
	*at(s, root) = enode(s, NOWHERE, "maple_leaf_64");
	run(s, "vmas 1", -EFAULT);
	*at(s, root) = NOWHERE; /* the only area; it is not mapped */
	run(s, "vmas 1", -EFAULT);
}

/* --- whatis ---------------------------------------------------------------------- */

static void vmap_put(struct setup *s)
{
	va_t nodes = symbol(s, "vmap_nodes"), list;

	if (!nodes)
		return;
	*at(s, nodes) = AREAS;
	list = field(s, AREAS, "vmap_node", "busy.head");
	*at(s, list) = field(s, AREAS + 0x8000, "vmap_area", "list");
	*at(s, *at(s, list)) = list;
	set(s, AREAS + 0x8000, "vmap_area", "va_start", HEAP_VA + SZ_1M);
	set(s, AREAS + 0x8000, "vmap_area", "va_end", HEAP_VA + 2 * SZ_1M);
	set(s, AREAS + 0x8000, "vmap_area", "vm", AREAS + 0x9000);
	set(s, AREAS + 0x9000, "vm_struct", "caller", symbol(s, "panic") + 4);
}

static void test_whatis(void **state)
{
	struct setup *s = *state;
	va_t nodes, va;

	start(s);
	percpu_put(s, 2);
	pages_put(s);
	slab_put(s);
	va = tasks_put(s);
	nodes = symbol(s, "vmap_nodes");
	vmap_put(s);
	expect(run(s, "whatis panic", 0), "kernel     panic+0x0/");
	expect(command(s, "whatis", va + 8, 0),
	       "task       pid 0 swapper/0, task_struct+0x8");
	expect(command(s, "whatis", STACK + 0x10, 0),
	       "stack      of pid 9 worker");
	/* A stack of two pages, as its area says. */
	set(s, THREAD, "task_struct", "stack_vm_area", AREAS + 0xa000);
	set32(s, AREAS + 0xa000, "vm_struct", "nr_pages", 2);
	expect(command(s, "whatis", STACK + 0x10, 0),
	       "stack      of pid 9 worker, 0x1ff0 bytes below its top");
	expect(command(s, "whatis", object(2) + 1, 0),
	       "slab       byte 1 of an object of some?cache (200 bytes) at 0xffffb00080180400, free\n");
	if (nodes)
		expect(linux_text,
		       "vmalloc    0xffffb00080100000-0xffffb00080200000, by panic+0x4, ");
	else
		expect(linux_text, "the list of vmalloc areas: ");
	expect(linux_text,
	       "page       IPA 0x4c980000, struct page 0xffffb00080706000, slab, ");
	va = percpu(s, "runqueues", 1, "nr_running");
	set(s, page_of(s, va), "page", "flags", 0x3 /* any two flags */);
	expect(command(s, "whatis --json", va, 0), "of CPU 1");
	expect(linux_text, ", flags 0x3 locked ");
	if (!nodes)
		return;
	*at(s, field(s, AREAS + 0x8000, "vmap_area", "list")) = NOWHERE;
	set(s, AREAS + 0x8000, "vmap_area", "va_end", 0);
	expect(command(s, "whatis", object(2), 0),
	       "list of vmalloc areas: a part");
	*at(s, nodes) = NOWHERE;
	expect(command(s, "whatis", object(2), 0),
	       "list of vmalloc areas: a part");
}

/* clang-format off */
static const struct running_test tests[] = {
	T(test_slab), T(test_tracks), T(test_report_objects), T(test_compound), T(test_files),
	T(test_mounts), T(test_vmas), T(test_whatis),
};
/* clang-format on */

int main(void)
{
	return linux_tests(tests, ARRAY_SIZE(tests));
}
