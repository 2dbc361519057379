/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lab.h - an arm64 machine with EL2 on any Linux box: QEMU, a stock Debian
 * kernel, and one command run inside
 *
 * See docs/lab.md. The functions belong to a process of their own: they set
 * signal handlers and the terminal mode, and put both back.
 */
#ifndef TRAPLINE_LAB_H
#define TRAPLINE_LAB_H

/*
 * "trapline lab": parse argv (argv[0] is "lab"), boot, run, return the exit
 * status for main(): the command's own, 128 + n for signals, 1 when the lab
 * itself failed, 2 for usage errors.
 */
int lab_main(int argc, char **argv);

#endif
