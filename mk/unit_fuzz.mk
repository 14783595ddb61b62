# SPDX-License-Identifier: Apache-2.0
# The fuzzer of hypercalls: all that the unit tests link, built once more for it.

FUZZ_OBJ := $(patsubst %.c,$(FUZZ)/obj/%.o,$(HOST_SRC)) $(FUZZ)/obj/symtab.o
C_FUZZ := $(FUZZ_CC) -Dstatic_assert=_Static_assert -Iarch/host/include -I$(B)/gen -fno-omit-frame-pointer -Wno-string-conversion -MMD -MP

$(FUZZ)/obj/%.o: %.c $(MAKEFILE_LIST) | $(BUILD_INFO)
	@mkdir -p $(@D)
	@echo "  FUZZ  $<"
	@$(C_FUZZ) -c $< -o $@

$(FUZZ)/obj/symtab.o: $(IMG)/symtab.0.c
	@mkdir -p $(@D)
	@$(C_FUZZ) -c $< -o $@

$(FUZZ)/libgraft.a: $(FUZZ_OBJ)
	@rm -f $@ && ar rcs $@ $^

$(FUZZ)/fuzz_hypercall: $(FUZZ)/obj/tests/fuzz/fuzz_hypercall.o $(FUZZ)/libgraft.a
	@$(C_FUZZ) $^ -o $@

-include $(FUZZ_OBJ:.o=.d) $(FUZZ)/obj/tests/fuzz/fuzz_hypercall.d
