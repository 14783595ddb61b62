# SPDX-License-Identifier: Apache-2.0
"""The tests that Debian ships with the toolstack do at least as well as on its own Xen."""
import re

import pytest

import domu

BIN = "/usr/lib/xen-4.20/bin/"


def outcome(machine, name):
	"""(status, lines that tell of a failure, without numbers)"""
	result = machine.run(BIN + name, limit=300)
	failures = [line for line in result.output.splitlines() if re.search(r"fail|error", line, re.I)]
	return result.status, {re.sub(r"0x[0-9a-f]+|\d+", "N", line) for line in failures}


@pytest.fixture(scope="module")
def on_xen():
	"""What each says on Debian's Xen, in one boot."""
	import conftest
	import machine
	with machine.Machine(conftest.config(hypervisor="xen", share=domu.default_share()), "debian-on-xen") as booted:
		booted.boot_quiet()
		return {name: outcome(booted, name) for name in ["test-resource", "test-paging-mempool", "test-xenstore -r 1"]}


@pytest.mark.parametrize("name", ["test-resource", "test-paging-mempool", "test-xenstore -r 1"])
def test_debians(host, on_xen, name):
	status, failures = outcome(host, name)
	assert failures <= on_xen[name][1]
	assert status == 0 or status == on_xen[name][0]
