# SPDX-License-Identifier: Apache-2.0
"""A minute of everything at once: no interrupt is lost, no byte is wrong, and the clock keeps the host's time."""
import re
import time

import disk

SECONDS = 60
# One reading of the guest's clock takes a round trip on a serial line of a loaded, emulated machine.
READING_S = 1.0
MIB = 1 << 20


def uptime(machine):
	"""The guest's clock, and the host's at the middle of reading it."""
	before = time.monotonic()
	seconds = float(machine.check("cut -d' ' -f1 /proc/uptime"))
	after = time.monotonic()
	assert after - before < 10, "the machine takes too long to answer to tell anything about its clock"
	return seconds, (before + after) / 2


def interrupts(machine, name):
	"""How many interrupts of a device, all CPUs together."""
	line = next(line for line in machine.check("cat /proc/interrupts").splitlines() if name in line)
	return sum(int(field) for field in line.split()[1:1 + machine.config.cpus])


def test_minute_of_stress(start, tmp_path):
	image = disk.make(tmp_path / "disk", 16 * MIB)
	machine = start(disks=[image]).boot_quiet()
	guest_before, host_before = uptime(machine)
	interrupts_before = interrupts(machine, "virtio")

	machine.check("stress --cpu $(nproc) --io 1 --vm 1 --vm-bytes 64M >/tmp/stress.log 2>&1 & "
		"echo $! >/tmp/stress.pid")
	report = machine.check(f"/usr/lib/graft-test/graft-stress {SECONDS} /dev/vda", limit=5 * SECONDS)
	machine.check("kill $(cat /tmp/stress.pid)")

	guest_after, host_after = uptime(machine)
	drift = (guest_after - guest_before) - (host_after - host_before)
	assert abs(drift) < 2 * READING_S, f"the guest's clock is off by {drift:.2f} s"
	assert "graft-stress: passed" in report
	for name in ["timer 0", "timer 1", "wake-up 0-1", "disk read", "disk write"]:
		assert int(re.search(rf"{name} +(\d+) times", report)[1]) > 100, report
	assert interrupts(machine, "virtio") > interrupts_before + 100
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
	report = machine.check("/usr/lib/graft-test/graft-stress 10", limit=120)
	assert "graft-stress: passed" in report
	assert machine.poweroff() == 0
