# SPDX-License-Identifier: Apache-2.0
# Guest kernels of our own, bare metal, arm64 Images: tests/guest/hostile tries everything a guest can, tests/guest/checks
# checks what the architecture promises, tests/guest/costs measures exits.

BARE := hostile checks costs
# Position-independent, with relocations that its first instructions apply.
C_BARE := $(C_ALL) -O2 -nostdinc -isystem $(shell aarch64-linux-gnu-gcc -print-file-name=include 2>/dev/null) \
	-isystem $(B)/xen-abi -march=armv8-a -ffreestanding -mgeneral-regs-only -mno-outline-atomics \
	-mbranch-protection=none -fpie -fvisibility=hidden -fno-stack-protector \
	-fno-asynchronous-unwind-tables -fno-tree-loop-distribute-patterns
LD_BARE := -nostdlib -pie --no-dynamic-linker -z noexecstack -z max-page-size=4096 --build-id=none \
	--no-warn-rwx-segments

# costs takes its interrupts as checks does.
bare_more-costs := $(addprefix tests/guest/checks/,clock.c fault.c fdt.c gic.c mmu.c)
bare_src = $(bare_more-$(1)) $(wildcard tests/guest/$(1)/*.c tests/guest/$(1)/*.S tests/guest/*.S) lib/string.c
bare_obj = $(patsubst %,$(B)/guest/bare/%.o,$(basename $(call bare_src,$(1))))
BARE_OBJ := $(sort $(foreach guest,$(BARE),$(call bare_obj,$(guest))))

$(B)/guest/bare/%.o: %.c $(MK_FILES) | $(B)/xen-abi
	@mkdir -p $(@D)
	@echo "  BARE  $<"
	@aarch64-linux-gnu-gcc $(C_BARE) -c $< -o $@

$(B)/guest/bare/%.o: %.S $(MK_FILES)
	@mkdir -p $(@D)
	@echo "  BARE  $<"
	@aarch64-linux-gnu-gcc -c $< -o $@

define bare_rule
$(B)/guest/$(1).elf: $(call bare_obj,$(1)) tests/guest/guest.lds
	@aarch64-linux-gnu-ld $(LD_BARE) -T tests/guest/guest.lds $(call bare_obj,$(1)) -o $$@
endef
$(foreach guest,$(BARE),$(eval $(call bare_rule,$(guest))))

$(addprefix $(SHARE)/,$(BARE)): $(SHARE)/%: $(B)/guest/%.elf
	@mkdir -p $(@D)
	@llvm-objcopy -O binary $< $@

.PHONY: $(BARE)
$(BARE): %: $(SHARE)/%
images: $(addprefix $(SHARE)/,$(BARE))

-include $(BARE_OBJ:.o=.d)
