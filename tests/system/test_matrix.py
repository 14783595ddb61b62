# SPDX-License-Identifier: Apache-2.0
"""The processors, CPU counts and memory sizes that Graft must run on. Other tests boot what conftest.config() gives."""
import pytest

from test_toolstack import info, table


def long(*values):
	return pytest.param(*values, marks=pytest.mark.long)


def boot_and_use(machine):
	"""To the prompt, a look at what is there, a few seconds of timers and wake-ups, and off."""
	machine.boot_quiet()
	assert int(machine.check("nproc")) == machine.config.cpus
	found = info(machine)
	assert int(found["nr_cpus"]) == machine.config.cpus
	assert abs(int(found["total_memory"]) - machine.config.memory) <= machine.config.memory // 50
	assert len(table(machine.check("xl vcpu-list"))) == machine.config.cpus
	report = machine.check("/usr/lib/graft-test/graft-stress 3", limit=300)
	assert "graft-stress: passed" in report
	assert machine.poweroff() == 0


@pytest.mark.parametrize("cpu", [long("cortex-a57"), long("cortex-a72"), "max"])
def test_cpu_type(start, cpu):
	boot_and_use(start(cpu=cpu))


@pytest.mark.parametrize("cpus", [1, long(4), long(8)])
def test_cpu_count(start, cpus):
	boot_and_use(start(cpus=cpus))


@pytest.mark.parametrize("memory,dom0_memory", [long(2048, 1024), long(8192, 1024), (16384, 4096)])
def test_memory_size(start, memory, dom0_memory):
	boot_and_use(start(memory=memory, dom0_memory=dom0_memory))
