# SPDX-License-Identifier: Apache-2.0
# System tests: QEMU driven by pytest and pexpect.

#: test-system      boots Graft in QEMU and tests it (K=EXPRESSION selects tests, LONG=1: also the long ones, GRAFT_HYPERVISOR=xen: Xen instead)
.PHONY: test-system
K ?=
LONG ?=
test-system: $(if $(filter xen,$(GRAFT_HYPERVISOR)),,image) images
	@rm -f $(B)/test-logs/*.log
	@scripts/run-pytest system tests/system $(if $(K),-k "$(K)",$(if $(LONG),,-m "not long"))
