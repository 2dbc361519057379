// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cmdline.c - the kernel's command line
 *
 * The variable saved_command_line points to the command line. Without
 * KALLSYMS_ALL the variable has no symbol; its address is then taken from the
 * function behind /proc/cmdline.
 */
#include "state.h"
#include "textref.h"

#include <errno.h>
#include <string.h>
#include <trapline/text.h>

#define CANDIDATES 8

/* Does va hold a pointer to a line of text? */
static bool line_at(struct introspect *in, va_t va, char *buf, size_t size)
{
	va_t text;
	int len;

	if (introspect_read(in, va, &text, sizeof(text)) ||
	    !kva_is_kernel(text))
		return false;
	len = kva_read_string(in, text, buf, size);
	for (int i = 0; i < len; i++)
		if (!text_is_printable(buf[i]))
			return false;
	return len >= 0;
}

int introspect_command_line(struct introspect *in, char *buf, size_t size)
{
	uint64_t ref[CANDIDATES];
	unsigned int nr;
	va_t text, at;

	if (introspect_text_va(in, &text))
		return -ENOENT;
	if (!introspect_symbol_by_name(in, "saved_command_line", &at))
		return line_at(in, at, buf, size) ? 0 : -EFAULT;
	nr = textref_scan(in, "cmdline_proc_show", ref, CANDIDATES);
	for (unsigned int i = 0; i < nr; i++)
		if (line_at(in, text + ref[i], buf, size))
			return 0;
	return -ENOENT;
}
