# SPDX-License-Identifier: Apache-2.0
"""Dom0's CPUs, where the interrupt controller has their redistributors in several regions."""
import hotplug
from conftest import config

REDISTRIBUTOR = 0x20000
# Of QEMU's machine `virt`: the distributor, the one region that it has.
GICD, GICD_SIZE = 0x08000000, 0x10000
GICR, GICR_SIZE = 0x080a0000, 0xf60000


def split_tree(folder, machine_config, first):
	"""The machine's tree, in which so many redistributors are a region and the others another."""
	tree = hotplug.machine_tree(machine_config, folder, without=[])
	split = first * REDISTRIBUTOR
	reg = [GICD, GICD_SIZE, GICR, split, GICR + split, GICR_SIZE - split]
	hotplug.run("fdtput", "-t", "x", tree, hotplug.GIC, "#redistributor-regions", "2")
	hotplug.run("fdtput", "-t", "x", tree, hotplug.GIC, "reg", *[f"{cell:x}" for value in reg for cell in (0, value)])
	return tree


def test_redistributors_in_two_regions(start, on_graft, tmp_path):
	"""One CPU's in the first, three CPUs' in the second: Dom0's kernel finds one for each of its vCPUs."""
	tree = split_tree(tmp_path, config(cpus=4), 1)
	machine = start(cpus=4, dtb=tree).boot_quiet()
	assert machine.check("nproc") == "4"
	log = machine.xl_dmesg()
	assert "2 redistributor regions" in log
	assert "CPUs 0-3: Cortex-A57" in log
	assert machine.poweroff() == 0
