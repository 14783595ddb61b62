# SPDX-License-Identifier: Apache-2.0
# core/version.c and tools/version.c say which version this is and from which source it was built.

BUILD_INFO := $(B)/gen/build_info.h

.PHONY: build-info
$(BUILD_INFO): build-info
	@mkdir -p $(@D)
	@scripts/build-info >$@.new
	@if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi

$(IMG)/core/version.o $(HOST)/core/version.o: $(BUILD_INFO)
$(IMG)/core/version.o: C_ARM64 += -I$(B)/gen
$(HOST)/core/version.o: C_HOST += -I$(B)/gen
