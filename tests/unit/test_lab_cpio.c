// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The archives that lab/cpio.c writes. A reader checks them by the kernel's
 * rules: magic, 13 fields of 8 hex digits, name and data padded to 4 bytes, the
 * trailer, a size that is a multiple of 512 bytes.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "lab/cpio.h"

struct entry {
	unsigned int mode, uid, size, namesize;
	const char *name;
	const uint8_t *data;
};

/* Read the entry at *x_pos and move past it. */
static struct entry next(const struct cpio *cpio, size_t *x_pos)
{
	char field[9] = "";
	unsigned int fields[13];
	size_t pos = *x_pos;
	struct entry e;

	assert_true(pos + 110 <= cpio->size);
	assert_memory_equal(cpio->data + pos, "070701", 6);
	for (unsigned int i = 0; i < 13; i++) {
		memcpy(field, cpio->data + pos + 6 + 8 * i, 8);
		fields[i] = strtoul(field, NULL, 16);
	}
	e.mode = fields[1];
	e.uid = fields[2];
	e.size = fields[6];
	e.namesize = fields[11];
	e.name = (const char *)cpio->data + pos + 110;
	assert_int_equal(strlen(e.name) + 1, e.namesize);
	pos = (pos + 110 + e.namesize + 3) & ~3UL;
	e.data = cpio->data + pos;
	*x_pos = (pos + e.size + 3) & ~3UL;
	assert_true(*x_pos <= cpio->size);
	return e;
}

static void test_entries(void **state)
{
	struct cpio cpio;
	struct entry e;
	size_t pos = 0;

	cpio_init(&cpio);
	cpio_add_dir(&cpio, "lab", 0755);
	cpio_add_file(&cpio, "lab/abc", 0640, "hello", 5);
	cpio_add_file(&cpio, "empty", 0600, NULL, 0);
	assert_int_equal(cpio_finish(&cpio), 0);
	assert_int_equal(cpio.size % 512, 0);

	e = next(&cpio, &pos);
	assert_string_equal(e.name, "lab");
	assert_int_equal(e.mode, S_IFDIR | 0755);
	e = next(&cpio, &pos);
	assert_string_equal(e.name, "lab/abc");
	assert_int_equal(e.mode, S_IFREG | 0640);
	assert_int_equal(e.uid, 0);
	assert_int_equal(e.size, 5);
	assert_memory_equal(e.data, "hello", 5);
	e = next(&cpio, &pos);
	assert_int_equal(e.size, 0);
	e = next(&cpio, &pos);
	assert_string_equal(e.name, "TRAILER!!!");
	cpio_deinit(&cpio);
}

static void test_links(void **state)
{
	struct cpio cpio;
	struct entry e;
	size_t pos = 0;

	cpio_init(&cpio);
	cpio_add_parents(&cpio, "home/me/disk");
	cpio_add_link(&cpio, "home/me/disk", "/dev/vda");
	assert_int_equal(cpio_finish(&cpio), 0);
	e = next(&cpio, &pos);
	assert_string_equal(e.name, "home");
	assert_int_equal(e.mode, S_IFDIR | 0755);
	e = next(&cpio, &pos);
	assert_string_equal(e.name, "home/me");
	e = next(&cpio, &pos);
	assert_string_equal(e.name, "home/me/disk");
	assert_int_equal(e.mode, S_IFLNK | 0777);
	assert_int_equal(e.size, 8);
	assert_memory_equal(e.data, "/dev/vda", 8);
	cpio_deinit(&cpio);
}

/* Every length of name and data, and so every padding. */
static void test_padding(void **state)
{
	char name[16] = "", data[16];
	struct cpio cpio;
	struct entry e;
	size_t pos = 0;

	memset(data, 'd', sizeof(data));
	cpio_init(&cpio);
	for (unsigned int i = 1; i < 9; i++) {
		name[i - 1] = 'n';
		cpio_add_file(&cpio, name, 0644, data, i);
	}
	assert_int_equal(cpio_finish(&cpio), 0);
	for (unsigned int i = 1; i < 9; i++) {
		e = next(&cpio, &pos);
		assert_int_equal(e.namesize, i + 1);
		assert_int_equal(e.size, i);
		assert_memory_equal(e.data, data, i);
	}
	cpio_deinit(&cpio);
}

static void test_copy(void **state)
{
	static const char text[] = "more than one page is not needed";
	char path[] = "/tmp/test_lab_cpio.XXXXXX";
	int fd = mkstemp(path);
	struct cpio cpio;
	struct entry e;
	size_t pos = 0;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, sizeof(text)), sizeof(text));
	close(fd);
	cpio_init(&cpio);
	cpio_copy_file(&cpio, "init", 0755, path);
	assert_int_equal(cpio_finish(&cpio), 0);
	e = next(&cpio, &pos);
	assert_int_equal(e.size, sizeof(text));
	assert_memory_equal(e.data, text, sizeof(text));
	cpio_deinit(&cpio);
	unlink(path);
}

static void test_error_sticks(void **state)
{
	struct cpio cpio;

	cpio_init(&cpio);
	cpio_copy_file(&cpio, "a", 0644, "/nonexistent/file");
	cpio_add_file(&cpio, "b", 0644, "x", 1);
	assert_int_equal(cpio_finish(&cpio), -ENOENT);
	cpio_deinit(&cpio);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_entries),
		cmocka_unit_test(test_links),
		cmocka_unit_test(test_padding),
		cmocka_unit_test(test_copy),
		cmocka_unit_test(test_error_sticks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
