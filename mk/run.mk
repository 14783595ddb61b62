# SPDX-License-Identifier: Apache-2.0
# Booting: the demonstration, a shell, a debugger.

#: shell            leaves you at Dom0's prompt under Graft; Ctrl-A X leaves (QEMU_ARGS: of scripts/qemu.py)
.PHONY: shell
shell: image images
	@scripts/qemu.py $(QEMU_ARGS)
