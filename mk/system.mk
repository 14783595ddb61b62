# SPDX-License-Identifier: Apache-2.0
# System tests: QEMU driven by pytest and pexpect.

#: test-system      boots Graft in QEMU and tests it (K=EXPRESSION selects tests, GRAFT_HYPERVISOR=xen: Xen instead)
.PHONY: test-system
K ?=
test-system: $(if $(filter xen,$(GRAFT_HYPERVISOR)),,image) images
	@rm -rf $(B)/test-logs
	@cd tests/system && PYTHONDONTWRITEBYTECODE=1 python3 -m pytest -v $(if $(K),-k "$(K)")
