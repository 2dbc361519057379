/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * wire.h - the protocol between the lab runner and the lab's init
 *
 * One virtio-serial port carries frames both ways: a header, then @len bytes.
 * Both ends are little-endian, and so are the fields. lab/ (any host) and
 * lab/init/ (arm64, static) share this file, so it includes only fixed-width
 * types.
 *
 *	lab -> host	READY once, then OUT and ERR, then EXIT as the last one;
 *			or FAIL with a message at any time before EXIT
 *	host -> lab	IN (an empty one is the end of standard input), SIZE
 *
 * The command itself travels in the initramfs: see CONFIG_FILE below.
 */
#ifndef LAB_WIRE_H
#define LAB_WIRE_H

#include <stdint.h>

#define WIRE_PORT     "trapline.lab"
#define WIRE_GDB_PORT "trapline.gdb"
#define WIRE_MAX      32768 /* bytes after a header */

enum wire_type {
	WIRE_READY = 1, /* the command has been started */
	WIRE_OUT = 2, /* bytes from its standard output (or the terminal) */
	WIRE_ERR = 3, /* bytes from its standard error */
	WIRE_EXIT = 4, /* u32: exit status as a shell counts it */
	WIRE_FAIL = 5, /* the lab cannot continue: one line that says why */
	WIRE_IN = 6, /* bytes for standard input; none: end of file */
	WIRE_SIZE = 7, /* u16 rows, u16 columns of the terminal */
};

struct wire_header {
	uint32_t type;
	uint32_t len;
};

/*
 * CONFIG_FILE in the initramfs: strings, each with its NUL. The first character
 * of a string is the kind of the rest:
 *
 *	a	an argument of the command (in order)
 *	d	the directory to run the command in
 *	e	NAME=VALUE for the command's environment
 *	m	a directory to mount; the 9p tag is s0, s1, ... in order
 *	g	a module group to load (a file in MODULES_DIR)
 *	k	a module to load (likewise); if that fails, the command does
 *		not run
 *	n	configure the network of QEMU's user mode
 *	t	ROWS COLUMNS: the command gets a terminal
 */
#define CONFIG_FILE "/lab/config"
#define MODULES_DIR "/lab/modules"
#define EL2_MODULE  "trapline.ko"

#endif
