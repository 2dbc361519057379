// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_dwarf_real.c - the types of Debian's own kernels, as gdb reads them
 *
 * dwarf_truth.py compares them with bpftool's output. Here it compares a part
 * of them, because gdb's Python takes a while. TL_EVERY=1 compares all.
 */
#include "fake_running.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SCRIPT "tests/unit/dwarf_truth.py"

static char path[] = "/tmp/trapline-test-dwarf-real-XXXXXX";

static void file_write(struct setup *s)
{
	const uint8_t *data;
	size_t size;
	int fd;

	assert_int_equal(introspect_find_kernel_at(s->in, KERNEL), 0);
	relocate(s);
	assert_int_equal(introspect_symbol_file(s->in, &data, &size), 0);
	strcpy(path + strlen(path) - 6, "XXXXXX");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, size), size);
	close(fd);
}

static void test_types(void **state)
{
	struct setup *s = *state;
	const char *gdb = getenv("GDB");
	char command[512];
	int status;

	/* The file does not depend on where RAM is. */
	if (fake_guest_pieces)
		return;
	file_write(s);
	snprintf(command, sizeof(command),
		 "TL_EVERY=${TL_EVERY:-16} TL_FILE=%s TL_KERNEL='%s' "
		 "%s -nx -q -batch -x " SCRIPT,
		 path, truth_text(s->t, "folder"), gdb ? gdb : "gdb-multiarch");
	status = system(command);
	unlink(path);
	assert_int_equal(status, 0);
}

/* Nothing in a compiler's BTF is damaged. */
static void test_whole(void **state)
{
	struct setup *s = *state;
	const uint8_t *data;
	size_t size;

	assert_int_equal(introspect_find_kernel_at(s->in, KERNEL), 0);
	relocate(s);
	assert_int_equal(introspect_symbol_file(s->in, &data, &size), 0);
	assert_non_null(memmem(data, size, "trapline, from BTF", 19));
}

/* clang-format off */
#define T(x) { #x, x }
static const struct running_test tests[] = {
	T(test_types), T(test_whole),
};
/* clang-format on */

int main(void)
{
	return running_tests(tests, ARRAY_SIZE(tests));
}
