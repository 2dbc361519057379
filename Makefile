# SPDX-License-Identifier: GPL-2.0-or-later
#
# One Makefile for the whole tree. On arm64 it builds the native trapline. On
# other machines it builds the host's trapline (lab) and, with the sysroot that
# scripts/setup fetches, the arm64 trapline that runs inside the lab.
#
#	make			everything, into build/
#	make programs		only the programs
#	make module [KDIR=...]	build/kmod/local/trapline.ko: for a kernel of your own
#	make test [T=name]	scripts/test
#	make compdb		compile_commands.json, for clangd and similar tools
#	make coverage		lines that the unit tests run, by folder
#	make deb		Debian packages, into build/deb
#	make demo bench lint stats fuzz fuzz-merge install install-module clean

VERSION := 0.1.0
PREFIX ?= /usr/local
CACHE := $(or $(TRAPLINE_CACHE),$(or $(XDG_CACHE_HOME),$(HOME)/.cache)/trapline)
SYSROOT ?= $(CACHE)/sysroot
MACHINE := $(patsubst aarch64,arm64,$(patsubst x86_64,amd64,$(shell uname -m)))

CC ?= gcc
CROSS_COMPILE ?= aarch64-linux-gnu-
# CROSS_CC, CROSS_CFLAGS, CROSS_LDFLAGS: a compiler for the sysroot.
-include $(SYSROOT)/cross.mk
WARN := -Wall -Wextra -Wshadow -Wmissing-prototypes -Wundef -Wvla \
	-Wimplicit-fallthrough -Wno-unused-parameter -Werror
CPPFLAGS_ALL := -Iinclude -I. -D_GNU_SOURCE -DTRAPLINE_VERSION='"$(VERSION)"'
CFLAGS ?= -O2 -g
CFLAGS_ALL := -std=gnu11 $(WARN) -fno-strict-aliasing $(CFLAGS)
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=undefined

# One static library per subsystem; no library uses a higher one (check-layers).
LIBS := report sandbox decoder introspect vmcore peer gdbstub session shell \
	lab vmm

