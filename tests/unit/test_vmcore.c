// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vmcore/: a dump has all data of the guest; dumps of other programs are read;
 * a damaged file is refused or read in part.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <trapline/util.h>
#include <trapline/vmcore.h>

#include "tests/unit/fake_guest.h"
#include "vmcore/format.h"

#define RAM1      0x40000000ULL
#define RAM1_SIZE (4 * SZ_1M)
#define RAM2      0x80000000ULL
#define RAM2_SIZE SZ_1M
#define LINEAR    0xffff000000000000ULL

static char path[] = "/tmp/test-vmcore-XXXXXX";
static char err[512];

/* Fill some pages: single ones, runs of them, and the last byte of RAM. */
static void ram_fill(struct fake_guest *fake, ipa_t ipa, uint64_t size)
{
	for (uint64_t at = 0; at < size; at += SZ_4K)
		if (at / SZ_4K % 7 == 3 || (at / SZ_64K % 5) == 2)
			for (uint64_t i = 0; i < SZ_4K; i += 8)
				memcpy(fake_guest_at(fake, ipa + at + i, 8),
				       &(uint64_t){ (ipa + at) * 31 + i }, 8);
	*fake_guest_at(fake, ipa + SZ_4K - 1, 1) = 1;
}

/* Three vCPUs, of which CPU 2 is off and CPU 1 has crashed. */
static struct fake_guest *guest_make(void)
{
	struct fake_guest *fake = fake_guest_create(3, RAM1, RAM1_SIZE);
	struct guest *g = &fake->guest;

	fake_guest_add_ram(fake, RAM2, RAM2_SIZE);
	ram_fill(fake, RAM1, RAM1_SIZE);
	ram_fill(fake, RAM2, RAM2_SIZE);
	fake->offline[2] = true;
	for (unsigned int i = 0; i < 3; i++) {
		memset(&fake->regs[i], (int)i + 1, sizeof(fake->regs[i]));
		memset(&fake->fpregs[i], (int)i + 17, sizeof(fake->fpregs[i]));
		for (unsigned int r = 0; r < GUEST_NR_SYSREGS; r++)
			fake->sysregs[i][r] = i * 1000 + r;
	}
	g->last.kind = GUEST_STOP_CRASH;
	g->last.vcpu = 1;
	g->last.code = 7;
	snprintf(g->last.text, sizeof(g->last.text), "Oops: a\nb");
	g->has_fault = true;
	memset(&g->fault, 0x55, sizeof(g->fault));
	return fake;
}

static int dump(const struct vmcore_source *source)
{
	int fd = open(path, O_RDWR | O_TRUNC), error;

	assert_true(fd >= 0);
	error = vmcore_write(source, fd);
	close(fd);
	return error;
}

static struct vmcore *core_open(void)
{
	struct vmcore *c = NULL;

	err[0] = '\0';
	vmcore_open(path, &c, err, sizeof(err));
	assert_string_equal(err, "");
	assert_non_null(c);
	return c;
}

static void ram_same(struct fake_guest *fake, struct guest *g)
{
	assert_int_equal(g->nr_ram, fake->guest.nr_ram);
	for (unsigned int i = 0; i < g->nr_ram; i++) {
		const struct guest_ram *r = &g->ram[i];

		assert_true(r->ipa == fake->ram[i].ipa);
		assert_true(r->size == fake->ram[i].size);
		assert_memory_equal(r->host, fake->ram[i].host, r->size);
	}
}

static void cpus_same(struct fake_guest *fake, struct guest *g)
{
	static const struct guest_regs zero;
	struct guest_fpregs fp;
	struct guest_regs regs;
	uint64_t value;

	assert_int_equal(g->nr_vcpus, 3);
	for (unsigned int i = 0; i < 3; i++) {
		assert_int_equal(g->ops->regs_get(g, i, &regs), 0);
		assert_memory_equal(&regs, i == 2 ? &zero : &fake->regs[i],
				    sizeof(regs));
		assert_int_equal(g->ops->vcpu_online(g, i), i != 2);
		for (unsigned int r = 0; r < GUEST_NR_SYSREGS; r++) {
			assert_int_equal(
				g->ops->sysreg_get(g, i, (enum guest_sysreg)r,
						   &value),
				0);
			assert_int_equal(value, i * 1000 + r);
		}
		assert_int_equal(g->ops->fpregs_get(g, i, &fp),
				 i == 2 ? -EINVAL : 0);
		if (i != 2)
			assert_memory_equal(&fp, &fake->fpregs[i], 520);
	}
	assert_int_equal(g->ops->regs_get(g, 3, &regs), -EINVAL);
	assert_int_equal(g->ops->regs_get_some(g, 1, GUEST_REG_PC, &regs), 0);
	assert_true(regs.pc == fake->regs[1].pc && !regs.x[0] && !regs.sp);
}

