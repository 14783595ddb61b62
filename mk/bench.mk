# SPDX-License-Identifier: Apache-2.0
# Measurements. Others hang theirs on `bench` by a rule of their own: `bench: bench-NAME`.

#: bench            measures Graft and Debian's Xen under -icount, prints both and the ratio; no pass or fail
.PHONY: bench bench-system
bench: bench-system
bench-system: image images
	@PYTHONDONTWRITEBYTECODE=1 tests/bench/bench.py

# Blobs that bench-overlay measures with, as Dom0 finds them below /mnt/share.
BENCH_BLOBS := $(foreach n,1 10 100 1000 2000 4700,$(B)/share/bench-$(n).dtbo)
$(BENCH_BLOBS): $(B)/share/bench-%.dtbo: tests/bench/overlay-source
	@mkdir -p $(@D)
	@$< $* | dtc -q -@ -I dts -O dtb -o $@ -
bench-system: $(BENCH_BLOBS)
