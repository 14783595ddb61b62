# SPDX-License-Identifier: Apache-2.0
# Formatting and static checks. Nothing here runs the program.

#: fmt              formats every C file
.PHONY: fmt
fmt:
	@clang-format -i $(C_FILES) $(H_FILES)

#: lint             formatting, style, the ABI's constants, cppcheck, headers that stand alone
.PHONY: lint lint-format lint-style lint-abi lint-cppcheck headers lint-clang
LINT := lint-format lint-style lint-abi lint-cppcheck headers
lint: $(LINT)
	@echo "lint: $(words $(LINT)) passed, 0 failed, 0 skipped"

# Another version of clang-format formats differently; what counts is that of the tool root's Debian.
CLANG_FORMAT := 19
lint-format:
	@clang-format --version | grep -q ' version $(CLANG_FORMAT)\.' || { echo "lint-format: $$(clang-format --version):" \
		"not checked, the sources have the form of clang-format $(CLANG_FORMAT)"; exit 0; }; \
		clang-format --dry-run --Werror $(C_FILES) $(H_FILES)

lint-style:
	@scripts/lint-style

lint-abi:
	@scripts/gen-abi --check

# A file is looked at again when it, a header of it or an option has changed.
lint-cppcheck:
	@mkdir -p $(B)/lint/cppcheck
	@cppcheck --quiet --std=c11 --enable=warning,portability --inline-suppr --error-exitcode=1 \
		-j$(JOBS) --cppcheck-build-dir=$(B)/lint/cppcheck --suppress=normalCheckLevelMaxBranches \
		--library=gnu "-D_Noreturn=__attribute__((noreturn))" -D__aarch64__ '-DBUILD_VERSION=""' '-DBUILD_CHANGESET=""' -Dstatic_assert=_Static_assert -I. -Iarch/arm64/include \
		$(filter-out linux/% arch/host/% tests/%,$(C_FILES))

# Each header compiles alone: the layers for both architectures, arch/X for its own.
H_LAYERS := $(filter-out tests/% tools/% linux/% arch/%,$(H_FILES))
HEADERS_ARM64 := $(patsubst %,$(B)/lint/arm64/%.ok,$(H_LAYERS) $(filter arch/arm64/%,$(H_FILES)))
HEADERS_HOST := $(patsubst %,$(B)/lint/host/%.ok,$(H_LAYERS) $(filter arch/host/%,$(H_FILES)))
alone = mkdir -p $(@D) && echo '\#include "$<"' | $(filter-out -MMD -MP,$(1)) -MD -MP -MF $@.d -MT $@ -c -x c - -o $@

$(B)/lint/arm64/%.ok: % $(MK_FILES) | $(B)/xen-abi
	@$(call alone,$(ARM64_CC) $(C_ARM64))
$(B)/lint/host/%.ok: % $(MK_FILES)
	@$(call alone,$(HOST_CC) -Iarch/host/include $(C_ALL))
headers: $(HEADERS_ARM64) $(HEADERS_HOST)

#: lint-clang       the image built by clang
lint-clang:
	@$(MAKE) CC_FLAVOUR=clang image
	@echo "clang: 1 passed, 0 failed, 0 skipped"

-include $(HEADERS_ARM64:=.d) $(HEADERS_HOST:=.d)
