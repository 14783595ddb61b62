# SPDX-License-Identifier: Apache-2.0
# graftctl: static, for arm64 with the very objects of dt/ that are in the image, and for this machine.

TOOL_SRC := $(wildcard tools/*.c)
TOOL_DT_SRC := $(wildcard dt/*.c)
# Who may have what, for check: the hypervisor's own rules on tools/machine.c.
TOOL_ASSIGN_SRC := $(addprefix assign/,attach.c boot.c guest.c interval.c ledger.c overlays.c report.c resource.c \
	rules.c)
TOOL_CC-tools := aarch64-linux-gnu-gcc
TOOL_CC-host := gcc
TOOL_INC := -I$(B)/gen -Iarch/host/include -isystem $(B)/xen-abi -isystem $(GUEST)/include
C_TOOL := $(C_ALL) -O2 -D_POSIX_C_SOURCE=200809L -D_DEFAULT_SOURCE $(TOOL_INC)

TOOL_OBJ-tools := $(patsubst %.c,$(B)/obj/tool-arm64/%.o,$(TOOL_SRC) $(TOOL_ASSIGN_SRC)) $(TOOL_DT_SRC:%.c=$(B)/obj/gcc/%.o)
TOOL_OBJ-host := $(patsubst %.c,$(B)/obj/tool-host/%.o,$(TOOL_SRC) $(TOOL_DT_SRC) $(TOOL_ASSIGN_SRC))

$(B)/obj/tool-arm64/%.o: %.c $(MK_FILES) | $(B)/xen-abi $(GUEST)/include
	@mkdir -p $(@D)
	@echo "  TOOL  $< (arm64)"
	@$(TOOL_CC-tools) $(C_TOOL) -c $< -o $@

$(B)/obj/tool-host/%.o: %.c $(MK_FILES) | $(B)/xen-abi $(GUEST)/include
	@mkdir -p $(@D)
	@echo "  TOOL  $<"
	@$(TOOL_CC-host) $(C_TOOL) -c $< -o $@

$(B)/obj/tool-arm64/tools/version.o $(B)/obj/tool-host/tools/version.o: $(B)/gen/build_info.h

# Not position-independent: the image's objects are not.
$(B)/tools/graftctl: $(TOOL_OBJ-tools)
	@mkdir -p $(@D)
	@$(TOOL_CC-tools) -static -no-pie $(TOOL_OBJ-tools) -o $@

$(B)/host/graftctl: $(TOOL_OBJ-host)
	@mkdir -p $(@D)
	@$(TOOL_CC-host) -static $^ -o $@

# For tests: the same under the sanitizers.
TOOL_CHECKED_OBJ := $(patsubst %.c,$(B)/host/%.o,$(TOOL_SRC) $(TOOL_DT_SRC) $(TOOL_ASSIGN_SRC))
$(TOOL_SRC:%.c=$(B)/host/%.o): C_HOST += -D_POSIX_C_SOURCE=200809L -D_DEFAULT_SOURCE $(TOOL_INC)
$(TOOL_SRC:%.c=$(B)/host/%.o): | $(GUEST)/include
$(B)/host/tools/version.o: $(B)/gen/build_info.h
$(B)/host/graftctl-checked: $(TOOL_CHECKED_OBJ)
	@gcc -fsanitize=address,undefined $^ -o $@

# The same on a hypervisor that is not there: a fake in the place of the transport.
$(B)/host/graftctl-faked: $(filter-out $(B)/host/tools/privcmd.o,$(TOOL_CHECKED_OBJ)) $(B)/host/tests/tools/fake.o
	@gcc -fsanitize=address,undefined $^ -o $@

#: tools            graftctl for Dom0 (build/tools/graftctl, arm64) and for this machine (build/host/graftctl)
.PHONY: tools
tools: $(B)/tools/graftctl $(B)/host/graftctl

$(DOM0): $(B)/tools/graftctl

-include $(TOOL_OBJ-tools:.o=.d) $(TOOL_OBJ-host:.o=.d)

# The oracle: the engine, under the sanitizers, beside libfdt on everything that Debian's kernels carry.
ORACLE_OBJ := $(patsubst %.c,$(B)/host/%.o,$(wildcard tests/corpus/*.c) $(TOOL_DT_SRC))

$(B)/host/oracle: $(ORACLE_OBJ)
	@gcc -fsanitize=address,undefined $^ -lfdt -o $@

#: oracle           the engine beside libfdt: every overlay of Debian's kernels on every base beside it (EVERY=N: each Nth pair)
.PHONY: oracle
EVERY ?= 1
oracle: $(B)/host/oracle guest-base
	@$< --every $(EVERY) $$(tests/corpus/get-dtbs)
	@echo "oracle: 1 passed, 0 failed, 0 skipped"

#: test-tools       graftctl's own tests (K=EXPRESSION: only those tests, LONG=1: of every overlay, not of a sample)
.PHONY: test-tools
test-tools: tools $(B)/host/graftctl-checked $(B)/host/graftctl-faked
	@GRAFT_TEST_ALL=$(LONG) scripts/run-pytest tools tests/tools $(if $(K),-k "$(K)")

-include $(ORACLE_OBJ:.o=.d) $(TOOL_CHECKED_OBJ:.o=.d)