src_report := $(wildcard report/*.c)
src_sandbox := $(wildcard sandbox/*.c)
src_decoder := $(wildcard decoder/*.c)
src_introspect := $(wildcard introspect/*.c)
src_vmcore := $(wildcard vmcore/*.c)
src_peer := $(wildcard peer/*.c)
src_gdbstub := $(wildcard gdbstub/*.c)
src_session := $(wildcard session/*.c)
src_shell := $(wildcard shell/*.c)
src_lab := $(wildcard lab/*.c)
# Devices and loaders need no KVM: the lab's host uses them to check a guest's
# files.
src_vmm_arm64 := $(wildcard vmm/*.c vmm/*/*.c)
src_vmm_amd64 := $(wildcard vmm/devices/*.c vmm/boot/*.c)
src_cli := $(wildcard cli/*.c)

ARCHES := $(MACHINE)
ifneq ($(MACHINE),arm64)
ifneq ($(wildcard $(SYSROOT)/usr/include/libfdt.h),)
ARCHES += arm64
endif
endif

# The lab is for machines that are not arm64.
lab_init := $(if $(filter-out arm64,$(MACHINE)),$(if $(filter arm64,$(ARCHES)),\
	build/arm64/lab-init))

cc_amd64 := $(CC)
cc_arm64 := $(if $(filter arm64,$(MACHINE)),$(CC),$(CROSS_CC) $(CROSS_CFLAGS))
ld_arm64 := $(if $(filter arm64,$(MACHINE)),,$(CROSS_LDFLAGS))
ar_amd64 := $(AR)
ar_arm64 := $(if $(filter arm64,$(MACHINE)),$(AR),$(CROSS_COMPILE)ar)
# Capstone 5 is linked statically, because Debian 12 has only Capstone 4. CAPSTONE
# and CAPSTONE_CROSS name another "usr" with it, for this machine and for arm64.
CAPSTONE ?= $(CACHE)/$(if $(filter arm64,$(MACHINE)),sysroot,capstone)/usr
CAPSTONE_CROSS ?= $(CACHE)/sysroot/usr
capstone_arm64 := $(if $(filter arm64,$(MACHINE)),$(CAPSTONE),$(CAPSTONE_CROSS))
capstone_amd64 := $(CAPSTONE)
libcapstone_arm64 := $(capstone_arm64)/lib/aarch64-linux-gnu/libcapstone.a
libcapstone_amd64 := $(capstone_amd64)/lib/x86_64-linux-gnu/libcapstone.a
libcapstone := $(libcapstone_$(MACHINE))
capstone_flags := -isystem $(CAPSTONE)/include/capstone
ldlibs_both := -lfdt -lslirp -lreadline -lz -llzma -lzstd -llzo2 -lseccomp \
	-lpthread
ldlibs_amd64 := $(ldlibs_both) $(libcapstone_amd64)
ldlibs_arm64 := $(ldlibs_both) $(libcapstone_arm64)
# Tests use all of vmm/ on every machine.
ldlibs_test := $(ldlibs_both) $(libcapstone)

kmod_lib := tests/kmod/machine.c tests/kmod/fuzz_args.c
kmod_tests := $(patsubst tests/kmod/%.c,build/arm64/%,\
	$(filter-out $(kmod_lib),$(wildcard tests/kmod/*.c)))

.PHONY: all programs
all: programs \
	$(if $(filter arm64,$(ARCHES)),$(kmod_tests) build/arm64/test_sandbox) \
	build/layers.ok guests \
	modules
	@$(if $(filter arm64,$(ARCHES)),:,echo \
		"arm64 is not built: no sysroot; run ./scripts/setup first")
programs: $(ARCHES:%=build/%/trapline) $(lab_init)

V ?= 0
ifeq ($(V),0)
Q = @printf '  %s\n' '$(@:build/%=%)';
endif

# Targets of failed recipes are deleted; intermediate files are kept.
.DELETE_ON_ERROR:
.SECONDARY:

# The name of an incomplete file, which is unique to this recipe. So neither a
# killed make nor a second make leaves an incomplete file as $@.
part = $@.$$$$.tmp
# compile(COMPILER AND ITS FLAGS): compile $< into $@, and write the list of
# headers. An incomplete list would break every later make.
compile = $(1) -MMD -MP -MT $@ -MF $(part).d -c -o $(part) $< && \
	mv $(part).d $(@:.o=.d) && mv $(part) $@
copy = @mkdir -p $(@D) && cp $< $(part) && mv $(part) $@
# archive(ARCHIVER): make an archive of all prerequisites of $@
archive = $(1) rcs $(part) $^ && mv $(part) $@

# src(ARCH,LIB), then build/ARCH/LIB/x.o, build/ARCH/libLIB.a, build/ARCH/trapline
src = $(or $(src_$(2)),$(src_$(2)_$(1)))

define lib_rules
build/$(1)/lib$(2).a: $(patsubst %.c,build/$(1)/%.o,$(call src,$(1),$(2)))
	$$(Q)$$(call archive,$(ar_$(1)))
endef

define arch_rules
build/$(1)/%.o: %.c Makefile
	@mkdir -p $$(@D)
	$$(Q)$$(call compile,$(cc_$(1)) $$(CPPFLAGS_ALL) \
		-isystem $$(capstone_$(1))/include/capstone $$(CFLAGS_ALL))
build/$(1)/decoder/text.o build/$(1)/decoder/second.o: $$(libcapstone_$(1))
$(foreach lib,$(LIBS),
$(call lib_rules,$(1),$(lib)))

build/$(1)/trapline: $(src_cli:%.c=build/$(1)/%.o) $(LIBS:%=build/$(1)/lib%.a)
	$$(Q)$(cc_$(1)) $$(CFLAGS_ALL) $(ld_$(1)) $$(LDFLAGS) -o $$@ \
		-Wl,--start-group $$^ -Wl,--end-group $(ldlibs_$(1))
endef
$(foreach arch,amd64 arm64,$(eval $(call arch_rules,$(arch))))
%/libcapstone.a:
	@echo "$@ is not there: run ./scripts/setup first" >&2; exit 1

# The lab's init, which is statically linked.
build/arm64/lab-init: $(patsubst %.c,build/arm64/%.o,$(wildcard lab/init/*.c))
	$(Q)$(cc_arm64) -static $(ld_arm64) -o $@ $^

# The benchmark driver, which runs beside trapline inside the lab.
build/arm64/bench: $(patsubst %,build/arm64/tests/bench/%.o,bench rsp_client)
	$(Q)$(cc_arm64) -static $(ld_arm64) -o $@ $^

build/arm64/hits: $(patsubst %,build/arm64/tests/bench/%.o,hits rsp_client) \
		build/arm64/libmachine.a
	$(Q)$(cc_arm64) -static $(ld_arm64) -o $@ $^

# Tests of the KVM UAPI of /dev/trapline, which run inside the lab.
build/arm64/libmachine.a: $(kmod_lib:%.c=build/arm64/%.o)
	$(Q)$(call archive,$(ar_arm64))
$(kmod_tests): build/arm64/%: build/arm64/tests/kmod/%.o \
		build/arm64/libmachine.a
	$(Q)$(cc_arm64) -static $(ld_arm64) -o $@ $^ -lseccomp -lpthread
sandbox_objs := build/arm64/libsandbox.a build/arm64/vmm/sandbox_requests.o
build/arm64/micro: $(sandbox_objs)

# The test of the sandbox, for the lab's kernels.
build/arm64/test_sandbox: build/arm64/tests/unit/test_sandbox.o \
		build/arm64/vmm/kvm_ops.o $(sandbox_objs)
	$(Q)$(cc_arm64) $(ld_arm64) -o $@ $(filter %.o,$^) $(filter %.a,$^) \
		-lseccomp

# Runs trapline in the lab, and fails its system calls.
build/arm64/inject: build/arm64/tests/system/inject.o
	$(Q)$(cc_arm64) -static $(ld_arm64) -o $@ $^

# --- the arm64 KVM UAPI for tests on another machine ------------------------
# Copy only these headers of the sysroot. All other headers are this machine's
# own.
uapi := $(if $(filter-out arm64,$(MACHINE)),$(addprefix build/uapi/,linux/kvm.h \
	asm/kvm.h asm/ptrace.h asm/hwcap.h asm/sve_context.h))
host_flags := $(if $(uapi),-isystem build/uapi) $(capstone_flags)
build/uapi/linux/%.h: $(SYSROOT)/usr/include/linux/%.h
	$(copy)
build/uapi/asm/%.h: $(SYSROOT)/usr/include/aarch64-linux-gnu/asm/%.h
	$(copy)
$(SYSROOT)/usr/include/%.h:
	@echo "$@ is not there: run ./scripts/setup first" >&2; exit 1
.PHONY: uapi
uapi: $(uapi)

# --- unit tests: this machine, ASan and UBSan, one program per test --------
unit_srcs := $(wildcard tests/unit/test_*.c)
unit_progs := $(unit_srcs:tests/unit/%.c=build/unit/%)
fake_srcs := $(wildcard tests/unit/fake_*.c) tests/unit/kernel_truth.c
san_srcs := $(src_report) $(src_sandbox) $(src_decoder) $(src_introspect) $(src_vmcore) \
	$(src_peer) $(src_gdbstub) $(src_session) $(src_shell) $(src_lab) \
	$(src_vmm_arm64) \
	$(filter-out cli/main.c,$(src_cli)) $(fake_srcs)
san_objs := $(san_srcs:%.c=build/unit/obj/%.o)

build/unit/obj/%.o: %.c Makefile $(uapi)
	@mkdir -p $(@D)
	$(Q)$(call compile,$(CC) $(CPPFLAGS_ALL) $(host_flags) $(CFLAGS_ALL) -O1 \
		$(SANITIZE))

# 16-byte compare-and-swap on the machine that runs the tests.
build/unit/obj/vmm/watch/emulate.o: \
	CFLAGS_ALL += $(if $(filter amd64,$(MACHINE)),-mcx16)

build/unit/libtrapline.a: $(san_objs)
	$(Q)$(call archive,$(AR))

# Tests that plant faults in functions of a library.
build/unit/test_second build/coverage/test_second: private \
	SANITIZE += -Wl,--wrap=form_find,--wrap=cs_disasm_iter

build/unit/test_%: build/unit/obj/tests/unit/test_%.o build/unit/libtrapline.a
	$(Q)$(CC) $(SANITIZE) -o $@ $^ -lcmocka $(ldlibs_test)

# Tests with threads say "TSan: yes" and are also built with ThreadSanitizer.
# ThreadSanitizer does not know fences; only virtqueues use them, towards the
# guest.
tsan_progs := $(patsubst tests/unit/%.c,build/tsan/%,\
	$(shell grep -l '^ \* TSan: yes' tests/unit/test_*.c))
tsan_srcs := $(src_report) $(src_sandbox) $(src_decoder) $(src_introspect) $(src_vmcore) \
	$(src_peer) $(src_gdbstub) $(src_session) $(src_shell) $(src_vmm_arm64) \
	$(fake_srcs)
build/tsan/obj/%.o: %.c Makefile $(uapi)
	@mkdir -p $(@D)
	$(Q)$(call compile,$(CC) $(CPPFLAGS_ALL) $(host_flags) $(CFLAGS_ALL) -O1 \
		-fsanitize=thread -Wno-tsan)
build/tsan/obj/vmm/watch/emulate.o: \
	CFLAGS_ALL += $(if $(filter amd64,$(MACHINE)),-mcx16)
build/tsan/libtrapline.a: $(tsan_srcs:%.c=build/tsan/obj/%.o)
	$(Q)$(call archive,$(AR))
build/tsan/test_%: build/tsan/obj/tests/unit/test_%.o build/tsan/libtrapline.a
	$(Q)$(CC) -fsanitize=thread -o $@ $^ -lcmocka $(ldlibs_test) -latomic

rsp_progs := $(patsubst tests/rsp/%.c,build/unit/rsp_%,$(wildcard tests/rsp/*.c))
build/unit/rsp_%: build/unit/obj/tests/rsp/%.o build/unit/libtrapline.a
	$(Q)$(CC) $(SANITIZE) -o $@ $^ $(ldlibs_test)

# The decoder compared with execution (under qemu-user, and at EL1) and with
# Capstone.
decoder_progs := build/unit/decoder_diff build/unit/decoder_names \
	$(if $(filter arm64,$(ARCHES)),build/arm64/decoder_exec \
	build/arm64/decoder_exec_el1.elf)
build/unit/decoder_diff: $(patsubst %,build/unit/obj/tests/decoder/%.o,\
		diff cases) build/unit/libtrapline.a
	$(Q)$(CC) $(SANITIZE) -o $@ $^
build/arm64/decoder_exec: build/arm64/tests/decoder/exec.o
	$(Q)$(cc_arm64) -static $(ld_arm64) -o $@ $^
build/arm64/decoder_exec_el1.elf: tests/decoder/exec_el1_entry.S \
		tests/decoder/exec_el1.c tests/decoder/exec.h
	@mkdir -p $(@D)
	$(Q)$(cc_arm64) $(CPPFLAGS_ALL) -std=gnu11 $(WARN) -O2 -g -ffreestanding \
		-fno-pie -mgeneral-regs-only -mstrict-align -nostdlib -static \
		-no-pie -Wl,-Ttext=0x40200000 -Wl,--build-id=none -o $@ \
		$(filter-out %.h,$^) -lgcc
build/unit/decoder_names: build/unit/obj/tests/decoder/names.o \
		build/unit/libtrapline.a
	$(Q)$(CC) $(SANITIZE) -o $@ $^ $(libcapstone)

# Decodes per second, beside Capstone, in rows like those of tests/bench.
build/%/decode_bench: build/%/tests/decoder/bench.o build/%/libdecoder.a
	$(Q)$(cc_$*) $(ld_$*) -o $@ $^ $(libcapstone_$*)

.PHONY: unit
unit: $(unit_progs) $(tsan_progs) $(rsp_progs) $(decoder_progs)

# --- coverage: which lines the unit tests and the recorded sessions run ------
# The objects of these folders count; all others are those of the unit tests.
cov_srcs := $(src_decoder) $(src_introspect) $(src_vmcore) $(src_gdbstub) \
	$(src_session)
cov_objs := $(cov_srcs:%.c=build/coverage/obj/%.o)
cov_progs := $(unit_progs:build/unit/%=build/coverage/%) \
	build/coverage/rsp_replay

# gcc names the file of counts after the object, so the object has no other
# name while it is made.
build/coverage/obj/%.o: %.c Makefile $(uapi)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS_ALL) $(host_flags) $(CFLAGS_ALL) -O0 --coverage \
		-fprofile-update=prefer-atomic -MMD -MP -c -o $@ $<
build/coverage/libtrapline.a: $(cov_objs) \
		$(filter-out $(cov_srcs:%.c=build/unit/obj/%.o),$(san_objs))
	$(Q)$(call archive,$(AR))
build/coverage/test_%: build/unit/obj/tests/unit/test_%.o \
		build/coverage/libtrapline.a
	$(Q)$(CC) $(SANITIZE) --coverage -o $@ $^ -lcmocka $(ldlibs_test)
build/coverage/rsp_replay: build/unit/obj/tests/rsp/replay.o \
		build/coverage/libtrapline.a
	$(Q)$(CC) $(SANITIZE) --coverage -o $@ $^ $(ldlibs_test)

.PHONY: coverage
coverage: $(cov_progs)
	@find build/coverage -name '*.gcda' -delete
	@printf '%s\n' $(filter-out %/rsp_replay,$(cov_progs)) \
		'build/coverage/rsp_replay tests/rsp/*.session' | \
		xargs -P "$$(nproc)" -I @ sh -c \
		'log=$$(@ 2>&1) || { echo "$$log"; echo "@ failed"; exit 1; }'
	@scripts/coverage

# --- fuzzers: libFuzzer with clang; "make fuzz F=rsp S=60" ------------------
fuzzers := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
F ?= $(fuzzers)
S ?= 60
# The number of encodings of each decoder form to execute.
N ?= 6000
fuzz_flags := -std=gnu11 -O1 -g -fno-omit-frame-pointer -Wno-string-plus-int \
	$(if $(filter amd64,$(MACHINE)),-mcx16)
fuzz_objs = $(patsubst %.c,build/fuzz/obj/%.o,$(san_srcs))
build/fuzz/obj/%.o: %.c Makefile $(uapi)
	@mkdir -p $(@D)
	$(Q)$(call compile,clang $(CPPFLAGS_ALL) $(host_flags) $(fuzz_flags) \
		-fsanitize=fuzzer-no-link,address,undefined \
		-fno-sanitize-recover=undefined)
build/fuzz/libtrapline.a: $(fuzz_objs)
	$(Q)$(call archive,$(AR))
build/fuzz/%: build/fuzz/obj/tests/fuzz/fuzz_%.o build/fuzz/libtrapline.a
	$(Q)clang -fsanitize=fuzzer,address,undefined -o $@ $^ $(ldlibs_test) \
		-lcmocka
# New inputs go into build/fuzz; those of tests/fuzz/corpus are read, too.
.PHONY: fuzz
fuzz: $(F:%=build/fuzz/%)
	for f in $(F); do mkdir -p build/fuzz/corpus-$$f && \
		build/fuzz/$$f -max_total_time=$(S) -print_final_stats=1 \
		-len_control=0 -rss_limit_mb=4096 -timeout=60 \
		-artifact_prefix=build/fuzz/$$f- build/fuzz/corpus-$$f \
		$$(ls -d tests/fuzz/corpus/$$f) || exit 1; done
	$(if $(filter decoder,$(F)),$(MAKE) -s unit && \
		tests/decoder/run execution -n $(N) -s "$$(date +%s)" && \
		tests/decoder/run el1 -n $(N) -s "$$(date +%s)")

# fuzz-merge: the smallest part of all inputs that has the same coverage
# becomes tests/fuzz/corpus.
.PHONY: fuzz-merge
fuzz-merge: $(F:%=build/fuzz/%)
	for f in $(F); do mkdir -p build/fuzz/corpus-$$f && \
		rm -rf build/fuzz/merged && mkdir build/fuzz/merged && \
		build/fuzz/$$f -merge=1 -max_len=4096 build/fuzz/merged \
		build/fuzz/corpus-$$f $$(ls -d tests/fuzz/corpus/$$f) && \
		mkdir -p tests/fuzz/corpus && rm -rf tests/fuzz/corpus/$$f && \
		mv build/fuzz/merged tests/fuzz/corpus/$$f || exit 1; done

# The same fuzzers without libFuzzer, to run the inputs of tests/fuzz/corpus.
replay_progs := $(fuzzers:%=build/unit/fuzz_%)
build/unit/fuzz_%: build/unit/obj/tests/fuzz/fuzz_%.o \
		build/unit/obj/tests/fuzz/replay.o build/unit/libtrapline.a
	$(Q)$(CC) $(SANITIZE) -o $@ $^ $(ldlibs_test) -lcmocka
unit: $(replay_progs)

# --- bare-metal guests ------------------------------------------------------
guest_bins := $(patsubst tests/guest/%.S,build/guest/%.bin,\
	$(wildcard tests/guest/*.S))
build/guest/%.elf: tests/guest/%.S $(wildcard tests/guest/*.h)
	@mkdir -p $(@D)
	$(Q)$(if $(filter arm64,$(MACHINE)),$(CC),$(CROSS_COMPILE)gcc) -g \
		-nostdlib -static -Wl,-Ttext=0x40080000 -Wl,--build-id=none \
		-o $@ $<
build/guest/%.bin: build/guest/%.elf
	$(Q)$(if $(filter arm64,$(MACHINE)),,$(CROSS_COMPILE))objcopy \
		-O binary $< $@
.PHONY: guests
guests: $(guest_bins)

# --- kernel modules: ours and the crashers, for each kernel in the cache -----
# Kbuild builds out-of-tree modules beside their sources, so build/kmod/VERSION
# gets links to the sources first. mkguest copies the crashers, because gdb only
# accepts the modules that the guest has. abi.h is in ../include. EL2's own text
# runs where there are no kernel functions, so it may call none.
KERNELS ?= $(filter 6.1 6.12,$(patsubst $(CACHE)/kernels/%/build,%,\
	$(wildcard $(CACHE)/kernels/*/build)))
