# SPDX-License-Identifier: Apache-2.0
# A guest kernel of our own that tries everything a guest can (tests/guest/hostile): bare metal, an arm64 Image.

HOSTILE := $(SHARE)/hostile
HOSTILE_SRC := $(wildcard tests/guest/hostile/*.c tests/guest/hostile/*.S) lib/string.c
HOSTILE_OBJ := $(patsubst %,$(B)/guest/hostile.d/%.o,$(basename $(HOSTILE_SRC)))
# Position-independent, with relocations that its first instructions apply.
C_HOSTILE := $(C_ALL) -O2 -nostdinc -isystem $(shell aarch64-linux-gnu-gcc -print-file-name=include) \
	-isystem $(B)/xen-abi -march=armv8-a -ffreestanding -mgeneral-regs-only -mno-outline-atomics \
	-mbranch-protection=none -fpie -fvisibility=hidden -fno-stack-protector \
	-fno-asynchronous-unwind-tables -fno-tree-loop-distribute-patterns
LD_HOSTILE := -nostdlib -pie --no-dynamic-linker -z noexecstack -z max-page-size=4096 --build-id=none \
	--no-warn-rwx-segments

$(B)/guest/hostile.d/%.o: %.c $(MK_FILES) | $(B)/xen-abi
	@mkdir -p $(@D)
	@echo "  BARE  $<"
	@aarch64-linux-gnu-gcc $(C_HOSTILE) -c $< -o $@

$(B)/guest/hostile.d/%.o: %.S $(MK_FILES)
	@mkdir -p $(@D)
	@echo "  BARE  $<"
	@aarch64-linux-gnu-gcc -c $< -o $@

$(B)/guest/hostile.elf: $(HOSTILE_OBJ) tests/guest/hostile/hostile.lds
	@aarch64-linux-gnu-ld $(LD_HOSTILE) -T tests/guest/hostile/hostile.lds $(HOSTILE_OBJ) -o $@

$(HOSTILE): $(B)/guest/hostile.elf
	@mkdir -p $(@D)
	@llvm-objcopy -O binary $< $@

.PHONY: hostile
hostile: $(HOSTILE)
images: $(HOSTILE)

-include $(HOSTILE_OBJ:.o=.d)
