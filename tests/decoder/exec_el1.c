// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * exec_el1 - exec.c's job at EL1, without an operating system
 *
 * It executes the forms that EL0 must not execute, and all other forms again,
 * on an emulator that is newer than the machine's qemu-user. It is an image for
 * QEMU's "virt", entered at EL1 with the MMU off. Its command line is the name
 * of the cases' file, which it reads and writes by semihosting.
 *
 * A case runs on SP_EL0, so its stack pointer can have any value. Each
 * exception uses SP_EL1 (exec_el1_entry.S). EL0 may access the window, for the
 * unprivileged forms; all other memory is for EL1 only.
 *
 * Source: Arm ARM, "VMSAv8-64 translation table format descriptors",
 * "ESR_EL1", "SCTLR_EL1"; Arm's "Semihosting for AArch32 and AArch64".
 */
#include <stdint.h>
#include <string.h>
#include "exec.h"

#define SYS_OPEN        0x01
#define SYS_WRITE       0x05
#define SYS_READ        0x06
#define SYS_SEEK        0x0a
#define SYS_GET_CMDLINE 0x15
#define SYS_EXIT        0x18
#define OPEN_BINARY_RW  3 /* "r+b" */
#define EXIT_NORMAL     0x20026

#define ESR_EC(esr)  ((esr) >> 26)
#define EC_UNDEFINED 0x00
#define EC_BRK       0x3c
#define SIGILL       4
#define SIGSEGV      11

#define PSTATE_KEPT 0xf0000c00ULL /* NZCV, BTYPE */
#define PSTATE_EL1T 0x3c4ULL /* on SP_EL0, interrupts masked */

/* The first 2 MiB of RAM are free, because the image begins after them. */
#define RAM     0x40000000ULL
#define CASES   0x44000000ULL
#define BACKING 0x48000000ULL /* memory of the 2 MiB at EXEC_CODE_LOW */

#define PAGE          4096ULL
#define ENTRIES       512
#define DESC_TABLE    0x003ULL
#define DESC_BLOCK    0x701ULL /* accessed, inner shareable, Attr0 */
#define DESC_PAGE     0x703ULL
#define DESC_WINDOW   (DESC_PAGE | 1ULL << 6 | 3ULL << 53) /* EL0, no code */
#define MAIR_WB       0xffULL
#define TCR_T0SZ_48   16ULL
#define TCR_WBWA      (1ULL << 8 | 1ULL << 10)
#define TCR_SH_INNER  (3ULL << 12)
#define TCR_EPD1      (1ULL << 23)
#define TCR_IPS_40    (2ULL << 32)
#define TCR_TBI0      (1ULL << 37)
#define SCTLR_CACHED  (1ULL << 0 | 1ULL << 2 | 1ULL << 12) /* M, C, I */
#define SCTLR_SPAN    (1ULL << 23)
#define SCTLR_PACDATA (1ULL << 13 | 1ULL << 27) /* EnDB, EnDA */
#define SCTLR_TAGS    (1ULL << 43) /* ATA: EL1 may access tags */

typedef uint64_t table[ENTRIES] __attribute__((aligned(PAGE)));

struct exec_regs frame __attribute__((aligned(16)));
uint8_t stack[16384] __attribute__((aligned(16)));
static struct exec_file *const file = (struct exec_file *)CASES;
static table level0, level1, level2, level3;
static int64_t fd;

void prepare(void);
void next(void);
void take_out(uint64_t esr, uint64_t far);
void broken(void);

/*
 * --- functions of a libc ---------------------------------------------------
 */

void *memcpy(void *to, const void *from, size_t size)
{
	for (size_t i = 0; i < size; i++)
		((volatile uint8_t *)to)[i] = ((const uint8_t *)from)[i];
	return to;
}

void *memset(void *to, int byte, size_t size)
{
	for (size_t i = 0; i < size; i++)
		((volatile uint8_t *)to)[i] = (uint8_t)byte;
	return to;
}

int memcmp(const void *a, const void *b, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (((const uint8_t *)a)[i] != ((const uint8_t *)b)[i])
			return 1;
	return 0;
}

/* --- semihosting ----------------------------------------------------------- */