static void round_trip(void **state)
{
	struct fake_guest *fake = guest_make();
	struct vmcore_source s = { .guest = &fake->guest,
				   .vmcoreinfo = "OSRELEASE=6.12\n" };
	struct vmcore_text text;
	const char *info;
	struct vmcore *c;
	struct guest *g;
	struct stat st;
	size_t size;

	s.text[VMCORE_CONSOLE] = (struct vmcore_text){ "a\0b\n", 4 };
	assert_int_equal(dump(&s), 0);
	c = core_open();
	g = vmcore_guest(c);
	assert_null(vmcore_warning(c));
	ram_same(fake, g);
	cpus_same(fake, g);
	assert_true(g->has_fault);
	assert_memory_equal(&g->fault, &fake->guest.fault, sizeof(g->fault));
	assert_int_equal(g->last.kind, GUEST_STOP_CRASH);
	assert_int_equal(g->last.vcpu, 1);
	assert_int_equal(g->last.code, 7);
	assert_string_equal(g->last.text, "Oops: a?b");
	info = vmcore_vmcoreinfo(c, &size);
	assert_int_equal(size, strlen(s.vmcoreinfo));
	assert_memory_equal(info, s.vmcoreinfo, size);
	text = vmcore_text(c, VMCORE_CONSOLE);
	assert_int_equal(text.size, 4);
	assert_memory_equal(text.data, "a\0b\n", 4);
	assert_null(vmcore_text(c, VMCORE_FLIGHT).data);
	/* Zero pages are holes. */
	assert_int_equal(stat(path, &st), 0);
	assert_true((uint64_t)st.st_blocks * 512 < RAM1_SIZE / 2);
	vmcore_close(c);
	fake_guest_destroy(fake);
}

/* A dump of a dump is the same dump. */
static void again(void **state)
{
	struct fake_guest *fake = guest_make();
	struct vmcore_source s = { .guest = &fake->guest };
	struct vmcore *first, *second;

	assert_int_equal(dump(&s), 0);
	first = core_open();
	s.guest = vmcore_guest(first);
	assert_int_equal(unlink(path), 0);
	close(open(path, O_CREAT | O_EXCL | O_WRONLY, 0600));
	assert_int_equal(dump(&s), 0);
	second = core_open();
	ram_same(fake, vmcore_guest(second));
	cpus_same(fake, vmcore_guest(second));
	vmcore_close(second);
	vmcore_close(first);
	fake_guest_destroy(fake);
}

static void nothing_changes(void **state)
{
	struct fake_guest *fake = guest_make();
	struct vmcore_source s = { .guest = &fake->guest };
	enum guest_action run[3] = { GUEST_RUN, GUEST_RUN, GUEST_RUN };
	struct guest_fpregs fp = { 0 };
	struct guest_regs regs = { 0 };
	struct guest_stop stop;
	struct vmcore *c;
	struct guest *g;

	assert_int_equal(dump(&s), 0);
	c = core_open();
	g = vmcore_guest(c);
	assert_int_equal(g->ops->regs_set(g, 0, &regs), -EROFS);
	assert_int_equal(g->ops->fpregs_set(g, 0, &fp), -EROFS);
	assert_int_equal(g->ops->ipa_write(g, RAM1, "x", 1), -EROFS);
	assert_int_equal(g->ops->resume(g, run, NULL), -ENOTSUP);
	assert_int_equal(g->ops->resume_over(g, 0), -ENOTSUP);
	assert_int_equal(g->ops->kill(g), -ENOTSUP);
	assert_int_equal(g->ops->stop_request(g), 0);
	assert_int_equal(g->ops->stop_get(g, &stop), -EAGAIN);
	assert_int_equal(g->ops->break_set(g, 0, GUEST_BREAK_SW, RAM1, 4),
			 -ENOTSUP);
	assert_string_not_equal(g->why, "");
	assert_false(g->ops->is_running(g));
	vmcore_close(c);
	/* A guest that runs is not dumped. */
	fake->running = true;
	assert_int_equal(dump(&s), -EBUSY);
	fake_guest_destroy(fake);
}

/* --- the file, as gdb reads it ------------------------------------------- */

