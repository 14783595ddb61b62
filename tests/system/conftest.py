# SPDX-License-Identifier: Apache-2.0
"""Fixtures: machines with Graft, or with what GRAFT_HYPERVISOR names (xen: Debian's own, to test the tests)."""
import os
import pathlib
import re
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts"))

import domu  # noqa: E402
import machine  # noqa: E402
import qemu  # noqa: E402

HYPERVISOR = os.environ.get("GRAFT_HYPERVISOR", "graft")


def config(**changes):
	return qemu.Config(**{"hypervisor": HYPERVISOR, **changes})


@pytest.fixture
def start(request):
	"""start(...) -> Machine, fields of qemu.Config as arguments; closed after the test."""
	machines = []

	def start(**changes):
		name = re.sub(r"[^\w.-]+", "-", request.node.name)
		suffix = f"-{len(machines)}" if machines else ""
		machines.append(machine.Machine(config(**changes), f"{request.module.__name__}-{name}{suffix}"))
		return machines[-1]

	yield start
	for each in machines:
		each.close()


class Shared:
	"""A machine that tests share: booted when the first asks for it, and anew after one that failed, but not for ever.

	prepare(machine) -> what tests get: the machine itself, or something around it."""

	BOOTS = 8
	in_use = []  # by the test that runs

	def __init__(self, name, machine_config, prepare=lambda booted: booted):
		self.name = name
		self.config = machine_config
		self.prepare = prepare
		self.machine = self.prepared = None
		self.boots = 0

	def get(self):
		if self.machine is None or self.machine.broken:
			self.boot()
		Shared.in_use.append(self)
		return self.prepared

	def boot(self):
		self.close()
		self.boots += 1
		if self.boots > self.BOOTS:
			pytest.fail(f"the shared machine broke {self.BOOTS} times: see {self.name}-*.log", pytrace=False)
		self.machine = machine.Machine(self.config, f"{self.name}-{self.boots}")
		self.machine.broken = True  # until it is ready
		self.machine.boot_quiet()
		self.prepared = self.prepare(self.machine)
		self.machine.broken = False

	def spoil(self):
		if self.machine is not None:
			self.machine.broken = True

	def close(self):
		if self.machine is not None:
			self.machine.close()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
	"""What a failed test left must not fail the next ones."""
	outcome = yield
	if outcome.get_result().failed:
		for holder in Shared.in_use:
			holder.spoil()
	if call.when == "teardown":
		Shared.in_use.clear()


def shared_by(holder):
	"""For a fixture of a module or a session: yield from."""
	yield holder
	holder.close()


@pytest.fixture(scope="session")
def shared():
	yield from shared_by(Shared("dom0", config()))


@pytest.fixture
def dom0(shared):
	"""One booted machine for all tests that only look."""
	return shared.get()


def prepare_host(booted):
	domu.Guest(booted, "first").create("-p").destroy()  # Dom0's own tables grow once
	domu.wait_alone(booted)
	return booted


@pytest.fixture(scope="session")
def shared_host():
	yield from shared_by(Shared("host", config(share=domu.default_share(), memory=4096), prepare_host))


@pytest.fixture
def host(shared_host):
	"""One booted machine for all tests that make guests, without any at the start of each. Whatever a test does,
	all memory is free again when its guests are destroyed."""
	booted = shared_host.get()
	before = domu.info(booted)[0]
	yield booted
	if booted.broken:
		return
	domu.destroy_all(booted)
	domu.wait_free(booted, before)


@pytest.fixture
def xen_dom0():
	"""Debian's Xen, booted the same way: what a guest does there is no fault of Graft."""
	with machine.Machine(config(hypervisor="xen"), "dom0-on-xen") as booted:
		yield booted.boot_quiet()


@pytest.fixture
def on_graft():
	if HYPERVISOR == "xen":
		pytest.skip("about Graft alone")
