# SPDX-License-Identifier: Apache-2.0
# Dom0 and a guest: kernel and packages from Debian (images/make-base), our /init and test programs on top.
# A kernel module or graftctl that $(DOM0) is made to depend on comes along.

GUEST := $(B)/guest
DOM0 := $(B)/images/dom0.cpio.lz4
# What Dom0 sees below /mnt/share: guests, and what tests put there. The kernel lies there a second time, since
# the share must not have links that lead out of it.
SHARE := $(B)/share
DOMU := $(SHARE)/domu.cpio.lz4
GUEST_SRC := $(wildcard tests/system/guest/*.c tests/bench/guest/*.c)
GUEST_BIN := $(addprefix $(GUEST)/,$(notdir $(GUEST_SRC:.c=)))
DOMU_BIN := $(filter $(GUEST)/bench-% $(GUEST)/graft-debug,$(GUEST_BIN))
# <xen/privcmd.h> of Linux asks for the kernel's own path of Xen's headers, which expect fixed-width types.
GUEST_CC := aarch64-linux-gnu-gcc -std=gnu17 -D_GNU_SOURCE -I. -O2 -g -static -pthread $(WARN) -isystem $(GUEST)/include -include stdint.h

.PHONY: images guest-base
images: $(DOM0) $(DOMU) $(SHARE)/Image

# The folder in the cache, under a name that stays; the stamp is newer only when it is another folder.
guest-base: ;
$(B)/images/base.stamp: guest-base
	@mkdir -p $(@D)
	@base=$$(images/make-base) && ln -sfn "$$base" $(B)/images/base && \
		{ [ "$$(cat $@ 2>/dev/null)" = "$$base" ] || echo "$$base" >$@; }

$(GUEST)/include:
	@mkdir -p $@/xen && ln -sfn "$(XEN_HEADERS)" $@/xen/interface

vpath %.c tests/system/guest tests/bench/guest
$(GUEST_BIN): $(GUEST)/%: %.c $(MK_FILES) | $(GUEST)/include
	@mkdir -p $(@D)
	@echo "  GUEST $<"
	@$(GUEST_CC) $< -o $@

$(DOM0): $(B)/images/base.stamp $(GUEST_BIN) $(shell find images/dom0 -type f) images/pack-top
	@images/pack-top dom0 $(B)/images/base/base.cpio.lz4 $@ $(GUEST_BIN) $(filter %.ko %/graftctl,$^)

$(DOMU): $(B)/images/base.stamp $(DOMU_BIN) $(shell find images/domu -type f) images/pack-top
	@mkdir -p $(@D)
	@images/pack-top domu $(B)/images/base/domu.cpio.lz4 $@ $(DOMU_BIN) $(filter %.ko,$^)

$(SHARE)/Image: $(B)/images/base.stamp
	@mkdir -p $(@D)
	@cp --reflink=auto $(B)/images/base/Image $@.part && mv $@.part $@
