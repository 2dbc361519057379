/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * emulate.h - do one load or store for the guest
 *
 * The decoder knows what an instruction means; here its bytes are found in
 * guest RAM, read, and written as the architecture has it: elements that are
 * single-copy atomic stay so, read-modify-write is one, release is release.
 * What the CPU is, struct emulate_ops says: a vCPU of KVM's (emulate_vcpu.c),
 * or a fake (tests/unit/test_emulate.c).
 *
 *	emulate_begin()		fetch, decode, find the bytes
 *	emulate_compute()	read them; what would be stored, and registers
 *	emulate_store()		store it; false: memory has changed since
 *	emulate_finish()	registers and PC
 *
 * Until emulate_store() nothing has happened; a caller that sees a watched
 * byte change after emulate_compute() just stops there. Registers are fetched
 * one by one and only those needed: each costs a system call.
 *
 * Locking: none. Against other vCPUs' stores a read-modify-write is atomic by
 * itself; exclusives are not: the caller owns the monitor.
 */
#ifndef TRAPLINE_VMM_EMULATE_H
#define TRAPLINE_VMM_EMULATE_H

#include <trapline/decoder.h>
#include <trapline/guest.h>

#define EMULATE_SP 31U /* x_get, x_set: the current stack pointer */

struct emulate_cpu;

/*
 * All return 0 or a negative errno. To add an implementation: every member,
 * and run test_emulate.c's cases against it.
 */
struct emulate_ops {
	/* The PC and the word there. -ENOTSUP: no A64. */
	int (*fetch)(struct emulate_cpu *cpu, va_t *pc, uint32_t *insn);
	int (*pc_set)(struct emulate_cpu *cpu, va_t pc);
	int (*x_get)(struct emulate_cpu *cpu, unsigned int n, uint64_t *ret);
	int (*x_set)(struct emulate_cpu *cpu, unsigned int n, uint64_t value);
	int (*v_get)(struct emulate_cpu *cpu, unsigned int n,
		     unsigned __int128 *ret);
	int (*v_set)(struct emulate_cpu *cpu, unsigned int n,
		     const unsigned __int128 *value);
	int (*pstate_get)(struct emulate_cpu *cpu, uint64_t *ret);
	int (*pstate_set)(struct emulate_cpu *cpu, uint64_t value);
	/*
	 * Where the byte at va is, if this vCPU may access it so (ACCESS_*)
	 * and the tables need no change for it (access and dirty flags).
	 */
	int (*translate)(struct emulate_cpu *cpu, va_t va, unsigned int access,
			 ipa_t *ret);
	/*
	 * Bytes just read from ipa, as the guest is to see them; and bytes it
	 * is about to store there, as they are to be kept. Not for a
	 * read-modify-write, which is compared with what is there. NULL: as
	 * they are.
	 */
	void (*seen)(struct emulate_cpu *cpu, ipa_t ipa, void *buf,
		     uint32_t len);
	void (*kept)(struct emulate_cpu *cpu, ipa_t ipa, void *buf,
		     uint32_t len);
	/* PAC bits of data pointers; asked for LDRAA and LDRAB only. */
	void (*pac_mask)(struct emulate_cpu *cpu, uint64_t mask[2]);
};

struct emulate_cpu {
	const struct emulate_ops *ops;
	const struct guest_ram *ram;
	unsigned int nr_ram;
	struct decoder_env env;
	struct decoder_cache *cache;
};

/* Bytes that lie in one page. */
struct emulate_part {
	ipa_t ipa;
	uint8_t *host;
	uint32_t len;
};

#define EMULATE_MAX_PARTS 2

struct emulation {
	struct insn insn;
	struct insn_regs regs; /* as fetched: x_src, and what else is needed */
	struct access access;
	struct emulate_part part[2][EMULATE_MAX_PARTS]; /* of access.mem[] */
	unsigned int nr_parts[2];
	bool has_pstate;

	/* By emulate_compute(). */
	struct insn_regs after;
	int stores; /* 1: stored is to be written to mem[write] */
	unsigned int write;
	unsigned __int128 v[32], v_after[32];
	uint8_t old[ACCESS_MAX_BYTES]; /* of mem[write], where it is read */
	uint8_t stored[ACCESS_MAX_BYTES];
};

/*
 * The fault that brought the access here. The CPU has translated the address,
 * and found that stage 1 permits what it was about to do. Another vCPU may have
 * replaced the instruction since, so the instruction that is fetched here gets
 * nothing that was not checked.
 */
struct emulate_fault {
	ipa_t ipa; /* a byte that the access touches; IPA_NONE: none known */
	unsigned int checked; /* ACCESS_READ, ACCESS_WRITE: what it was to do */
};

/*
 * Where fault has an IPA, the translation of that page is saved. *reason: one line for people when it cannot be done:
 * -ENOTSUP	the decoder refuses it
 * -EFAULT	one of its pages cannot be reached so, or is no RAM
 * -ESTALE	the instruction there does not touch fault
 * or what fetching registers said.
 */
int emulate_begin(struct emulate_cpu *cpu, const struct emulate_fault *fault,
		  struct emulation *e, const char **reason);
/* passed: whether an exclusive store is to succeed. Repeatable. */
void emulate_compute(struct emulate_cpu *cpu, struct emulation *e, bool passed);
bool emulate_store(struct emulate_cpu *cpu, struct emulation *e);
int emulate_finish(struct emulate_cpu *cpu, struct emulation *e);

/* One store of size bytes (1, 2, 4, 8), with release; one load. */
void emulate_store_plain(uint8_t *host, const void *from, unsigned int size);
void emulate_load_plain(const uint8_t *host, void *to, unsigned int size);

#endif
