# SPDX-License-Identifier: Apache-2.0
"""Hypercalls that are wrong are refused with the code that says how, and harm nobody."""
import pytest

EFAULT, ENOSYS = -14, -38
XEN_VERSION, MEMORY_OP, GRANT_TABLE_OP, EVENT_CHANNEL_OP, SYSCTL, DOMCTL = 17, 12, 20, 32, 35, 36
# Unmapped: near zero, the top of user space, the gap between the halves, the ends of the linear map and of all.
NOWHERE = [0x8, 0xFFFFFFFFF000, 0x1000000000000, 0xFFFF7FFFFFFFF000, 0xFFFFFFFFFFFFFFF8]


def hypercall(machine, *numbers):
	return int(machine.check("/usr/lib/graft-test/graft-hypercall " + " ".join(str(n) for n in numbers)))


def test_version_is_xens(dom0):
	assert hypercall(dom0, XEN_VERSION, 0, 0) == 4 << 16 | 20


@pytest.mark.parametrize("number", [15, 50, 55, 63, 64, 4096, 0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF])
def test_unknown_hypercall(dom0, number):
	assert hypercall(dom0, number, 0, 0) == ENOSYS


def test_unknown_command(dom0):
	assert hypercall(dom0, XEN_VERSION, 4711, 0) == ENOSYS
	assert hypercall(dom0, EVENT_CHANNEL_OP, 4711, 0) == ENOSYS


@pytest.mark.parametrize("pointer", NOWHERE, ids=hex)
@pytest.mark.parametrize("call", [(XEN_VERSION, 1), (XEN_VERSION, 6), (EVENT_CHANNEL_OP, 5), (MEMORY_OP, 7)],
	ids=["extraversion", "get_features", "status", "add_to_physmap"])
def test_bad_pointer(dom0, call, pointer):
	assert hypercall(dom0, *call, pointer) == EFAULT


@pytest.mark.parametrize("pointer", NOWHERE, ids=hex)
@pytest.mark.parametrize("number", [SYSCTL, DOMCTL])
def test_bad_pointer_of_a_control_call(dom0, number, pointer):
	assert hypercall(dom0, number, pointer) == EFAULT


@pytest.mark.parametrize("pointer", NOWHERE, ids=hex)
def test_bad_pointer_of_an_array(dom0, pointer):
	assert hypercall(dom0, GRANT_TABLE_OP, 6, pointer, 1) == EFAULT


def test_all_is_well_afterwards(dom0):
	assert dom0.check("xl list")
	assert hypercall(dom0, XEN_VERSION, 0, 0) == 4 << 16 | 20
