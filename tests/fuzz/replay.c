// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * replay.c - run one fuzzer on each input of a corpus, without libFuzzer
 *
 *	build/unit/fuzz_rsp tests/fuzz/corpus/rsp
 *
 * Arguments are inputs, or folders of inputs. The name of each input is printed
 * before its run, so the last name is that of the input that failed.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned int nr_inputs;

static void fail(const char *path)
{
	fprintf(stderr, "replay: %s: %s\n", path, strerror(errno));
	exit(1);
}

/*
 * The input gets an allocation of its own size, so that the address sanitizer
 * reports a read beyond the input.
 */
static void run_input(const char *path, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	uint8_t *data = malloc(size ? size : 1);

	if (fd < 0 || !data || read(fd, data, size) != (ssize_t)size)
		fail(path);
	close(fd);
	fprintf(stderr, "%s\n", path);
	LLVMFuzzerTestOneInput(data, size);
	free(data);
	nr_inputs++;
}

static void run_path(const char *path)
{
	struct dirent **names;
	struct stat st;
	char file[512];
	int nr;

	if (stat(path, &st))
		fail(path);
	if (!S_ISDIR(st.st_mode)) {
		run_input(path, (size_t)st.st_size);
		return;
	}
	nr = scandir(path, &names, NULL, alphasort);
	if (nr < 0)
		fail(path);
	for (int i = 0; i < nr; i++) {
		snprintf(file, sizeof(file), "%s/%s", path, names[i]->d_name);
		if (names[i]->d_name[0] != '.')
			run_path(file);
		free(names[i]);
	}
	free(names);
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		run_path(argv[i]);
	printf("%u inputs\n", nr_inputs);
	return nr_inputs ? 0 : 1;
}
