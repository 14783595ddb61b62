# SPDX-License-Identifier: Apache-2.0
"""Everything at once: no interrupt is lost, no byte is wrong, and the clock keeps the host's time."""
import re
import time

import pytest

import disk

MIB = 1 << 20


def offset(machine):
	"""How far the guest's clock is from the host's, and how far that may be wrong: the quickest of some readings."""
	readings = []
	for _ in range(10):
		before = time.monotonic()
		seconds = float(machine.check("cut -d' ' -f1 /proc/uptime"))
		after = time.monotonic()
		readings.append(((after - before) / 2, seconds - (before + after) / 2))
	error, value = min(readings)
	return value, error


def interrupts(machine, name):
	"""How many interrupts of a device, all CPUs together."""
	line = next(line for line in machine.check("cat /proc/interrupts").splitlines() if name in line)
	return sum(int(field) for field in line.split()[1:1 + machine.config.cpus])


@pytest.mark.parametrize("seconds", [12, pytest.param(60, marks=pytest.mark.long)])
def test_stress(start, tmp_path, seconds):
	image = disk.make(tmp_path / "disk", 16 * MIB)
	machine = start(disks=[image]).boot_quiet()
	before, error_before = offset(machine)
	interrupts_before = interrupts(machine, "virtio")

	machine.check("stress --cpu $(nproc) --io 1 --vm 1 --vm-bytes 64M >/tmp/stress.log 2>&1 & true")
	report = machine.check(f"/usr/lib/graft-test/graft-stress {seconds} /dev/vda", limit=600)
	machine.check("killall stress")

	after, error_after = offset(machine)
	drift = after - before
	assert abs(drift) < 1 + error_before + error_after, f"the guest's clock is off by {drift:.2f} s"
	assert "graft-stress: passed" in report
	for name in ["timer 0", "timer 1", "wake-up 0-1", "disk read", "disk write"]:
		assert int(re.search(rf"{name} +(\d+) times", report)[1]) > seconds, report
	assert interrupts(machine, "virtio") > interrupts_before + seconds
	dmesg = machine.check("dmesg")
	assert not re.search(r"\b(stalls?|lockup|LOCKUP|hung task|I/O error|nobody cared|timed out|WARNING|BUG)\b", dmesg), dmesg
	assert machine.poweroff() == 0
	assert disk.check_untouched(image)


def test_more_vcpus_than_cpus(start):
	"""Preemption: four vCPUs on two CPUs all get on, for as long as they are busy."""
	machine = start(options="dom0_max_vcpus=4").boot_quiet()
	assert machine.check("nproc") == "4"
	assert len(machine.check("xl vcpu-list").splitlines()) == 1 + 4
	machine.check("stress --cpu 4 --timeout 15 >/dev/null & true")
	report = machine.check("/usr/lib/graft-test/graft-stress 10", limit=300)
	assert "graft-stress: passed" in report
	assert machine.poweroff() == 0
