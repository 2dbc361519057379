/* SPDX-License-Identifier: GPL-2.0-or-later */
/* oopsreport.h - --report-on-oops: a report and a dump of the live VM */
#ifndef TRAPLINE_VMM_OOPSREPORT_H
#define TRAPLINE_VMM_OOPSREPORT_H

#include <trapline/session.h>

/* For struct session_owner: add what the VM has recorded to a report. */
int oopsreport_texts(struct session *s, struct session_report *r);
/*
 * Write report.txt, report.json, report.html and vmcore to the folder dir. The
 * arguments and the result are those of dump_write(). A file that cannot be
 * written does not keep the others from being written; line names the first
 * one.
 */
int oopsreport_write(struct session *s, const char *dir, bool compress,
		     int cancel_fd, char *line, size_t size);
/*
 * Can these files be made in dir? Errors as savefile_begin(), with one line in
 * line.
 */
int oopsreport_check(const char *dir, char *line, size_t size);

#endif
