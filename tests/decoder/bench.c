// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * bench - decodes per second, trapline's and Capstone's, in one run
 *
 * decode_hot	decoder_lookup_agreed() of words that are in the cache, like the
 *		few writers to a watched page, with addresses by decoder_access()
 * decode_cold	the same of words that are not: both decoders decode them
 *
 * The peer disassembles the same words with operand details, cs_disasm_iter().
 * Best of ROUNDS, because other load on the machine can only lower the figure.
 * One JSON object a line: name, config, value, unit, peer, peer_value, ratio.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <capstone.h>
#include <trapline/decoder.h>
#include "tests/random.h"

#define ROUNDS   7
#define NR_HOT   256
#define NR_COLD  65536
#define HOT_RUN  2000000
#define COLD_RUN 40000
#define PEER_RUN 40000

static uint32_t words[NR_COLD];
static struct decoder_cache cache;
static struct decoder_second *second;
static uint64_t sink;

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* Make words that both decoders know, with the same number for each form. */
static void words_make(csh handle, cs_insn *cs)
{
	unsigned int n = 0, i = 0;

	while (n < NR_COLD) {
		const struct insn_form *form = decoder_form(i++);
		const uint8_t *code;
		size_t size = 4;
		uint64_t at = 0;
		struct insn insn;

		if (!form) {
			i = 0;
			continue;
		}
		words[n] = (random_word() & ~form->mask) | form->value;
		code = (const uint8_t *)&words[n];
		if (!decoder_decode(words[n], &insn) &&
		    cs_disasm_iter(handle, &code, &size, &at, cs))
			n++;
	}
}

static void hot(csh handle, cs_insn *cs, unsigned int i)
{
	static struct insn_regs regs;
	static const struct decoder_env env;
	struct access acc = { 0 };

	decoder_access(decoder_lookup_agreed(&cache, second, words[i % NR_HOT]),
		       &regs, &env, &acc);
	sink += acc.mem[0].addr;
}

static void cold(csh handle, cs_insn *cs, unsigned int i)
{
	static struct insn_regs regs;
	static const struct decoder_env env;
	struct access acc = { 0 };

	decoder_access(decoder_lookup_agreed(&cache, second,
					     words[i % NR_COLD]),
		       &regs, &env, &acc);
	sink += acc.mem[0].addr;
}

static void peer(csh handle, cs_insn *cs, unsigned int i)
{
	const uint8_t *code = (const uint8_t *)&words[i % NR_COLD];
	size_t size = 4;
	uint64_t at = 0;

	sink += cs_disasm_iter(handle, &code, &size, &at, cs);
}

static double rate(void (*fn)(csh, cs_insn *, unsigned int), csh handle,
		   cs_insn *cs, unsigned int n)
{
	double best = 0;

	for (int round = 0; round < ROUNDS; round++) {
		double began = now(), r;

		for (unsigned int i = 0; i < n; i++)
			fn(handle, cs, i);
		r = n / (now() - began);
		if (r > best)
			best = r;
	}
	return best;
}

static void row(const char *name, double value, double peer_value)
{
	printf("{\"name\":\"%s\",\"config\":\"host\",\"value\":%.4g,"
	       "\"unit\":\"/s\",\"peer\":\"capstone%d\","
	       "\"peer_value\":%.4g,\"ratio\":%.3g}\n",
	       name, value, CS_VERSION_MAJOR, peer_value, value / peer_value);
}

int main(void)
{
	double peer_value;
	cs_insn *cs;
	csh handle;

	if (cs_open(CS_ARCH_ARM64, CS_MODE_ARM, &handle) ||
	    decoder_second_create(&second))
		return 1;
	cs_option(handle, CS_OPT_DETAIL, CS_OPT_ON);
	cs = cs_malloc(handle);
	words_make(handle, cs);
	peer_value = rate(peer, handle, cs, PEER_RUN);
	row("decode_hot", rate(hot, handle, cs, HOT_RUN), peer_value);
	row("decode_cold", rate(cold, handle, cs, COLD_RUN), peer_value);
	cs_free(cs, 1);
	cs_close(&handle);
	decoder_second_destroy(second);
	return sink == 1; /* never true; forces the compiler to compute sink */
}
