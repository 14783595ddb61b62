# SPDX-License-Identifier: Apache-2.0
# What the device tree engine's tests need beside the unit tests themselves: sources compiled by dtc.

DTS_OUT := $(B)/host/dts
DTS_SRC := $(shell find tests/dts -name '*.dts' -o -name '*.dtso')
DTS_BIN := $(patsubst tests/dts/%,$(DTS_OUT)/%.dtb,$(basename $(DTS_SRC)))

# Malformed ones are written by hand, down to __fixups__: dtc must neither add nor refuse anything.
$(DTS_OUT)/bad/%.dtb: tests/dts/bad/%.dts
	@mkdir -p $(@D)
	@dtc -q -f -I dts -O dtb -o $@ $< 2>/dev/null

$(DTS_OUT)/%.dtb: tests/dts/%.dts
	@mkdir -p $(@D)
	@dtc -q -@ -I dts -O dtb -o $@ $<

$(DTS_OUT)/%.dtb: tests/dts/%.dtso
	@mkdir -p $(@D)
	@dtc -q -@ -I dts -O dtb -o $@ $<

test-unit: | $(DTS_BIN)
