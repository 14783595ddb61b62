# SPDX-License-Identifier: Apache-2.0
#
# `make help` lists the targets. Outside the tool root (scripts/toolroot) every target runs itself again inside it, but
# for test-unit where the distribution has what that needs; inside, the fragments in mk/ build, test and run. A folder
# of sources is a layer; a new file in one needs no change here.

.DEFAULT_GOAL := image
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules --no-print-directory
export GRAFT_CACHE ?= $(CURDIR)/build/cache
JOBS ?= $(shell nproc)

.PHONY: help clean
help:
	@grep -hE '^#: ' Makefile mk/*.mk | sed 's/^#: /  /'

#: clean            removes what was built; keeps the cache (tool root, guest images)
clean:
	@[ ! -d build ] || find build -mindepth 1 -maxdepth 1 ! -name cache -exec rm -rf {} +

# The folder of Xen's headers where `make test-unit` alone is asked for and needs no tool root (scripts/native).
GOALS := $(or $(MAKECMDGOALS),$(.DEFAULT_GOAL))
NATIVE := $(if $(wildcard /etc/graft-toolroot)$(filter-out test-unit,$(GOALS)),,$(shell scripts/native))

ifeq ($(wildcard /etc/graft-toolroot)$(NATIVE),)
outside := $(filter-out help clean,$(GOALS))
.PHONY: $(outside) in-tool-root
$(outside): in-tool-root
	@:
# Variables of the command line travel as make itself hands them on, quoted, behind "-- ".
in-tool-root:
	@case "$$MAKEFLAGS" in *"-- "*) vars="-- $${MAKEFLAGS#*-- }" ;; *) vars= ;; esac; \
		scripts/toolroot run env "MAKEFLAGS=$$vars" make -j$(JOBS) $(outside)
else

B := $(if $(NATIVE),build/native,build)
CC_FLAVOUR ?= gcc

# The compilers of the tool root stay those of one Debian release, so a warning there is a fault of the source. Another
# compiler may know new ones: these are shown and break no build.
WERROR ?= $(if $(NATIVE),,-Werror)
WARN := -Wall -Wextra $(WERROR) -Wshadow -Wconversion -Wundef -Wvla -Wmissing-prototypes \
	-Wstrict-prototypes -Wimplicit-fallthrough
C_ALL := -std=c17 -g -fno-common -fno-strict-aliasing $(WARN) -Dstatic_assert=_Static_assert -MMD -MP -I.

LAYERS := lib dt core assign hypercall drivers
C_FILES := $(sort $(shell find $(wildcard $(LAYERS) arch tools linux tests) -name '*.c'))
H_FILES := $(sort $(shell find $(wildcard $(LAYERS) arch tools linux include tests) -name '*.h'))

# Prerequisites of objects. MAKEFILE_LIST would also name the .d files that a fragment includes.
MK_FILES := Makefile $(sort $(wildcard mk/*.mk))
include $(sort $(wildcard mk/*.mk))

#: test             all that a change must pass: unit tests, lint, tools, quick proofs, seconds of fuzzing, system tests
#: test-all         the same with every proof, a minute of each fuzzer, every overlay (oracle, graftctl), clang, long system tests
.PHONY: test test-all
TEST := build="image images tools" unit=test-unit packages=test-packages lint=lint
test:
	@scripts/run-parts $(TEST) tools=test-tools oracle="oracle EVERY=37" proofs=prove-quick fuzz="fuzz FUZZ_S=5" system=test-system
test-all:
	@scripts/run-parts $(TEST) tools="test-tools LONG=1" oracle=oracle clang=lint-clang proofs=prove-all fuzz=fuzz system="test-system LONG=1"
endif
