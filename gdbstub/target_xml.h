/* SPDX-License-Identifier: GPL-2.0-or-later */
/* target_xml.h - the target description: which registers the target has */
#ifndef GDBSTUB_TARGET_XML_H
#define GDBSTUB_TARGET_XML_H

#include <stddef.h>
#include <stdio.h>

/* Make the document; the caller frees *ret. -ENOMEM: out of memory. */
int target_xml_create(char **ret, size_t *length_ret);

/*
 * Write text into a document. Markup is escaped. A character that XML does not
 * allow becomes '?', because the text may come from the guest.
 */
void xml_text(FILE *out, const char *text);

#endif
