// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * diff - the decoder compared with execution
 *
 *	diff [-n N] [-s SEED] [-0] [-v] FILE COMMAND...
 *
 * For each form of the decoder's tables N random encodings (200) with random
 * registers and memory are executed by the decoder and by COMMAND (an emulator
 * with exec.c or exec_el1.c), which reads them from FILE. All registers and the
 * memory around the access must agree. Words that the decoder calls unallocated
 * must be undefined. The names of covered and uncovered forms are printed. Exit
 * status 1: a result differs, or a form was not executed that is not marked
 * unproven. With -0, COMMAND runs at EL0 and may be old, so forms of EL1 and
 * recent forms need not be executed.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "cases.h"

#define MAX_SHOWN 20 /* differences shown in all, and two of each form */

/* The results of one form. */
struct tally {
	unsigned long agreed, undefined, wrong;
};

static struct test_case *batch;
static unsigned int nr_batch;
static struct tally tallies[512];
static struct tally unallocated;
static struct refusals refusals;
static struct exec_file *file;
static size_t file_size;
static char **command;
static unsigned int shown;
static struct decoder_env env;
static uint64_t may_be_undefined = INSN_UNPROVEN;

static void die(const char *what)
{
	fprintf(stderr, "diff: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void file_map(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);

	file_size = sizeof(*file) + EXEC_MAX_CASES * sizeof(struct exec_case);
	if (fd < 0 || ftruncate(fd, (off_t)file_size))
		die(path);
	file = mmap(NULL, file_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (file == MAP_FAILED)
		die("mmap");
	close(fd);
}

static void execute(void)
{
	pid_t pid = fork();
	int status;

	if (pid < 0)
		die("fork");
	if (!pid) {
		execvp(command[0], command);
		fprintf(stderr, "diff: %s: %s\n", command[0], strerror(errno));
		_exit(127);
	}
	if (waitpid(pid, &status, 0) < 0 || status) {
		fprintf(stderr, "diff: %s ended with status 0x%x in case %lu\n",
			command[0], (unsigned int)status,
			(unsigned long)file->done);
		exit(1);
	}
}

/* --- comparing -------------------------------------------------------------*/

static unsigned int form_index(const struct insn_form *form)
{
	unsigned int i = 0;

	while (decoder_form(i) != form)
		i++;
	return i;
}

static void show_reg(const char *name, int n, uint64_t before, uint64_t got,
		     uint64_t expected)
{
	if (got != expected)
		printf("  %s%d was %016lx, is %016lx, decoder %016lx\n", name,
		       n, before, got, expected);
}

static void show(const struct test_case *tc, const struct exec_case *got)
{
	const struct exec_regs *in = &tc->in.regs, *g = &got->regs;
	const struct exec_regs *e = &tc->expected.regs;

	if (tc->form && tallies[form_index(tc->form)].wrong > 2)
		return;
	if (shown++ >= MAX_SHOWN)
		return;
	printf("0x%08x %s: signal %d, fault 0x%lx, stray %d\n", tc->word,
	       tc->form ? tc->form->name : "(unallocated)", got->signal,
	       got->fault, got->stray);
	for (int i = 0; i < 31; i++)
		show_reg("x", i, in->x[i], g->x[i], e->x[i]);
	show_reg("sp", 0, in->sp, g->sp, e->sp);
	show_reg("pc", 0, in->pc, g->pc, e->pc);
	show_reg("pstate", 0, in->pstate, g->pstate, e->pstate);
	for (int i = 0; i < 32; i++) {
		show_reg("d", i, (uint64_t)in->v[i], (uint64_t)g->v[i],
			 (uint64_t)e->v[i]);
		show_reg("v_high", i, (uint64_t)(in->v[i] >> 64),
			 (uint64_t)(g->v[i] >> 64), (uint64_t)(e->v[i] >> 64));
	}
	for (int i = 0; i < EXEC_WINDOW_SIZE; i++)
		if (got->window[i] != tc->expected.window[i])
			printf("  [%d] was %02x, is %02x, decoder %02x\n", i,
			       tc->in.window[i], got->window[i],
			       tc->expected.window[i]);
}

/* QEMU 7.2 uses SP for X31 of "CASP X30, ..."; the Arm ARM's X[31] is zero. */
static bool is_casp_x30(const struct test_case *tc)
{
	return tc->form->op == INSN_OP_CASP &&
	       FIELD_GET(GENMASK_ULL(20, 16), tc->word) == 30;
}

/*
 * If the base of LDRAA was signed by the CPU, the decoder must find the same
 * address with the signed base. This does not count as a difference.
 */
static bool signed_agrees(struct test_case *tc, const struct exec_case *got)
{
	struct test_case again = *tc;
	struct insn insn;

	decoder_decode(tc->word, &insn);
	if (insn.flags & INSN_WRITEBACK)
		return true;
	if (insn.rn != insn.rt) {
		again.in.regs.x[insn.rn] = got->regs.x[insn.rn];
		if (case_predict(&again, &env))
			return false;
		tc->expected = again.expected;
	}
	return true;
}

static bool agrees(struct test_case *tc, const struct exec_case *got)
{
	struct exec_case *e = &tc->expected;

	if (is_casp_x30(tc))
		e->regs.sp = got->regs.sp;
	if (tc->kind == CASE_SIGNED && !got->signal && !signed_agrees(tc, got))
		return false;
	return !got->signal && !got->stray &&
	       !memcmp(&e->regs, &got->regs, sizeof(e->regs)) &&
	       !memcmp(e->window, got->window, sizeof(e->window));
}

static void judge(struct test_case *tc, const struct exec_case *got)
{
	struct tally *tally = &unallocated;
	bool undefined = got->signal == SIGILL;

	if (tc->kind == CASE_UNALLOCATED) {
		tally->agreed += undefined;
		tally->wrong += !undefined;
		if (!undefined)
			show(tc, got);
		return;
	}
	tally = &tallies[form_index(tc->form)];
	if (undefined && tc->form->flags & may_be_undefined) {
		tally->undefined++;
	} else if (agrees(tc, got)) {
		tally->agreed++;
	} else {
		tally->wrong++;
		show(tc, got);
	}
}

static void flush(void)
{
	file->nr = nr_batch;
	file->done = 0;
	for (unsigned int i = 0; i < nr_batch; i++)
		file->cases[i] = batch[i].in;
	execute();
	for (unsigned int i = 0; i < nr_batch; i++)
		judge(&batch[i], &file->cases[i]);
	nr_batch = 0;
}

/* --- all of it -------------------------------------------------------------*/

static void run_all(unsigned long n, struct rng *rng)
{
	const struct insn_form *form;

	for (unsigned int i = 0; (form = decoder_form(i)); i++) {
		/*
		 * Do this for forms that are refused as a whole, too, to count
		 * the refusals.
		 */
		for (unsigned long k = 0; k < n; k++) {
			if (case_make(&batch[nr_batch], form, nr_batch, &env,
				      rng, &refusals))
				break;
			if (++nr_batch == EXEC_MAX_CASES)
				flush();
		}
	}
	for (unsigned long k = 0; k < 20 * n; k++) {
		case_make_unallocated(&batch[nr_batch], nr_batch, rng);
		if (++nr_batch == EXEC_MAX_CASES)
			flush();
	}
	flush();
}

static int report(unsigned long n, bool verbose)
{
	unsigned long agreed = 0, wrong = unallocated.wrong;
	unsigned int proven = 0, unproven = 0, missing = 0;
	const struct insn_form *form;

	for (unsigned int i = 0; (form = decoder_form(i)); i++) {
		const struct tally *t = &tallies[i];
		bool marked = form->flags & may_be_undefined;

		if (form->op == INSN_OP_REFUSED)
			continue;
		if (verbose)
			printf("%6lu %s\n", t->agreed, form->name);
		agreed += t->agreed;
		wrong += t->wrong;
		proven += t->agreed != 0;
		if (t->wrong)
			printf("FAIL %lu of %s\n", t->wrong, form->name);
		if (!t->agreed && marked) {
			printf("not executed here: %s\n", form->name);
			unproven++;
		} else if (t->agreed < n && !t->wrong && !t->undefined) {
			printf("FAIL only %lu of %s\n", t->agreed, form->name);
			missing++;
		}
	}
	printf("%u classes proven by execution, %lu encodings agreed\n", proven,
	       agreed);
	printf("%u classes not executed here\n", unproven);
	for (unsigned int i = 0; i < MAX_REASONS && refusals.by[i].nr; i++)
		printf("%lu encodings refused: %s\n", refusals.by[i].nr,
		       refusals.by[i].reason);
	printf("%lu unallocated encodings were undefined\n",
	       unallocated.agreed);
	if (wrong)
		printf("FAIL %lu encodings differ\n", wrong);
	return wrong || missing;
}

static void env_read(void)
{
	nr_batch = 0;
	flush();
	env.zva_size = 4U << FIELD_GET(GENMASK_ULL(3, 0), file->dczid);
	env.line_size = 4U << FIELD_GET(GENMASK_ULL(19, 16), file->ctr);
	/* User addresses have 48 bits or less, and the top byte is ignored. */
	env.pac_mask[0] = GENMASK_ULL(54, 48);
	env.pac_mask[1] = GENMASK_ULL(54, 48);
}

int main(int argc, char **argv)
{
	struct rng rng = { .state = 1 };
	unsigned long n = 200;
	bool verbose = false;
	int opt;

	while ((opt = getopt(argc, argv, "+n:s:0v")) != -1) {
		switch (opt) {
		case 'n':
			n = strtoul(optarg, NULL, 0);
			break;
		case 's':
			rng.state = strtoull(optarg, NULL, 0) | 1;
			break;
		case '0':
			may_be_undefined |= INSN_EL1 | INSN_RECENT;
			break;
		case 'v':
			verbose = true;
			break;
		default:
			return 2;
		}
	}
	if (argc - optind < 2) {
		fprintf(stderr, "usage: diff [-n N] [-s SEED] [-0] [-v] FILE "
				"COMMAND...\n");
		return 2;
	}
	rng.state *= 0x9e3779b97f4a7c15ULL;
	file_map(argv[optind]);
	command = &argv[optind + 1];
	batch = calloc(EXEC_MAX_CASES, sizeof(*batch));
	if (!batch)
		die("calloc");
	env_read();
	run_all(n, &rng);
	return report(n, verbose);
}