static int64_t host(uint32_t operation, uint64_t a, uint64_t b, uint64_t c)
{
	uint64_t block[3] = { a, b, c };
	register uint64_t x0 __asm__("x0") = operation;
	register uint64_t x1 __asm__("x1") = (uint64_t)block;

	__asm__ volatile("hlt #0xf000" : "+r"(x0) : "r"(x1) : "memory");
	return (int64_t)x0;
}

static void finish(int status)
{
	host(SYS_EXIT, EXIT_NORMAL, (uint64_t)status, 0);
	for (;;)
		;
}

void broken(void)
{
	finish(2);
}

/* Read or write size bytes at the beginning of the file. */
static void transfer(uint32_t operation, uint64_t size)
{
	if (host(SYS_SEEK, (uint64_t)fd, 0, 0) ||
	    host(operation, (uint64_t)fd, CASES, size))
		finish(1);
}

static uint64_t file_size(void)
{
	return sizeof(*file) + file->nr * sizeof(file->cases[0]);
}

static void file_read(void)
{
	static char name[1024];
	uint64_t length;

	if (host(SYS_GET_CMDLINE, (uint64_t)name, sizeof(name), 0))
		finish(1);
	for (length = 0; name[length]; length++)
		;
	fd = host(SYS_OPEN, (uint64_t)name, OPEN_BINARY_RW, length);
	if (fd < 0)
		finish(1);
	transfer(SYS_READ, sizeof(*file));
	if (file->nr > EXEC_MAX_CASES)
		finish(1);
	transfer(SYS_READ, file_size());
}

/* --- the MMU --------------------------------------------------------------- */

/* Map the 2 MiB around the window by pages, and RAM at its own address. */
static void tables_make(void)
{
	for (uint64_t i = 0; i < ENTRIES; i++)
		level3[i] = (BACKING + i * PAGE) | DESC_PAGE;
	level3[(EXEC_WINDOW - EXEC_CODE_LOW) / PAGE] |= DESC_WINDOW;
	level2[EXEC_CODE_LOW >> 21] = (uint64_t)level3 | DESC_TABLE;
	level1[0] = (uint64_t)level2 | DESC_TABLE;
	level1[1] = RAM | DESC_BLOCK;
	level0[0] = (uint64_t)level1 | DESC_TABLE;
}

static void mmu_on(void)
{
	uint64_t sctlr;

	tables_make();
	__asm__ volatile("msr mair_el1, %0" : : "r"(MAIR_WB));
	__asm__ volatile("msr tcr_el1, %0"
			 :
			 : "r"(TCR_T0SZ_48 | TCR_WBWA | TCR_SH_INNER |
			       TCR_EPD1 | TCR_IPS_40 | TCR_TBI0));
	__asm__ volatile("msr ttbr0_el1, %0" : : "r"(level0));
	__asm__ volatile("dsb ish\n\tisb\n\tmrs %0, sctlr_el1" : "=r"(sctlr));
	sctlr |= SCTLR_CACHED | SCTLR_SPAN | SCTLR_PACDATA | SCTLR_TAGS;
	__asm__ volatile("msr sctlr_el1, %0\n\tisb" : : "r"(sctlr) : "memory");
}

/* --- cases ----------------------------------------------------------------- */

void prepare(void)
{
	mmu_on();
	file_read();
	__asm__("mrs %0, dczid_el0" : "=r"(file->dczid));
	__asm__("mrs %0, ctr_el0" : "=r"(file->ctr));
	memset(exec_window(), EXEC_FILL, EXEC_PAGE_SIZE);
	exec_code_write(file);
}

void take_out(uint64_t esr, uint64_t far)
{
	struct exec_case *c = &file->cases[file->done++];

	c->regs = frame;
	c->regs.pstate &= PSTATE_KEPT;
	memcpy(c->window, exec_window(), EXEC_WINDOW_SIZE);
	c->fault = far;
	c->signal = ESR_EC(esr) == EC_BRK         ? 0
		    : ESR_EC(esr) == EC_UNDEFINED ? SIGILL
						  : SIGSEGV;
	c->stray = exec_is_stray();
}

void next(void)
{
	const struct exec_case *c = &file->cases[file->done];

	if (file->done == file->nr) {
		transfer(SYS_WRITE, file_size());
		finish(0);
	}
	frame = c->regs;
	frame.pstate |= PSTATE_EL1T;
	memcpy(exec_window(), c->window, EXEC_WINDOW_SIZE);
}
