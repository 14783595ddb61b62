# SPDX-License-Identifier: Apache-2.0
"""tests/guest/checks: what the architecture promises of timers, interrupts, caches, debug and PSCI, as a guest and as Dom0."""
import re

import domu
import pytest
import qemu

LIMIT = 300


@pytest.mark.parametrize("cpu", ["cortex-a57", "cortex-a76", "max"])
def test_as_dom0(start, on_graft, cpu):
	machine = start(cpu=cpu, kernel=str(qemu.SHARE / "checks"), initrd=None, memory=1024, dom0_memory=256)
	end = machine.expect(r"checks: end, (\w+) (passed|failed)", LIMIT)  # the console gives a line in pieces
	assert re.findall(r"checks: FAIL (\S+)", machine.child.before) == []
	assert end[1] == "all"
	assert machine.expect_end() == 0


@pytest.mark.parametrize("config", [{"memory": 64}, {"memory": 512, "cpus": "1"}], ids=["small", "large-on-one-cpu"])
def test_as_a_guest(host, config):
	"""It powers off when all passed, and crashes when not: guest_loglvl=all shows of what. Both vCPUs on one CPU: what
	Graft does for one of them, such as cleaning 512 MiB, must not keep the other waiting."""
	guest = domu.Guest(host, "checks", kernel=domu.SHARED + "checks", ramdisk=None, vcpus=2, extra=None,
		on_poweroff="preserve", on_crash="preserve", **config).create()
	for _ in range(2 * LIMIT):
		if set(guest.state()) & set("scd"):
			break
		host.check("sleep 0.5")
	assert guest.state() == "s"
	guest.destroy()
