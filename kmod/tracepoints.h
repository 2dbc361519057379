/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tracepoints.h - events/trapline/ of the kernel's tracing
 *
 * Names and fields are those of KVM's events where KVM has such an event. Each
 * event has the vCPU's id, and the guest's PC if the event belongs to an
 * instruction. main.c defines the events (CREATE_TRACE_POINTS).
 *
 *	trapline_entry		the guest is entered
 *	trapline_exit		the run ended: EL2_EXIT_*, syndrome
 *	trapline_guest_fault	an abort that exit_fast() has not finished
 *	trapline_mmio		a load or store that the VGIC or user space does
 *	trapline_sysreg		a system register is read or written
 *	trapline_irq		an interrupt's line changes; vcpu is -1 for SPIs
 *	trapline_toggle_cache	the guest turns MMU and caches on or off
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM trapline

#if !defined(TRAPLINE_KMOD_TRACEPOINTS_H) || defined(TRACE_HEADER_MULTI_READ)
#define TRAPLINE_KMOD_TRACEPOINTS_H

#include <linux/tracepoint.h>
#include <linux/types.h>
#include <asm/esr.h>

/*
 * A field of the syndrome of an MRS or MSR. Programs that read the event's
 * format evaluate this expression, so it has operators only, no FIELD_GET().
 */
#define TRACE_SYS64(esr, field)                        \
	((ESR_ELx_SYS64_ISS_##field##_MASK & (esr)) >> \
	 ESR_ELx_SYS64_ISS_##field##_SHIFT)

/* clang-format off */
TRACE_EVENT(trapline_entry,
	TP_PROTO(unsigned int vcpu, u64 pc),
	TP_ARGS(vcpu, pc),
	TP_STRUCT__entry(
		__field(unsigned int, vcpu) __field(u64, pc)),
	TP_fast_assign(
		__entry->vcpu = vcpu; __entry->pc = pc;),
	TP_printk("vcpu %u PC 0x%016llx", __entry->vcpu, __entry->pc)
);

TRACE_EVENT(trapline_exit,
	TP_PROTO(unsigned int vcpu, u64 pc, u64 code, u64 esr),
	TP_ARGS(vcpu, pc, code, esr),
	TP_STRUCT__entry(
		__field(unsigned int, vcpu) __field(u64, pc)
		__field(u64, code) __field(u64, esr)),
	TP_fast_assign(
		__entry->vcpu = vcpu; __entry->pc = pc; __entry->code = code;
		__entry->esr = esr;),
	TP_printk("vcpu %u PC 0x%016llx code %llu ESR 0x%08llx", __entry->vcpu,
		  __entry->pc, __entry->code, __entry->esr)
);

TRACE_EVENT(trapline_guest_fault,
	TP_PROTO(unsigned int vcpu, u64 pc, u64 esr, u64 far, u64 ipa),
	TP_ARGS(vcpu, pc, esr, far, ipa),
	TP_STRUCT__entry(
		__field(unsigned int, vcpu) __field(u64, pc) __field(u64, esr)
		__field(u64, far) __field(u64, ipa)),
	TP_fast_assign(
		__entry->vcpu = vcpu; __entry->pc = pc; __entry->esr = esr;
		__entry->far = far; __entry->ipa = ipa;),
	TP_printk("vcpu %u PC 0x%016llx IPA 0x%llx ESR 0x%08llx FAR 0x%016llx",
		  __entry->vcpu, __entry->pc, __entry->ipa, __entry->esr,
		  __entry->far)
);

TRACE_EVENT(trapline_mmio,
	TP_PROTO(unsigned int vcpu, u64 pc, bool write, unsigned int size,
		 u64 ipa, u64 value),
	TP_ARGS(vcpu, pc, write, size, ipa, value),
	TP_STRUCT__entry(
		__field(unsigned int, vcpu) __field(u64, pc)
		__field(bool, write) __field(unsigned int, size)
		__field(u64, ipa) __field(u64, value)),
	TP_fast_assign(
		__entry->vcpu = vcpu; __entry->pc = pc;
		__entry->write = write; __entry->size = size;
		__entry->ipa = ipa; __entry->value = value;),
	TP_printk("vcpu %u PC 0x%016llx %s %u IPA 0x%llx value 0x%llx",
		  __entry->vcpu, __entry->pc, __entry->write ? "write" : "read",
		  __entry->size, __entry->ipa, __entry->value)
);

TRACE_EVENT(trapline_sysreg,
	TP_PROTO(unsigned int vcpu, u64 pc, u64 esr, u64 value),
	TP_ARGS(vcpu, pc, esr, value),
	TP_STRUCT__entry(
		__field(unsigned int, vcpu) __field(u64, pc) __field(u64, esr)
		__field(u64, value)),
	TP_fast_assign(
		__entry->vcpu = vcpu; __entry->pc = pc; __entry->esr = esr;
		__entry->value = value;),
	TP_printk("vcpu %u PC 0x%016llx %s S%llu_%llu_C%llu_C%llu_%llu value 0x%llx",
		  __entry->vcpu, __entry->pc,
		  __entry->esr & ESR_ELx_SYS64_ISS_DIR_MASK ? "read" : "write",
		  TRACE_SYS64(__entry->esr, OP0), TRACE_SYS64(__entry->esr, OP1),
		  TRACE_SYS64(__entry->esr, CRN), TRACE_SYS64(__entry->esr, CRM),
		  TRACE_SYS64(__entry->esr, OP2), __entry->value)
);

TRACE_EVENT(trapline_irq,
	TP_PROTO(int vcpu, unsigned int intid, bool level),
	TP_ARGS(vcpu, intid, level),
	TP_STRUCT__entry(
		__field(int, vcpu) __field(unsigned int, intid)
		__field(bool, level)),
	TP_fast_assign(
		__entry->vcpu = vcpu; __entry->intid = intid;
		__entry->level = level;),
	TP_printk("vcpu %d INTID %u level %d", __entry->vcpu, __entry->intid,
		  __entry->level)
);

TRACE_EVENT(trapline_toggle_cache,
	TP_PROTO(unsigned int vcpu, u64 pc, bool was, bool now),
	TP_ARGS(vcpu, pc, was, now),
	TP_STRUCT__entry(
		__field(unsigned int, vcpu) __field(u64, pc)
		__field(bool, was) __field(bool, now)),
	TP_fast_assign(
		__entry->vcpu = vcpu; __entry->pc = pc; __entry->was = was;
		__entry->now = now;),
	TP_printk("vcpu %u PC 0x%016llx was %s now %s", __entry->vcpu,
		  __entry->pc, __entry->was ? "on" : "off",
		  __entry->now ? "on" : "off")
);
/* clang-format on */

#endif

#undef TRACE_INCLUDE_PATH
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_PATH .
#define TRACE_INCLUDE_FILE tracepoints
#include <trace/define_trace.h>
