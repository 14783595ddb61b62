# SPDX-License-Identifier: Apache-2.0
# Updates of Debian's packages: Graft is built with copies of libxen-dev's headers in which values are changed. What it
# must not depend on may be anything; what it depends on must be refused by the sentence that names the package.

PACKAGES := $(B)/packages
# $(1): moved or broken, $(2): flags that name the package's headers
with_headers = $(subst -isystem $(B)/xen-abi,-isystem $(PACKAGES)/$(1),$(filter-out -MMD -MP,$(2)))
FACTS := ^(XEN_ABI|SAME)\b|HYPERCALL_LIST.CHECK
FACT_SRC := $(shell grep -lE '$(FACTS)' $(filter-out tests/%,$(C_FILES)))
syntax = @printf '%s\n' $(1) | xargs -P $(JOBS) -n 8 $(2) -fsyntax-only

$(PACKAGES)/%.stamp: tests/packages/headers.py $(C_FILES) $(H_FILES) | $(B)/xen-abi
	@tests/packages/headers.py $* $(B)/xen-abi/xen $(PACKAGES)/$*/xen
	@touch $@

# The layout of guests is the package's choice: the files that take it from the headers are built again with another,
# and their tests run.
CHOSEN := GUEST_[A-Z0-9_]*_(BASE|SIZE|SPI|PPI)|PSR_GUEST|SCTLR_GUEST
MOVED_OBJ := $(patsubst %.c,$(PACKAGES)/%.o,$(shell grep -lE '$(CHOSEN)' $(HOST_SRC)))
MOVED_TEST := $(patsubst tests/unit/%.c,$(PACKAGES)/%,$(shell grep -lE '$(CHOSEN)' $(TEST_SRC)))

$(PACKAGES)/%.o: %.c $(PACKAGES)/moved.stamp
	@mkdir -p $(@D)
	@$(HOST_CC) $(call with_headers,moved,$(C_HOST)) -c $< -o $@

$(PACKAGES)/libgraft.a: $(HOST_OBJ) $(MOVED_OBJ)
	@rm -f $@ && ar rcs $@ $(filter-out $(MOVED_OBJ:$(PACKAGES)/%=$(HOST)/%),$(HOST_OBJ)) $(MOVED_OBJ)

$(MOVED_TEST): $(PACKAGES)/%: $(PACKAGES)/tests/unit/%.o $(TEST_HELP_OBJ) $(PACKAGES)/libgraft.a
	@$(HOST_CC) $(C_HOST) $^ -lcmocka -lfdt -o $@

#: test-packages    builds against changed copies of libxen-dev's headers: which changes matter, and what is then said
.PHONY: test-packages test-packages-moved test-packages-broken
test-packages: test-packages-moved test-packages-broken
	@scripts/run-unit-tests $(MOVED_TEST)

test-packages-moved: $(PACKAGES)/moved.stamp $(BUILD_INFO) $(MOVED_TEST) | $(GUEST)/include
	$(call syntax,$(filter %.c,$(IMAGE_SRC)),$(ARM64_CC) $(call with_headers,moved,$(C_ARM64)) -I$(B)/gen)
	$(call syntax,$(wildcard tools/*.c),$(TOOL_CC-host) $(call with_headers,moved,$(C_TOOL)))

test-packages-broken: $(PACKAGES)/broken.stamp $(BUILD_INFO) | $(GUEST)/include
	@tests/packages/headers.py check $(filter-out tools/%,$(FACT_SRC)) -- \
		$(ARM64_CC) $(call with_headers,broken,$(C_ARM64)) -I$(B)/gen
	@tests/packages/headers.py check $(filter tools/%,$(FACT_SRC)) -- \
		$(TOOL_CC-host) $(call with_headers,broken,$(C_TOOL))