static uint8_t *file_read(size_t *ret_size)
{
	FILE *f = fopen(path, "r");
	struct stat st;
	uint8_t *data;

	assert_non_null(f);
	assert_int_equal(fstat(fileno(f), &st), 0);
	data = malloc((size_t)st.st_size);
	assert_int_equal(fread(data, 1, (size_t)st.st_size, f), st.st_size);
	fclose(f);
	*ret_size = (size_t)st.st_size;
	return data;
}

static void file_write(const void *data, size_t size)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, size, f), size);
	assert_int_equal(fclose(f), 0);
}

/* The PT_LOAD with that kernel address. */
static const Elf64_Phdr *load_at(const uint8_t *file, va_t va)
{
	const Elf64_Ehdr *e = (const void *)file;
	const Elf64_Phdr *p = (const void *)(file + e->e_phoff);

	for (unsigned int i = 0; i < e->e_phnum; i++)
		if (p[i].p_type == PT_LOAD && va >= p[i].p_vaddr &&
		    va - p[i].p_vaddr < p[i].p_filesz)
			return &p[i];
	return NULL;
}

static void addresses(void **state)
{
	static const struct introspect_span spans[] = {
		{ LINEAR + RAM1, RAM1, RAM1_SIZE }, /* the linear map */
		{ LINEAR + RAM2, RAM2, RAM2_SIZE },
		{ 0xffff800000000000, RAM1 + SZ_1M, SZ_1M }, /* the kernel */
		{ 0xffff900000000000, 0x9000000, SZ_4K }, /* a device */
		{ 0xffffa00000000000, RAM2 - SZ_4K, 2 * SZ_4K }, /* in part */
	};
	struct fake_guest *fake = guest_make();
	struct vmcore_source s = { .guest = &fake->guest,
				   .spans = spans,
				   .nr_spans = ARRAY_SIZE(spans) };
	const Elf64_Phdr *p;
	struct vmcore *c;
	uint8_t *file;
	size_t size;

	assert_int_equal(dump(&s), 0);
	file = file_read(&size);
	assert_int_equal(((Elf64_Ehdr *)(void *)file)->e_phnum, 5);
	p = load_at(file, LINEAR + RAM2);
	assert_true(p && p->p_paddr == RAM2 && p->p_filesz == RAM2_SIZE);
	p = load_at(file, 0xffff800000000000);
	assert_true(p && p->p_paddr == RAM1 + SZ_1M && p->p_filesz == SZ_1M);
	assert_memory_equal(file + p->p_offset,
			    fake_guest_at(fake, p->p_paddr, SZ_1M), SZ_1M);
	p = load_at(file, 0xffffa00000001000);
	assert_true(p && p->p_paddr == RAM2 && p->p_filesz == SZ_4K);
	assert_null(load_at(file, 0xffff900000000000));
	free(file);
	c = core_open();
	ram_same(fake, vmcore_guest(c));
	vmcore_close(c);
	fake_guest_destroy(fake);
}

/* --- errors of the writer ------------------------------------------------ */

static bool stop_half(void *opaque, uint64_t done, uint64_t total)
{
	assert_true(done <= total);
	return done < total / 2;
}

static void unfinished(void **state)
{
	struct fake_guest *fake = guest_make();
	struct vmcore_source s = { .guest = &fake->guest };
	struct rlimit old, less;

	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	less = (struct rlimit){ SZ_1M, old.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &less), 0);
	assert_int_equal(dump(&s), -EFBIG);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	s.progress = stop_half;
	assert_int_equal(dump(&s), -ECANCELED);
	fake_guest_destroy(fake);
}

/* --- dumps of others ----------------------------------------------------- */

struct foreign {
	Elf64_Ehdr e;
	Elf64_Phdr p[4];
	struct {
		Elf64_Nhdr n;
		char name[8];
		struct note_prstatus status;
	} __attribute__((packed)) cpu[2];
	uint8_t ram[4 * SZ_4K];
};

