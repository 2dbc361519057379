/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * emulate.h - do one load or store for the guest
 *
 * The decoder knows what an instruction does. This code finds its bytes in
 * guest RAM, and reads and writes them as the architecture requires: a
 * single-copy atomic element stays single-copy atomic, a read-modify-write is
 * atomic, and a release has release semantics. struct emulate_ops gives access
 * to the CPU: a vCPU of KVM (emulate_vcpu.c), or a fake
 * (tests/unit/test_emulate.c).
 *
 *	emulate_begin()		fetch, decode, find the bytes
 *	emulate_compute()	read them; compute the store and the registers
 *	emulate_store()		store; false: memory has changed meanwhile
 *	emulate_finish()	set registers and PC
 *
 * Before emulate_store() nothing has happened. A caller that sees after
 * emulate_compute() that a watched byte would change can simply stop there.
 * Only the registers that are needed are fetched, one by one: each costs a
 * system call.
 *
 * Locking: none. A read-modify-write is atomic against other vCPUs' stores.
 * Exclusives are not: the caller implements the exclusive monitor.
 */
#ifndef TRAPLINE_VMM_EMULATE_H
#define TRAPLINE_VMM_EMULATE_H

#include <trapline/decoder.h>
#include <trapline/guest.h>

#define EMULATE_SP 31U /* for x_get, x_set: the current stack pointer */

struct emulate_cpu;

/*
 * Each returns 0 or a negative errno. To add an implementation: write every
 * member, and run the cases of test_emulate.c against it.
 */
struct emulate_ops {
	/* The PC and the word there. -ENOTSUP: the vCPU is not in A64. */
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
	 * Translate va, if this vCPU may make the access (ACCESS_*) and no
	 * table has to change for it (access and dirty flags).
	 */
	int (*translate)(struct emulate_cpu *cpu, va_t va, unsigned int access,
			 ipa_t *ret);
	/*
	 * seen: bytes were read from ipa; change buf to what the guest may see.
	 * kept: bytes are about to be stored to ipa; change buf to what memory
	 * shall hold. Neither is called for the read of a read-modify-write,
	 * which is compared with memory. NULL: no change.
	 */
	void (*seen)(struct emulate_cpu *cpu, ipa_t ipa, void *buf,
		     uint32_t len);
	void (*kept)(struct emulate_cpu *cpu, ipa_t ipa, void *buf,
		     uint32_t len);
	/* PAC bits of data pointers. Called only for LDRAA and LDRAB. */
	void (*pac_mask)(struct emulate_cpu *cpu, uint64_t mask[2]);
};

struct emulate_cpu {
	const struct emulate_ops *ops;
	const struct guest_ram *ram;
	unsigned int nr_ram;
	struct decoder_env env;
	struct decoder_cache *cache;
	struct decoder_second *second; /* has to agree about each word */
};

/* Bytes of an access that are in one page. */
struct emulate_part {
	ipa_t ipa;
	uint8_t *host;
	uint32_t len;
};

#define EMULATE_MAX_PARTS 2

struct emulation {
	struct insn insn;
	struct insn_regs regs; /* as fetched: x_src, and others if needed */
	struct access access;
	struct emulate_part part[2][EMULATE_MAX_PARTS]; /* of access.mem[] */
	unsigned int nr_parts[2];
	bool has_pstate;

	/* Filled by emulate_compute(). */
	struct insn_regs after;
	int stores; /* 1: write stored to mem[write] */
	unsigned int write;
	unsigned __int128 v[32], v_after[32];
	uint8_t old[ACCESS_MAX_BYTES]; /* of mem[write], if it is read */
	uint8_t stored[ACCESS_MAX_BYTES];
};

/*
 * The fault that the access took. The CPU has translated the address, and stage
 * 1 permits the access. Another vCPU may have replaced the instruction since
 * then. So the instruction that is fetched here may use only the permissions
 * that were checked.
 */
struct emulate_fault {
	ipa_t ipa; /* a byte of the access; IPA_NONE: not known */
	unsigned int checked; /* stage 1 permits: ACCESS_READ, ACCESS_WRITE */
};

/*
 * If fault has an IPA, that page is not translated again. On an error *reason
 * is one line for people:
 * -ENOTSUP	the decoder refuses the instruction
 * -EPROTO	Capstone names another memory operand (decoder.h)
 * -EFAULT	a page of the access is not accessible, or is no RAM
 * -ESTALE	the instruction at the PC does not access fault
 * or the error of fetching registers.
 */
int emulate_begin(struct emulate_cpu *cpu, const struct emulate_fault *fault,
		  struct emulation *e, const char **reason);
/* passed: an exclusive store is to succeed. May be called again. */
void emulate_compute(struct emulate_cpu *cpu, struct emulation *e, bool passed);
bool emulate_store(struct emulate_cpu *cpu, struct emulation *e);
int emulate_finish(struct emulate_cpu *cpu, struct emulation *e);

/* One store-release, and one load, of size bytes (1, 2, 4, 8). */
void emulate_store_plain(uint8_t *host, const void *from, unsigned int size);
void emulate_load_plain(const uint8_t *host, void *to, unsigned int size);

#endif
