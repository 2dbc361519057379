/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * second.h - a Capstone handle with room for one instruction (decoder/ only)
 */
#ifndef DECODER_SECOND_H
#define DECODER_SECOND_H

#include <trapline/decoder.h>

struct cs_insn;

struct decoder_second {
	size_t handle; /* csh */
	struct cs_insn *insn; /* the last one, with its operands */
};

/* Decode the word at pc into second->insn. false: Capstone does not know it. */
bool second_decode(struct decoder_second *second, uint32_t word, va_t pc);

/* Does Capstone name the memory operand that insn has? */
bool second_agrees(struct decoder_second *second, const struct insn *insn);

#endif
