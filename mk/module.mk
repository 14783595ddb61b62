# SPDX-License-Identifier: Apache-2.0
# The kernel module of linux/, for the kernel in the images, and in Dom0's initramfs.

MODULE := $(B)/linux/dt-overlay-configfs.ko
MODULE_SRC := $(wildcard linux/*.c linux/*.h) linux/Kbuild

# In a folder of its own, so that the sources stay clean and a kernel that moved on starts anew.
$(MODULE): $(B)/images/base.stamp $(MODULE_SRC) $(MAKEFILE_LIST) images/make-headers
	@kernel=$$(images/make-headers) && rm -rf $(@D) && mkdir -p $(@D) && \
		echo "  KMOD  $@" && \
		$(MAKE) -s -C "$$kernel" M=$(CURDIR)/linux MO=$(CURDIR)/$(@D) \
			CONFIG_DEBUG_INFO_BTF_MODULES= CONFIG_PAHOLE_VERSION=0 KCFLAGS=-Werror modules

#: module           build/linux/dt-overlay-configfs.ko, for the kernel in the images
.PHONY: module
module: $(MODULE)

$(DOM0) $(DOMU): $(MODULE)
