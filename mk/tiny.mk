# SPDX-License-Identifier: Apache-2.0
# Guests of a few instructions, for tests that make many: build/share/tiny-WHAT does WHAT.

TINY := $(addprefix $(SHARE)/tiny-,spin idle off reset crash)
tiny_other = $(if $(filter spin,$(1)),spin,idle)

images: $(TINY)

$(TINY): $(SHARE)/tiny-%: tests/system/tiny/tiny.S $(MK_FILES)
	@mkdir -p $(@D) $(B)/obj/tiny
	@aarch64-linux-gnu-gcc -c -DTINY=$* -DOTHER=$(call tiny_other,$*) $< -o $(B)/obj/tiny/$*.o
	@llvm-objcopy -O binary -j .text $(B)/obj/tiny/$*.o $@
