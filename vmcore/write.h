/* SPDX-License-Identifier: GPL-2.0-or-later */
/* write.h - functions that write both kinds of dumps */
#ifndef TRAPLINE_VMCORE_WRITE_H
#define TRAPLINE_VMCORE_WRITE_H

#include <trapline/vmcore.h>

/* pwrite(2) of all size bytes. */
int core_pwrite(int fd, const void *data, size_t size, uint64_t at);

/* Make all notes. -ENOMEM. The caller frees *ret, after an error as well. */
int core_notes_make(const struct vmcore_source *s, char **ret,
		    size_t *ret_size);

/*
 * Read all size bytes of RAM, with the original bytes of breakpoints; -EFAULT
 * if the guest lacks some.
 */
int core_ram_read(struct guest *g, ipa_t ipa, uint8_t *to, uint64_t size);

bool core_is_zero(const uint8_t *p, uint64_t size);

/* vmcore_write() of a stopped guest, kdump-compressed */
int core_kdump_write(const struct vmcore_source *source, int fd);

#endif
