# SPDX-License-Identifier: Apache-2.0
"""A kernel that dies in Dom0 harms Dom0 alone: its registers are shown, and the hypervisor lives on."""
import re

import machine as names

CRASH = "/usr/lib/graft-test/graft-shutdown 3"
REGISTERS = ["pc", "sp_el1", "x0", "x30"]
DEAD = [names.DOM0_PANIC, names.DOM0_CRASHED]


def expect_registers(machine):
	for register in REGISTERS:
		machine.expect(rf"(?i)\b{register}\b[ :=]+(0x)?[0-9a-f]{{8,16}}", allow=DEAD)


def test_hypervisor_answers_after_a_kernel_panic(ready):
	"""A panicked Arm kernel spins and tells nobody. The debug keys show where it is."""
	machine = ready()
	machine.type("echo c >/proc/sysrq-trigger")
	machine.expect(names.amid_log("end Kernel panic"), allow=DEAD)
	machine.child.send(names.SWITCH + "d")
	machine.expect(r"(?i)\bpc\b[ :=]+(0x)?[0-9a-f]{8,16}", allow=DEAD)
	machine.child.send("h")
	machine.expect(r"(?i)key '?h'?", allow=DEAD)
	log = machine.log_path.read_text(errors="replace")
	assert len(re.findall(r"\] " + names.DOM0_PANIC, log)) == 1


def test_kernel_panic_is_reported_once_with_registers(ready, on_graft):
	machine = ready()
	machine.type("echo c >/proc/sysrq-trigger")
	machine.expect(names.DOM0_PANICKED, allow=DEAD)
	expect_registers(machine)
	machine.expect(names.amid_log("end Kernel panic"), allow=DEAD)
	machine.child.send(names.SWITCH + "h")
	machine.expect("this list", allow=DEAD)
	assert len(re.findall(names.DOM0_PANICKED, machine.log_path.read_text(errors="replace"))) == 1


def test_crash_is_reported_once_with_registers(ready, on_graft):
	machine = ready()
	machine.type(CRASH)
	machine.expect(names.DOM0_CRASHED)
	expect_registers(machine)
	machine.child.send(names.SWITCH + "h")
	machine.expect("this list", allow=DEAD)
	assert len(re.findall(names.DOM0_CRASHED, machine.log_path.read_text(errors="replace"))) == 1


def test_a_fault_of_the_hypervisor_is_reported_with_names(ready, on_graft):
	machine = ready()
	machine.child.send(names.SWITCH + "C")
	fault = [names.DIED]
	machine.expect(r"Graft panic on CPU \d+: synchronous exception at EL2", allow=fault)
	machine.expect(r"esr [0-9a-f]{8} far [0-9a-f]{16}", allow=fault)
	machine.expect(r"pc [0-9a-f]{16} crash\+0x", allow=fault)
	machine.expect(r"x0 +[0-9a-f]{16}", allow=fault)
	machine.expect(r"from [0-9a-f]{16} irq_handle_pending\+0x", allow=fault)
	machine.expect("the machine needs a reset", allow=fault)


def test_machine_can_be_reset_after_a_crash(ready, on_graft):
	"""By Graft's own debug key, since nobody else is left to do it."""
	machine = ready()
	machine.type(CRASH)
	machine.expect(names.DOM0_CRASHED)
	machine.child.send(names.SWITCH + "R")
	machine.expect(names.amid_log(names.READY), names.BOOT_LIMIT, allow=DEAD)
