# SPDX-License-Identifier: Apache-2.0
"""poweroff and reboot in Dom0 end and reset the machine."""
import machine as names


def test_poweroff_ends_the_machine(ready):
	machine = ready()
	assert machine.poweroff() == 0


def test_reboot_resets_the_machine(ready):
	machine = ready()
	machine.type("reboot -f")
	machine.expect(names.amid_log(names.READY), names.BOOT_LIMIT)
	machine.expect(names.amid_log(names.PROMPT))
	assert machine.poweroff() == 0


def test_reboot_ends_a_machine_that_may_not_reboot(start):
	machine = start(extra=["-no-reboot"]).boot_quiet()
	machine.type("reboot -f")
	assert machine.expect_end() == 0
