/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * target_xml.h - the target description: what registers there are
 */
#ifndef GDBSTUB_TARGET_XML_H
#define GDBSTUB_TARGET_XML_H

#include <stddef.h>
#include <stdio.h>

/* The document, to be freed by the caller; -ENOMEM. */
int target_xml_create(char **ret, size_t *length_ret);

/*
 * Text into a document: markup is escaped, and what XML does not allow (the
 * text may be the guest's) becomes '?'.
 */
void xml_text(FILE *out, const char *text);

#endif
