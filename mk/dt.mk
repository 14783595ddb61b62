# SPDX-License-Identifier: Apache-2.0
# What the device tree engine's tests need beside the unit tests themselves: sources compiled by dtc.

# The tests look there, whatever B is.
DTS_OUT := build/host/dts
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

# A machine's own tree, from the machine.
$(DTS_OUT)/qemu-virt.dtb:
	@mkdir -p $(@D)
	@qemu-system-aarch64 -M virt,virtualization=on,gic-version=3,iommu=smmuv3,dumpdtb=$@ \
		-cpu cortex-a57 -smp 2 -m 3G -nographic -nic none >/dev/null 2>&1

# Outside the tool root there need not be a QEMU; the test of its tree is then skipped.
test-unit: | $(DTS_BIN) $(if $(NATIVE),,$(DTS_OUT)/qemu-virt.dtb)

# ---- fuzzing: each target for FUZZ_S seconds, beginning with Debian's own trees and overlays ----

FUZZ_S ?= 60
FUZZ := $(B)/fuzz
FUZZ_TARGETS := blob overlay resource hypercall
FUZZ_CC := clang -std=c17 -g -O1 -fno-common -fno-strict-aliasing $(WARN) -I. \
	-fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all

$(FUZZ)/fuzz_%: tests/fuzz/fuzz_%.c tests/fuzz/fuzz.h tests/must.h $(wildcard dt/*.c dt/*.h)
	@mkdir -p $(@D)
	@echo "  FUZZ  $<"
	@$(FUZZ_CC) $(filter %.c,$^) -o $@

# Large trees teach a fuzzer little and slow it down.
$(FUZZ)/seeds.stamp: $(B)/images/base.stamp $(DTS_BIN)
	@rm -rf $(FUZZ)/seeds-* && mkdir -p $(FUZZ)/seeds-blob $(FUZZ)/seeds-overlay $(FUZZ)/seeds-hypercall
	@cd $(FUZZ) && dtb=$$(echo ../images/base/root/usr/lib/modules/*/dtb) && \
		find $$dtb/ -name '*.dtbo' -size -32k -exec cp -t seeds-overlay {} + && \
		find $$dtb/ -name '*.dtb' -size -16k -exec cp -t seeds-blob {} + && \
		cp ../host/dts/*.dtb seeds-blob && \
		for f in ../host/dts/good/*.dtb ../host/dts/bad/*.dtb; do \
			cp $$f seeds-overlay/test-$$(basename $$f); done && \
		cp seeds-overlay/test-* seeds-blob && ln -sfn seeds-blob seeds-resource && \
		gzip -n9c ../host/dts/*.dtb | split -b 3000 - seeds-hypercall/noise-
	@touch $@

#: fuzz             libFuzzer on blobs, overlays, resources and hypercalls, FUZZ_S=60 seconds each
.PHONY: fuzz $(FUZZ_TARGETS:%=fuzz-%)
fuzz: $(FUZZ_TARGETS:%=fuzz-%)
	@echo "fuzz: $(words $^) passed, 0 failed, 0 skipped"
$(FUZZ_TARGETS:%=fuzz-%): fuzz-%: $(FUZZ)/fuzz_% $(FUZZ)/seeds.stamp
	@echo "  FUZZ  $* for $(FUZZ_S) s"
	@mkdir -p $(FUZZ)/corpus-$*
	@$< -max_total_time=$(FUZZ_S) -max_len=65536 -timeout=10 -rss_limit_mb=2048 -verbosity=0 \
		-print_final_stats=1 -artifact_prefix=$(FUZZ)/$*- $(FUZZ)/corpus-$* $(FUZZ)/seeds-$* \
		>$(FUZZ)/$*.log 2>&1 || \
		{ tail -60 $(FUZZ)/$*.log; echo "FAILED fuzz: $* found something: $(FUZZ)/$*-*"; \
			echo "  command: $< FILE"; echo "  log: $(FUZZ)/$*.log"; exit 1; }
	@echo "  FUZZ  $*: $$(sed -n 's/^stat::number_of_executed_units: *//p' $(FUZZ)/$*.log) executed"

# ---- proofs: CBMC on the cursor and the parser; docs/engine.md says what is proved and how far ----

# NAME-BOUND: no loop runs more often with the sizes that the proof chooses, which is itself checked.
PROOFS := span-14 step-26 header-14 check-22
CBMC := cbmc --function harness -I. --unwinding-assertions --object-bits 12 --no-standard-checks \
	--bounds-check --pointer-check --pointer-overflow-check --signed-overflow-check \
	--unsigned-overflow-check --undefined-shift-check --drop-unused-functions
# Proofs that go one layer deep, NAME-BOUND again: what they do not go into is replaced by a model_NAME of their own.
LAYERS_PROVED := size-4 root-20 walk-6 nodes-6 find-7 value-18 place-16
MODELS-size := span_u32 span_string
MODELS-walk := dtb_step
MODELS-nodes := dtb_next dtb_root dtb_prop dtb_list_has
MODELS-find := dtb_name dtb_root dtb_first_child dtb_next_sibling
MODELS-value := dtb_prop dtb_parent dtb_list_has
MODELS-place := dt_arena_alloc dt_stage_arena_of
# Which the usual solver does not end with. Debian's cbmc is built without CaDiCaL, so that it is called as a program.
SOLVER-size := --external-sat-solver cadical
SOLVER-walk := --external-sat-solver cadical
# NAME of NAME-BOUND, and BOUND.
name = $(firstword $(subst -, ,$1))
bound = $(lastword $(subst -, ,$1))
PROOFS_ALL := $(PROOFS) $(LAYERS_PROVED)
PROOF_STATES := $(foreach p,$(PROOFS_ALL),$(call name,$p).state)
# Proofs of half a minute each: `make test` proves them even when no record says that they held.
PROVE_QUICK := span step
export PROVE PROVE_QUICK

#: prove            CBMC proves the cursor and the parser safe (docs/engine.md has the bounds): what changed since it held
#: prove-all        the same, whatever held before
.PHONY: prove prove-all prove-quick prove-each $(PROOFS_ALL:%=prove-%)
prove prove-all prove-quick: prove-each
	@cd $(B)/prove && count() { { grep -lx $$1 $(PROOF_STATES) || true; } | wc -l; } && \
		echo "prove: $$(count passed) passed, 0 failed, $$(count skipped) skipped"
prove-all: PROVE := all
prove-quick: PROVE := quick
prove-each: $(PROOFS_ALL:%=prove-%)

$(PROOFS:%=prove-%): prove-%:
	@scripts/prove $(call name,$*) "" $(CBMC) --unwind $(call bound,$*)
$(LAYERS_PROVED:%=prove-%): prove-%:
	@scripts/prove $(call name,$*) "$(MODELS-$(call name,$*))" \
		$(CBMC) --slice-formula $(SOLVER-$(call name,$*)) --unwind $(call bound,$*)

# ---- the engine beside libfdt ----

$(B)/host/bench-dt: tests/bench/dt.c $(wildcard dt/*.c dt/*.h)
	@mkdir -p $(@D)
	@echo "  HOST  $<"
	@gcc $(filter-out -MMD -MP,$(C_ALL)) -O2 $(filter %.c,$^) -lfdt -o $@

#: bench-dt         the overlay engine and libfdt on the same blobs: times, ratio, memory
.PHONY: bench-dt
bench: bench-dt
bench-dt: $(B)/host/bench-dt
	@$<
