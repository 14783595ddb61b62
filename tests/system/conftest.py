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
import snapshot  # noqa: E402

# Which begins the names of the logs: modules run side by side (scripts/run-pytest).
MODULE = os.environ.get("GRAFT_TEST_MODULE", "test")
HYPERVISOR = os.environ.get("GRAFT_HYPERVISOR", "graft")


def config(**changes):
	return qemu.Config(**{"hypervisor": HYPERVISOR, **changes})


def rounds(few, most):
	"""A test with an argument `rounds`: few in make test, most in make test-all."""
	return pytest.mark.parametrize("rounds", [few, pytest.param(most, marks=pytest.mark.long)])


class Machines:
	"""The machines of one test: named after it, closed after it, and shown when it fails."""

	def __init__(self, request):
		self.name = f"{request.module.__name__}-" + re.sub(r"[^\w.-]+", "-", request.node.name)
		self.machines = []
		request.node.stash[MACHINES] = self.machines

	def add(self, make, changes):
		suffix = f"-{len(self.machines)}" if self.machines else ""
		self.machines.append(make(config(**changes), self.name + suffix))
		return self.machines[-1]

	def close(self):
		for each in self.machines:
			each.close()


MACHINES = pytest.StashKey()


@pytest.fixture
def machines(request):
	each = Machines(request)
	yield each
	each.close()


@pytest.fixture
def start(machines):
	"""start(...) -> Machine that begins to boot, fields of qemu.Config as arguments; closed after the test."""
	return lambda **changes: machines.add(machine.Machine, changes)


@pytest.fixture
def ready(machines):
	"""ready(...) -> Machine at boot_quiet()'s prompt, restored from a snapshot: for tests that are not about the boot and whose
	machine others have too."""
	return lambda **changes: machines.add(snapshot.ready, changes)


class Shared:
	"""A machine that tests share: there when the first asks for it, and anew after one that failed, but not for ever.

	prepare(machine) -> what tests get: the machine itself, or something around it.
	begin(config, name) -> the machine at its prompt. A machine of one module is booted: to store it would cost more than
	it saves in one run."""

	BOOTS = 8
	in_use = []  # by the test that runs

	def __init__(self, name, machine_config, prepare=lambda booted: booted, begin=snapshot.boot):
		self.name = name
		self.config = machine_config
		self.prepare = prepare
		self.begin = begin
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
			pytest.fail(f"the shared machine broke {self.BOOTS} times: see {MODULE}-{self.name}-*.log", pytrace=False)
		self.machine = self.begin(self.config, f"{MODULE}-{self.name}-{self.boots}")
		self.machine.broken = True  # until it is prepared
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
	"""A failed test shows what its machines said last. What it left must not fail the next ones."""
	outcome = yield
	report = outcome.get_result()
	if report.failed:
		used = [*item.stash.get(MACHINES, []), *(holder.machine for holder in Shared.in_use if holder.machine)]
		report.sections += [(f"console of {each.log_path.stem}", each.seen()) for each in used
			if str(each.log_path) not in str(call.excinfo.value)]
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
	yield from shared_by(Shared("dom0", config(), begin=snapshot.ready))


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
	yield from shared_by(Shared("host", config(share=domu.default_share(), memory=4096), prepare_host, snapshot.ready))


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
	with snapshot.boot(config(hypervisor="xen"), f"{MODULE}-dom0-on-xen") as booted:
		yield booted


@pytest.fixture
def on_graft():
	if HYPERVISOR == "xen":
		pytest.skip("about Graft alone")
