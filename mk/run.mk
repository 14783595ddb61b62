# SPDX-License-Identifier: Apache-2.0
# Booting: the demonstration, a shell, a debugger. QEMU_ARGS goes to scripts/qemu.py (`--help` lists).

QEMU_ARGS ?=

#: demo             boots Graft with Debian as Dom0; overlays bring it a disk and two guests a UART; powers off
.PHONY: demo
demo: image images
	@PYTHONDONTWRITEBYTECODE=1 scripts/demo.py

#: shell            leaves you at Dom0's prompt; Ctrl-A X leaves (QEMU_ARGS="--cpus 4 --hypervisor xen" ...)
.PHONY: shell
shell: image images
	@exec scripts/qemu.py $(QEMU_ARGS)

#: gdb              starts QEMU halted, with gdb attached to Graft
.PHONY: gdb
gdb: image images
	@exec gdb-multiarch -q -x scripts/gdbinit
