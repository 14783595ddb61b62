# SPDX-License-Identifier: Apache-2.0
# compile_commands.json for clangd and other readers of the JSON Compilation Database format.

# make's own commands, asked for with --dry-run: what the recipes run is what is written. clang's for the image, since
# clangd does not know all of gcc's options.
#: compile-commands compile_commands.json at the top, for clangd: the commands of image, tools and unit tests
.PHONY: compile-commands
compile-commands: | $(B)/xen-abi $(GUEST)/include $(BUILD_INFO)
	@{ $(MAKE) --dry-run --always-make CC_FLAVOUR=clang image; $(MAKE) --dry-run --always-make tools $(TEST_BIN); } | \
		scripts/compile-commands >compile_commands.json.part
	@mv compile_commands.json.part compile_commands.json