# make module: for a kernel of your own or, on arm64, the running kernel.
KDIR ?= /lib/modules/$(shell uname -r)/build
kcross := $(if $(filter arm64,$(MACHINE)),,$(CROSS_COMPILE))
module_abi := build/kmod/include/trapline/abi.h
module_srcs := $(wildcard kmod/*.[chS] kmod/*/*.[chS] kmod/Kbuild) $(module_abi)

# All modules share this copy, so it has a rule of its own.
$(module_abi): include/trapline/abi.h
	$(copy)

# kmod_recipe(KERNEL'S BUILD FOLDER,OTHER VARIABLES). Makes links, because an
# interrupted copy is newer than its source and looks complete. The lock
# excludes a second make. Make does not see $(MAKE) in a called recipe: without
# the "+", kbuild would compile one file at a time whatever -j says.
define kmod_recipe
+$(Q)mkdir -p $(@D) && exec 9>$(@D)/.lock && flock 9 && \
	cp -rsf $(CURDIR)/kmod/. $(@D) && \
	$(MAKE) -s -C $(1) M=$(CURDIR)/$(@D) ARCH=arm64 \
	CROSS_COMPILE=$(kcross) $(2) modules >$(@D)/build.log 2>&1 || \
	{ cat $(@D)/build.log; exit 1; }; \
	grep -vE 'Skipping BTF|^  ' $(@D)/build.log || :