/* As QEMU and /proc/vmcore: no notes of ours, and PT_LOADs that overlap. */
static void foreign_make(struct foreign *f)
{
	const uint64_t ram = offsetof(struct foreign, ram);

	memset(f, 0, sizeof(*f));
	memcpy(f->e.e_ident, ELFMAG, SELFMAG);
	f->e.e_ident[EI_CLASS] = ELFCLASS64;
	f->e.e_ident[EI_DATA] = ELFDATA2LSB;
	f->e.e_type = ET_CORE;
	f->e.e_machine = EM_AARCH64;
	f->e.e_phentsize = sizeof(f->p[0]);
	f->e.e_phoff = offsetof(struct foreign, p);
	f->e.e_phnum = 4;
	f->p[0] = (Elf64_Phdr){ .p_type = PT_NOTE,
				.p_offset = offsetof(struct foreign, cpu),
				.p_filesz = sizeof(f->cpu) };
	/* The kernel's text, then RAM: the first 3 pages, and the last. */
	f->p[1] = (Elf64_Phdr){ .p_type = PT_LOAD,
				.p_offset = ram + SZ_4K,
				.p_vaddr = 0xffff800000000000,
				.p_paddr = RAM1 + SZ_4K,
				.p_filesz = SZ_4K };
	f->p[2] = (Elf64_Phdr){ .p_type = PT_LOAD,
				.p_offset = ram,
				.p_paddr = RAM1,
				.p_filesz = 3 * SZ_4K };
	f->p[3] = (Elf64_Phdr){ .p_type = PT_LOAD,
				.p_offset = ram + 3 * SZ_4K,
				.p_paddr = RAM1 + 3 * SZ_4K,
				.p_filesz = SZ_4K };
	for (unsigned int i = 0; i < 2; i++) {
		f->cpu[i].n = (Elf64_Nhdr){ 5, sizeof(f->cpu[i].status),
					    NT_PRSTATUS };
		memcpy(f->cpu[i].name, NOTE_CORE, 5);
		f->cpu[i].status.regs.pc = 0x1000 + i;
	}
	for (unsigned int i = 0; i < sizeof(f->ram); i++)
		f->ram[i] = (uint8_t)(i * 7 + i / 256);
}

/* Each read searches the ranges of RAM: a hostile file has many. */
static void many_ranges(void **state)
{
	const unsigned int nr = 5000;
	size_t size = sizeof(struct foreign) + (nr + 1) * sizeof(Elf64_Phdr);
	struct foreign *f = calloc(1, size);
	Elf64_Phdr *p = (Elf64_Phdr *)(f + 1);
	struct vmcore *c;

	foreign_make(f);
	f->e.e_phoff = sizeof(*f);
	f->e.e_phnum = (Elf64_Half)(nr + 1);
	p[0] = f->p[0];
	for (unsigned int i = 1; i <= nr; i++) {
		p[i] = f->p[2];
		p[i].p_paddr += i * 4ULL * SZ_4K;
	}
	file_write(f, size);
	c = core_open();
	assert_int_equal(vmcore_guest(c)->nr_ram, 4096);
	assert_non_null(strstr(vmcore_warning(c), "too many ranges"));
	vmcore_close(c);
	free(f);
}

static void others(void **state)
{
	struct foreign *f = malloc(sizeof(*f));
	struct introspect *in;
	struct guest_regs regs;
	struct vmcore *c;
	struct guest *g;
	uint64_t value;

	foreign_make(f);
	file_write(f, sizeof(*f));
	c = core_open();
	g = vmcore_guest(c);
	assert_int_equal(g->nr_ram, 1);
	assert_true(g->ram[0].ipa == RAM1 && g->ram[0].size == sizeof(f->ram));
	assert_memory_equal(g->ram[0].host, f->ram, sizeof(f->ram));
	assert_int_equal(g->nr_vcpus, 2);
	assert_int_equal(g->ops->regs_get(g, 1, &regs), 0);
	assert_int_equal(regs.pc, 0x1001);
	assert_int_equal(g->last.kind, GUEST_STOP_REQUESTED);
	assert_false(g->has_fault);
	assert_int_equal(g->ops->sysreg_get(g, 0, GUEST_TCR_EL1, &value),
			 -EINVAL);
	/* There is no kernel in it. */
	assert_int_equal(introspect_create(g, &in), 0);
	assert_int_equal(vmcore_find_tables(c, in), -ENOENT);
	introspect_destroy(in);
	vmcore_close(c);
	free(f);
}

/* Each refused file has a line that says what it is. */
static void refused(void **state)
{
	static const struct {
		const char *data;
		size_t size;
		int error;
		const char *says;
	} bad[] = {
		{ "", 0, -EBADMSG, "neither an ELF file" },
		{ "hello, world", 12, -EBADMSG, "neither an ELF file" },
		{ "\177ELF", 4, -EBADMSG, "ends in its ELF header" },
		{ "KDUMP   \6\0\0\0", 12, -EBADMSG, "no dump of an arm64" },
		{ "makedumpfile\0\0", 14, -EBADMSG, "flattened" },
	};
	struct foreign *f = malloc(sizeof(*f));
	struct vmcore *c = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		file_write(bad[i].data, bad[i].size);
		assert_int_equal(vmcore_open(path, &c, err, sizeof(err)),
				 bad[i].error);
		assert_non_null(strstr(err, bad[i].says));
	}
	foreign_make(f);
	f->e.e_machine = EM_X86_64;
	file_write(f, sizeof(*f));
	assert_int_equal(vmcore_open(path, &c, err, sizeof(err)), -ENOTSUP);
	foreign_make(f);
	f->e.e_phnum = 1; /* no memory */
	file_write(f, sizeof(*f));
	assert_int_equal(vmcore_open(path, &c, err, sizeof(err)), -EBADMSG);
	assert_int_equal(vmcore_open("/nonexistent", &c, err, sizeof(err)),
			 -ENOENT);
	assert_non_null(strstr(err, "/nonexistent: No such file"));
	assert_int_equal(vmcore_open("/tmp", &c, err, sizeof(err)), -EISDIR);
	assert_null(c);
	free(f);
}

