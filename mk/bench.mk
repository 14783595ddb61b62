# SPDX-License-Identifier: Apache-2.0
# Measurements. Others hang theirs on `bench` by a rule of their own: `bench: bench-NAME`.

#: bench            measures Graft and Debian's Xen under -icount, prints both and the ratio; no pass or fail
.PHONY: bench bench-system
bench: bench-system
bench-system: image images
	@PYTHONDONTWRITEBYTECODE=1 tests/bench/bench.py
