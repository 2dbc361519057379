/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * say.h - one line for the user, on standard error, named after the program
 */
#ifndef LAB_SAY_H
#define LAB_SAY_H

void lab_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
