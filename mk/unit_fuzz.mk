# SPDX-License-Identifier: Apache-2.0
# The fuzzer of hypercalls: all that the unit tests link, built once more for it.

FUZZ_OBJ := $(patsubst %.c,$(FUZZ)/obj/%.o,$(HOST_SRC)) $(FUZZ)/obj/symtab.o
C_FUZZ := $(FUZZ_CC) -Dstatic_assert=_Static_assert -Iarch/host/include -I$(B)/gen -fno-omit-frame-pointer -Wno-string-conversion -MMD -MP

$(FUZZ)/obj/%.o: %.c $(MK_FILES) | $(BUILD_INFO)
	@mkdir -p $(@D)
	@echo "  FUZZ  $<"
	@$(C_FUZZ) -c $< -o $@

$(FUZZ)/obj/symtab.o: $(IMG)/symtab.0.c
	@mkdir -p $(@D)
	@$(C_FUZZ) -c $< -o $@

$(FUZZ)/libgraft.a: $(FUZZ_OBJ)
	@rm -f $@ && ar rcs $@ $^

FUZZ_HYPER_OBJ := $(patsubst %.c,$(FUZZ)/obj/%.o,tests/fuzz/fuzz_hypercall.c $(wildcard tests/fuzz/hyper_*.c))
$(FUZZ)/fuzz_hypercall: $(FUZZ_HYPER_OBJ) $(FUZZ)/libgraft.a
	@$(C_FUZZ) $^ -o $@
# It looks at the whole machine after every step: what is to be covered and sanitized is the machine, not the look.
$(FUZZ)/obj/tests/fuzz/hyper_check.o: C_FUZZ += -O2 -fno-sanitize=all

-include $(FUZZ_OBJ:.o=.d) $(FUZZ_HYPER_OBJ:.o=.d)
