// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ikconfig.c - the kernel's configuration, if the Image contains it
 *
 * With CONFIG_IKCONFIG=y the Image contains the file .config, compressed by
 * gzip, after the word IKCFG_ST (kernel/configs.c).
 */
#include "state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define MAX_CONFIG SZ_1M

static const uint8_t start[] = { 'I', 'K', 'C', 'F',  'G',
				 '_', 'S', 'T', 0x1f, 0x8b };

static int unpack(const uint8_t *data, size_t size, char **ret)
{
	z_stream z = { .next_in = (Bytef *)(uintptr_t)data,
		       .avail_in =
			       (uInt)(size < MAX_CONFIG ? size : MAX_CONFIG) };
	char *text;
	int err;

	if (inflateInit2(&z, 16 + MAX_WBITS) != Z_OK)
		return -ENOMEM;
	text = malloc(MAX_CONFIG + 1);
	if (!text) {
		inflateEnd(&z);
		return -ENOMEM;
	}
	z.next_out = (Bytef *)text;
	z.avail_out = MAX_CONFIG;
	err = inflate(&z, Z_FINISH);
	text[MAX_CONFIG - z.avail_out] = '\0';
	inflateEnd(&z);
	if (err != Z_STREAM_END) {
		free(text);
		return -EBADMSG;
	}
	*ret = text;
	return 0;
}

int introspect_config(struct introspect *in, char **ret)
{
	const uint8_t *at;

	if (!in->found)
		return -ENOENT;
	at = memmem(in->k.data, in->k.size, start, sizeof(start));
	if (!at)
		return -ENOENT;
	at += sizeof(start) - 2;
	return unpack(at, in->k.size - (size_t)(at - in->k.data), ret);
}
