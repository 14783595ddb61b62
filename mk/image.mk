# SPDX-License-Identifier: Apache-2.0
# The hypervisor: build/graft (raw arm64 Image) and build/graft.elf, or build/clang/... with CC_FLAVOUR=clang.

IMG := $(B)/obj/$(CC_FLAVOUR)
IMAGE_SRC := $(filter-out arch/arm64/graft.lds.S,\
	$(wildcard $(addsuffix /*.c,$(LAYERS)) arch/arm64/*.c arch/arm64/*.S))
IMAGE_OBJ := $(patsubst %,$(IMG)/%.o,$(basename $(IMAGE_SRC)))

OUT-gcc := $(B)
CC-gcc := aarch64-linux-gnu-gcc
LD-gcc := aarch64-linux-gnu-ld
C_ARM64-gcc := -nostdinc -isystem $(shell aarch64-linux-gnu-gcc -print-file-name=include 2>/dev/null) \
	-mno-outline-atomics -fconserve-stack
# Errata of Cortex-A53: the compiler mends 835769, the linker 843419 and what assembly has of 835769 (lld: 843419 alone).
LD_ARM64-gcc := --fix-cortex-a53-843419 --fix-cortex-a53-835769
LD_ARM64-clang := --fix-cortex-a53-843419
OUT-clang := $(B)/clang
CC-clang := clang --target=aarch64-linux-gnu
LD-clang := ld.lld
C_ARM64-clang := -nostdlibinc -mno-outline-atomics

OUT := $(OUT-$(CC_FLAVOUR))
ARM64_CC := $(CC-$(CC_FLAVOUR))
ARM64_LD := $(LD-$(CC_FLAVOUR))
# What a guest waits for is built for speed, everything else for size: an image is loaded from small flashes. Padding
# before functions and loops would be a twentieth of it.
FAST := arch/arm64/cache arch/arm64/counter arch/arm64/fiber arch/arm64/gic arch/arm64/guest% arch/arm64/irq \
	arch/arm64/p2m% arch/arm64/patience arch/arm64/serror_stray arch/arm64/smccc arch/arm64/time arch/arm64/trap% \
	arch/arm64/vgic% assign/attach assign/interval assign/ledger assign/overlays assign/resource assign/rules \
	assign/turn core/evtchn% core/heap \
	core/page% core/sched% core/timer core/guest_atomic dt/% \
	hypercall/dispatch hypercall/dt_overlay hypercall/event_channel_op hypercall/xen_version hypercall/sched_op \
	hypercall/grant_table_op core/grant% lib/%
ALIGN-gcc := -falign-functions=8 -fno-align-loops -fno-align-jumps
opt = $(if $(filter $(FAST),$(1)),-O2 $(ALIGN-$(CC_FLAVOUR)),-Os)
INC_ARM64 := -Iarch/arm64/include -isystem $(B)/xen-abi
C_ARM64 := $(C_ALL) $(C_ARM64-$(CC_FLAVOUR)) $(INC_ARM64) -march=armv8-a -ffreestanding \
	-mfix-cortex-a53-835769 \
	-mgeneral-regs-only -mstrict-align -mbranch-protection=none -fno-pic -fno-pie \
	-fno-stack-protector -fno-omit-frame-pointer -fno-asynchronous-unwind-tables \
	-ffunction-sections -fdata-sections
LD_ARM64 := -nostdlib -static -z noexecstack -z max-page-size=4096 --gc-sections --build-id=sha1 \
	--orphan-handling=error --no-undefined $(LD_ARM64-$(CC_FLAVOUR))

# With -nostdinc the compiler looks nowhere else, so libxen-dev's headers get a folder of their own. The tool root is
# named by the path that is valid inside and outside.
XEN_HEADERS ?= $(or $(NATIVE),$(shell cat /etc/graft-toolroot 2>/dev/null)/usr/include/xen)
$(B)/xen-abi:
	@headers=$$(scripts/xen-headers "$(XEN_HEADERS)") && mkdir -p $@ && ln -sfn "$$headers" $@/xen

$(IMG)/%.o: %.c $(MK_FILES) | $(B)/xen-abi
	@mkdir -p $(@D)
	@echo "  CC    $<"
	@$(ARM64_CC) $(C_ARM64) $(call opt,$*) -c $< -o $@

$(IMG)/%.o: %.S $(MK_FILES) | $(B)/xen-abi
	@mkdir -p $(@D)
	@echo "  AS    $<"
	@$(ARM64_CC) $(C_ARM64) -D__ASSEMBLY__ -c $< -o $@

$(IMG)/graft.lds: arch/arm64/graft.lds.S $(MK_FILES)
	@mkdir -p $(@D)
	@$(ARM64_CC) -E -P -x assembler-with-cpp -D__ASSEMBLY__ -I. $(INC_ARM64) -MMD -MT $@ -MF $@.d $< -o $@

# The table of function names is linked into the image whose functions it lists. It lies behind the code,
# but links 1 and 2 differ in size; link 3 uses link 2's table and must not have moved a function.
$(IMG)/symtab.0.c: scripts/symtab
	@mkdir -p $(@D)
	@scripts/symtab >$@
$(IMG)/symtab.%.c: $(IMG)/graft.%.elf scripts/symtab
	@scripts/symtab $< >$@
$(IMG)/symtab.%.o: $(IMG)/symtab.%.c $(MK_FILES)
	@$(ARM64_CC) $(C_ARM64) -c $< -o $@
link = $(ARM64_LD) $(LD_ARM64) -T $(IMG)/graft.lds $(IMAGE_OBJ) $(IMG)/symtab.$(1).o -o $@
$(IMG)/graft.1.elf: $(IMAGE_OBJ) $(IMG)/symtab.0.o $(IMG)/graft.lds
	@$(call link,0)
$(IMG)/graft.2.elf: $(IMG)/symtab.1.o
	@$(call link,1)
$(OUT)/graft.elf: $(IMG)/symtab.2.o scripts/check-a53
	@mkdir -p $(@D)
	@echo "  LD    $@"
	@$(call link,2)
	@scripts/symtab $@ | cmp - $(IMG)/symtab.2.c
	@scripts/check-a53 $@

$(OUT)/graft: $(OUT)/graft.elf
	@llvm-objcopy -O binary $< $@
	@echo "  IMAGE $@: $$(stat -c %s $@) bytes"

#: image            build/graft, the raw arm64 Image, and build/graft.elf (CC_FLAVOUR=clang: build/clang/)
.PHONY: image
image: $(if $(wildcard arch/arm64/graft.lds.S),$(OUT)/graft,$(IMAGE_OBJ))

.SECONDARY:
-include $(IMAGE_OBJ:.o=.d) $(IMG)/graft.lds.d
