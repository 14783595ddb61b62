# SPDX-License-Identifier: Apache-2.0
# Unit tests on the host, under AddressSanitizer and UndefinedBehaviorSanitizer.

HOST := $(B)/host
HOST_CC := gcc
# Files of arch/arm64 that touch hardware only through <arch/...> headers, so that arch/host can stand in.
HOST_ARM64_SRC := $(wildcard arch/arm64/vgic*.c arch/arm64/p2m*.c arch/arm64/trap*.c) \
	$(addprefix arch/arm64/,vuart.c smccc.c cpu_kinds.c id_join.c id_regs.c guest_timer.c guest_debug.c patience.c boot_dtb.c bootinfo.c dom0_memory.c \
	dom0_image.c dom0_tree.c dom0_devices.c dom0_gic.c dom0_links.c host_tree.c timer_node.c \
	errata.c errata_report.c harden.c counter.c serror.c serror_stray.c guest_switch.c)
# These hold what libc has too; on the host libc's stays, so that the sanitizers see every access.
LIBC_SRC := lib/string.c lib/printf.c
HOST_SRC = $(filter-out $(LIBC_SRC),$(wildcard lib/*.c)) \
	$(wildcard dt/*.c core/*.c assign/*.c hypercall/*.c arch/host/*.c) $(HOST_ARM64_SRC)
HOST_OBJ = $(HOST_SRC:%.c=$(HOST)/%.o) $(HOST)/symtab.o
# What several tests share: any other file in tests/unit.
TEST_SRC := $(wildcard tests/unit/test_*.c)
TEST_HELP_OBJ := $(patsubst %.c,$(HOST)/%.o,$(filter-out $(TEST_SRC),$(wildcard tests/unit/*.c)))
TEST_BIN := $(TEST_SRC:tests/unit/%.c=$(HOST)/%)

C_HOST := $(C_ALL) -Iarch/host/include -isystem $(B)/xen-abi -O1 -fno-omit-frame-pointer \
	-fsanitize=address,undefined -fno-sanitize-recover=all

$(HOST)/%.o: %.c $(MK_FILES) | $(B)/xen-abi
	@mkdir -p $(@D)
	@echo "  HOST  $<"
	@$(HOST_CC) $(C_HOST) -c $< -o $@

$(HOST)/symtab.o: $(IMG)/symtab.0.c
	@mkdir -p $(@D)
	@$(HOST_CC) $(C_HOST) -c $< -o $@

.SECONDEXPANSION:
$(HOST)/libgraft.a: $$(HOST_OBJ)
	@mkdir -p $(@D)
	@rm -f $@ && ar rcs $@ $^

# How far apart an operation's pauses are, test_overlay_pauses counts in basic blocks of what such operations run; what
# the engine alone costs, test_dt_cost.
COUNTED_OBJ := $(patsubst %.c,$(HOST)/counted/%.o,$(wildcard dt/*.c assign/*.c) hypercall/dt_overlay.c \
	hypercall/graft_sysctl.c core/heap.c)
$(HOST)/counted/%.o: %.c $(MK_FILES) | $(B)/xen-abi
	@mkdir -p $(@D)
	@echo "  HOST  $< (counted)"
	@$(HOST_CC) $(C_HOST) -fsanitize-coverage=trace-pc -c $< -o $@
$(HOST)/test_overlay_pauses: $(COUNTED_OBJ)
$(HOST)/test_overlay_pauses: BEFORE_LIB := $(COUNTED_OBJ)
$(HOST)/test_dt_cost: BEFORE_LIB := $(filter $(HOST)/counted/dt/%,$(COUNTED_OBJ))
$(HOST)/test_dt_cost: $(filter $(HOST)/counted/dt/%,$(COUNTED_OBJ))

$(TEST_BIN): $(HOST)/%: $(HOST)/tests/unit/%.o $(TEST_HELP_OBJ) $(HOST)/libgraft.a
	@$(HOST_CC) $(C_HOST) $(BEFORE_LIB) $(filter-out $(BEFORE_LIB),$^) -lcmocka -lfdt -o $@

#: test-unit        unit tests on the host, under ASan and UBSan (T=NAME: only tests/unit/test_NAME.c)
.PHONY: test-unit
T ?=
test-unit: $(if $(T),$(T:%=$(HOST)/test_%),$(TEST_BIN))
	@scripts/run-unit-tests $^

-include $(HOST_OBJ:.o=.d) $(TEST_HELP_OBJ:.o=.d) $(TEST_SRC:%.c=$(HOST)/%.d)
