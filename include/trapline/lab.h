/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lab.h - run a command inside an arm64 machine with EL2, on any Linux host
 *
 * The machine is QEMU with a stock Debian kernel: see docs/lab.md. lab_main()
 * needs a process of its own: it sets signal handlers and the terminal mode,
 * and restores both.
 */
#ifndef TRAPLINE_LAB_H
#define TRAPLINE_LAB_H

/*
 * "trapline lab": parse argv (argv[0] is "lab"), boot the machine and run the
 * command. Returns the exit status for main(): the command's own, 128 + n for
 * signal n, 1 if the lab itself failed, 2 for a usage error.
 */
int lab_main(int argc, char **argv);

#endif
