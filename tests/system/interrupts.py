# SPDX-License-Identifier: Apache-2.0
"""/proc/interrupts by the number that the interrupt has at its GIC: the kernel is free in how it names GIC and driver."""
import re


def counts(text, intid):
	"""How many interrupts INTID each CPU took; None if the kernel has no handler for it."""
	line = re.search(rf"^ *\d+:((?: +\d+)+) +GIC\S* +{intid} ", text, re.M)
	return line and [int(number) for number in line[1].split()]


def taken(machine, intid):
	"""How many interrupts INTID the kernel took, all CPUs together; None if it has no handler for it."""
	each = counts(machine.check("cat /proc/interrupts"), intid)
	return each and sum(each)