/* --- hostile files ------------------------------------------------------- */

static uint64_t sum;

/* Open the file and read all that it offers; ASan watches. */
static void try(void)
{
	struct guest_regs regs;
	struct vmcore *c;
	struct guest *g;

	if (vmcore_open(path, &c, err, sizeof(err)))
		return;
	g = vmcore_guest(c);
	assert_true(g->nr_vcpus && g->nr_vcpus <= GUEST_MAX_VCPUS);
	assert_true(g->last.vcpu < g->nr_vcpus);
	for (unsigned int i = 0; i < g->nr_ram; i++) {
		const struct guest_ram *r = &g->ram[i];

		assert_true(r->size && r->ipa + r->size > r->ipa);
		assert_true(!i || r->ipa >= r[-1].ipa + r[-1].size);
		sum += r->host[0] + r->host[r->size - 1];
	}
	for (unsigned int i = 0; i < g->nr_vcpus; i++)
		assert_int_equal(g->ops->regs_get(g, i, &regs), 0);
	for (int i = 0; i < VMCORE_NR_NOTES; i++) {
		struct vmcore_text t = vmcore_text(c, (enum vmcore_note)i);

		if (t.size)
			sum += (uint8_t)t.data[t.size - 1];
	}
	assert_int_equal(strlen(g->last.text),
			 strnlen(g->last.text, sizeof(g->last.text)));
	vmcore_close(c);
}

/* Every length, and bad values in every word of the headers and notes. */
static void hostile(void **state)
{
	static const uint32_t values[] = { 0, 1, 0x7fffffff, 0xfffffff0, ~0U };
	struct foreign *f = malloc(sizeof(*f));
	struct fake_guest *fake = fake_guest_create(1, RAM1, SZ_64K);
	struct vmcore_source s = { .guest = &fake->guest,
				   .vmcoreinfo = "OSRELEASE=6.12\n" };
	uint8_t *own;
	size_t size;
	int fd;

	foreign_make(f);
	for (size_t n = 0; n < sizeof(*f); n += n < 1500 ? 5 : 977) {
		file_write(f, n);
		try();
	}
	assert_int_equal(dump(&s), 0);
	own = file_read(&size);
	fd = open(path, O_WRONLY);
	for (off_t at = 0; at < 2400; at += 4) {
		for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
			assert_int_equal(pwrite(fd, &values[i], 4, at), 4);
			try();
		}
		assert_int_equal(pwrite(fd, own + at, 4, at), 4);
	}
	close(fd);
	free(own);
	fake_guest_destroy(fake);
	free(f);
}

/* A dump that was cut off shows what it has, and says so. */
static void cut_off(void **state)
{
	struct foreign *f = malloc(sizeof(*f));
	struct vmcore *c;

	foreign_make(f);
	file_write(f, sizeof(*f) - SZ_4K - 100);
	c = core_open();
	assert_non_null(vmcore_warning(c));
	assert_int_equal(vmcore_guest(c)->ram[0].size, 3 * SZ_4K - 100);
	vmcore_close(c);
	free(f);
}

static int setup(void **state)
{
	int fd = mkstemp(path);

	close(fd);
	return fd < 0;
}

static int teardown(void **state)
{
	return unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trip),      cmocka_unit_test(again),
		cmocka_unit_test(nothing_changes), cmocka_unit_test(addresses),
		cmocka_unit_test(unfinished),
	};
	const struct CMUnitTest files[] = {
		cmocka_unit_test(others),  cmocka_unit_test(many_ranges),
		cmocka_unit_test(refused), cmocka_unit_test(hostile),
		cmocka_unit_test(cut_off),
	};
	int failed = setup(NULL);

	failed += fake_guest_run_tests(tests);
	failed += cmocka_run_group_tests(files, NULL, NULL);
	return failed + teardown(NULL);
}
