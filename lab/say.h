/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * say.h - print one line for the user on standard error, prefixed by the
 * program's name
 */
#ifndef LAB_SAY_H
#define LAB_SAY_H

void lab_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
