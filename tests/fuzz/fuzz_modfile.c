// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fuzz_modfile.c - hostile .ko files
 *
 * The input is a file of --modules. It is checked, its build-id is read, and it
 * is linked to addresses that depend on the names of its sections.
 */
#include <string.h>

#include "input.h"
#include "session/modfile.h"

/* strlen() reads the whole name, so that the address sanitizer checks it. */
static va_t address(const void *opaque, const char *name)
{
	size_t length = strlen(name);

	return length % 3 ? 0xffff800000000000ULL + length * SZ_4K : 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct modfile file = { malloc(size ? size : 1), size };
	const uint8_t *id;
	uint8_t sum = 0;
	size_t id_size;
	va_t load;

	must(file.data, "no memory");
	memcpy(file.data, data, size);
	if (!modfile_check(&file)) {
		id_size = modfile_build_id(&file, &id);
		for (size_t i = 0; i < id_size; i++)
			sum ^= id[i];
		if (!modfile_link(&file, address, &sum, &load))
			must(load >> 63, "linked to an address of no section");
	}
	modfile_free(&file);
	return 0;
}
