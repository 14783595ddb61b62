# SPDX-License-Identifier: Apache-2.0
# Formatting and static checks. Nothing here runs the program.

#: fmt              formats every C file
.PHONY: fmt
fmt:
	@clang-format -i $(C_FILES) $(H_FILES)

#: lint             formatting, style, cppcheck, headers that stand alone, and the image built by clang
.PHONY: lint lint-format lint-style lint-abi lint-cppcheck headers lint-clang
lint: lint-format lint-style lint-abi lint-cppcheck headers lint-clang

lint-format:
	@clang-format --dry-run --Werror $(C_FILES) $(H_FILES)

lint-style:
	@scripts/lint-style

lint-abi:
	@scripts/gen-abi --check

lint-cppcheck:
	@cppcheck --quiet --std=c11 --enable=warning,portability --inline-suppr --error-exitcode=1 \
		--suppress=normalCheckLevelMaxBranches \
		--library=gnu "-D_Noreturn=__attribute__((noreturn))" -D__aarch64__ -Dstatic_assert=_Static_assert -I. -Iarch/arm64/include \
		$(filter-out linux/% arch/host/% tests/%,$(C_FILES))

# Each header compiles alone: the layers for both architectures, arch/X for its own.
C_HEADER := $(filter-out -MMD -MP,$(C_ALL)) -fsyntax-only -x c -
headers: | $(B)/xen-abi
	@for h in $(filter-out tests/% tools/% linux/% arch/host/%,$(H_FILES)); do \
		echo "#include \"$$h\"" | \
			$(ARM64_CC) $(filter-out -MMD -MP,$(C_ARM64)) -fsyntax-only -x c - || exit 1; \
	done
	@for h in $(filter-out tests/% tools/% linux/% arch/arm64/%,$(H_FILES)); do \
		echo "#include \"$$h\"" | $(HOST_CC) -Iarch/host/include $(C_HEADER) || exit 1; \
	done

lint-clang:
	@$(MAKE) CC_FLAVOUR=clang image