@$(kcross)ld -r -o $(@D)/el2/whole.check $(@D)/el2/*.o && \
	! $(kcross)nm -u $(@D)/el2/whole.check | grep -v 'U el2_running$$'
@touch $@
endef

build/kmod/%/modules.ok: $(module_srcs)
	$(call kmod_recipe,$(CACHE)/kernels/$*/build)

# Modules that the tests load beside trapline.ko.
build/power/%/modules.ok: SHELL := /bin/bash
build/power/%/modules.ok: $(wildcard tests/kmod/power/*) kmod/el2/el2.h
	@mkdir -p $(@D)
	@cp -u tests/kmod/power/* $(@D)
	$(Q)$(MAKE) -s -C $(CACHE)/kernels/$*/build M=$(CURDIR)/$(@D) \
		ARCH=arm64 CROSS_COMPILE=$(kcross) modules 2>&1 | \
		grep -vE 'Skipping BTF|^  ' ; test $${PIPESTATUS[0]} = 0
	@touch $@

# The module with sparse (C=1) and all warnings (W=1), in another folder. The
# headers of Debian's newest kernel lack a script that sparse needs; its warnings
# are shown and do not count, because it is another kernel next week.
build/sparse/%/modules.ok: SHELL := /bin/bash
build/sparse/%/modules.ok: $(module_srcs)
	@mkdir -p build/sparse && ln -sfn ../kmod/include build/sparse/include
	$(call kmod_recipe,$(CACHE)/kernels/$*/build,W=1 \
		$(if $(filter new,$*),,KCFLAGS=-Werror C=1 CF=-Wsparse-error))

.PHONY: module install-module build/kmod/local/modules.ok
build/kmod/local/modules.ok: $(module_abi)
	@test -e $(KDIR)/Makefile || { echo "no kernel is built in $(KDIR):" \
		"install linux-headers-$$(uname -r), or name one by KDIR=" >&2; \
		exit 1; }
	$(call kmod_recipe,$(KDIR))
module: build/kmod/local/modules.ok

install-module: module
	$(Q)set -- $$(/sbin/modinfo -F vermagic build/kmod/local/trapline.ko) && \
	install -D -m644 build/kmod/local/trapline.ko \
		$(DESTDIR)/lib/modules/$$1/updates/trapline.ko && \
	install -D -m644 kmod/60-trapline.rules \
		$(DESTDIR)/lib/udev/rules.d/60-trapline.rules && \
	install -D -m644 kmod/trapline.sysusers \
		$(DESTDIR)/usr/lib/sysusers.d/trapline.conf && \
	{ test -n "$(DESTDIR)" || { /sbin/depmod $$1; \
		getent group trapline >/dev/null || groupadd -r trapline; }; }

.PHONY: modules $(KERNELS:%=guest-%)
$(KERNELS:%=guest-%):
	@scripts/mkguest $(@:guest-%=%) >/dev/null
modules: $(KERNELS:%=build/kmod/%/modules.ok)
ifneq ($(wildcard $(SYSROOT)/usr/bin/busybox),)
modules: $(KERNELS:%=guest-%)
endif

# --- checks -----------------------------------------------------------------
build/layers.ok: scripts/check-layers docs/architecture.md \
	$(wildcard include/trapline/*.h kmod/*.[ch] kmod/*/*.[chS]) \
	$(foreach d,$(LIBS) cli,$(wildcard $(d)/*.[ch] $(d)/*/*.[ch]))
	@mkdir -p $(@D)
	$(Q)scripts/check-layers && touch $@

# Write compile_commands.json for clangd and clang-tidy.
.PHONY: compdb kmod-tests bench-programs
kmod-tests: $(kmod_tests)
bench-programs: build/arm64/bench build/arm64/hits \
	$(ARCHES:%=build/%/decode_bench)
compdb:
	@scripts/compdb

.PHONY: lint stats test demo bench install deb clean
lint: build/layers.ok
	scripts/lint

stats:
	@scripts/stats

test:
	scripts/test $(T)

demo:
	scripts/demo

bench:
	scripts/bench

install: build/$(MACHINE)/trapline
	install -D -m755 $< $(DESTDIR)$(PREFIX)/bin/trapline
	install -D -m644 docs/trapline.1 \
		$(DESTDIR)$(PREFIX)/share/man/man1/trapline.1
	$(if $(filter arm64,$(MACHINE)),,scripts/install-lab \
		"$(DESTDIR)$(PREFIX)/share/trapline")

deb:
	scripts/deb

clean:
	rm -rf build

-include $(shell find build/amd64 build/arm64 build/unit build/tsan \
	build/coverage build/fuzz -name '*.d' 2>/dev/null)
