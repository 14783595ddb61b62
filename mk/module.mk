# SPDX-License-Identifier: Apache-2.0
# The kernel module of linux/, for the kernel in the images, and in Dom0's initramfs; and one for tests.

MODULE := $(B)/linux/dt-overlay-configfs.ko
REFUSER := $(B)/linux-test/refuse-removal.ko

# The kernel's headers move with trixie-backports, so a new warning of theirs breaks no build; .ci/run refuses it.
KERNEL_WERROR ?=
# In a folder of its own, so that the sources stay clean and a kernel that moved on starts anew.
# $(1): the folder of the sources
build_module = @kernel=$$(images/make-headers) && rm -rf $(@D) && mkdir -p $(@D) && \
	echo "  KMOD  $@" && \
	$(MAKE) -s -C "$$kernel" M=$(CURDIR)/$(1) MO=$(CURDIR)/$(@D) \
		CONFIG_DEBUG_INFO_BTF_MODULES= CONFIG_PAHOLE_VERSION=0 KCFLAGS=$(KERNEL_WERROR) modules

$(MODULE): $(B)/images/base.stamp $(wildcard linux/*.c linux/*.h) linux/Kbuild $(MK_FILES) images/make-headers
	$(call build_module,linux)

$(REFUSER): $(B)/images/base.stamp $(wildcard tests/system/module/*) $(MK_FILES) images/make-headers
	$(call build_module,tests/system/module)

#: module           build/linux/dt-overlay-configfs.ko, for the kernel in the images
.PHONY: module
module: $(MODULE)

$(DOM0) $(DOMU): $(MODULE)

images: $(SHARE)/refuse-removal.ko
$(SHARE)/refuse-removal.ko: $(REFUSER)
	@mkdir -p $(@D)
	@cp $< $@.part && mv $@.part $@
