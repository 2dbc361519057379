// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fake_server - the stub with a fake guest, for real debuggers: rsp_fake_server
 * SPEC [IMAGE ELF]
 *
 * Loads IMAGE at the CPUs' PCs, and serves ELF as the guest's program. Prints
 * the command to type in gdb. Ends when the guest has exited and its debugger
 * has left, or on EOF of standard input.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/unit/fake_stub.h"

static uint8_t *file_load(const char *path, size_t *size_ret)
{
	FILE *in = fopen(path, "rb");
	size_t size = 4 * SZ_1M;
	uint8_t *data = malloc(size);

	if (!in || !data) {
		perror(path);
		exit(1);
	}
	*size_ret = fread(data, 1, size, in);
	fclose(in);
	return data;
}

int main(int argc, char **argv)
{
	struct fake_stub *fs;
	uint8_t *image;
	size_t size;
	char end;

	if (argc != 2 && argc != 4) {
		fprintf(stderr, "usage: %s SPEC [IMAGE ELF]\n", argv[0]);
		return 2;
	}
	fs = fake_stub_create(argv[1]);
	if (argc == 4) {
		image = file_load(argv[2], &size);
		fake_guest_load(fs->fake, FAKE_STUB_PC, image, size);
		free(image);
		fs->kernel.data = file_load(argv[3], &fs->kernel.size);
	}
	printf("%s\n", gdbstub_target(fs->stub));
	fflush(stdout);
	while (!fs->fake->exited || gdbstub_is_attached(fs->stub)) {
		struct pollfd pfd = { .fd = 0, .events = POLLIN };

		fake_stub_pump(fs, 0, -1);
		if (poll(&pfd, 1, 0) > 0 && read(0, &end, 1) <= 0)
			break;
	}
	free((void *)(uintptr_t)fs->kernel.data);
	fake_stub_destroy(fs);
	return 0;
}
