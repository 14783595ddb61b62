# SPDX-License-Identifier: Apache-2.0
"""A machine with devices that its device tree does not name, and overlays that bring them.

The device is the virtio-mmio transport that QEMU's first disk sits on. It shares a page with seven others, so all
eight are taken out of the tree.
"""
import dataclasses
import pathlib
import subprocess

import machine

SLOT_SIZE = 0x200
PAGE = 0x0A003000
FIRST_SLOT = 24  # of the page
DISK_SLOT = 31  # QEMU fills them from the last
SPI_OF_SLOT_0 = 16  # as in the cells: less 32
GIC = "/intc@8000000"


def run(*command):
	return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def address(slot):
	return PAGE + (slot - FIRST_SLOT) * SLOT_SIZE


def node(slot):
	return f"/virtio_mmio@{address(slot):x}"


NODES_OF_PAGE = [node(slot) for slot in range(FIRST_SLOT, DISK_SLOT + 1)]


def dump_tree(config, folder):
	dumped = folder / "dumped.dtb"
	run(*dataclasses.replace(config, dump_dtb=str(dumped)).command())
	return dumped


def require(dumped, paths):
	"""The machine's tree has these nodes. Their names and addresses are QEMU's choice; its phandles are read."""
	lacks = [path for path in paths if subprocess.run(["fdtget", "-p", str(dumped), path], capture_output=True,
		check=False).returncode]
	if lacks:
		found = run("qemu-system-aarch64", "--version").split("\n")[0]
		raise machine.MachineError(f"qemu-system-arm has no {', '.join(lacks)} in its machine `virt`, where 10.0 has it: "
			f"10.0 or a newer one with the same devices is needed, this is {found}")


def gic_phandle(config, folder):
	dumped = dump_tree(config, folder)
	require(dumped, [GIC])
	return int(run("fdtget", "-t", "u", str(dumped), GIC, "phandle"))


def machine_tree(config, folder, without=NODES_OF_PAGE):
	"""The machine's tree without these nodes. It holds where the boot modules end: make those first."""
	dumped, packed = dump_tree(config, folder), folder / "machine.dtb"
	require(dumped, without)
	for path in without:
		run("fdtput", "-r", str(dumped), path)
	# The dump is padded to a size that does not boot.
	run("dtc", "-q", "-I", "dtb", "-O", "dtb", "-o", str(packed), str(dumped))
	return str(packed)


def tree_with(tree, folder, nodes):
	"""The tree with these nodes below its root."""
	more, whole = overlay(folder, "more", nodes), folder / "whole.dtb"
	run("fdtoverlay", "-i", tree, "-o", str(whole), str(more))
	return str(whole)


def device(gic, slot=DISK_SLOT, name=None, more=""):
	"""Source of a node for a slot."""
	name = name or node(slot)[1:]
	return f"""
		{name} {{
			compatible = "virtio,mmio";
			reg = <0x0 {address(slot):#x} 0x0 {SLOT_SIZE:#x}>;
			interrupt-parent = <{gic:#x}>;
			interrupts = <0 {SPI_OF_SLOT_0 + slot} 1>;
			dma-coherent;
			{more}
		}};"""


def disk_on(slot, path):
	"""QEMU's arguments for a raw image on a transport of one's choice."""
	return ["-drive", f"if=none,id=slot{slot},format=raw,file={path}",
		"-device", f"virtio-blk-device,drive=slot{slot},bus=virtio-mmio-bus.{slot}"]


def overlay(folder, name, nodes, target="/"):
	"""Compiles an overlay with these nodes and properties below target; the path of its blob."""
	return compile_overlay(folder, name, f"""/dts-v1/;
/plugin/;
/ {{
	fragment@0 {{
		target-path = "{target}";
		__overlay__ {{
			#address-cells = <2>;
			#size-cells = <2>;
			{nodes}
		}};
	}};
}};
""")


def compile_overlay(folder, name, source):
	text, blob = folder / f"{name}.dtso", folder / f"{name}.dtbo"
	text.write_text(source)
	run("dtc", "-q", "-@", "-I", "dts", "-O", "dtb", "-o", str(blob), str(text))
	return blob


def initrd_with(initrd, files, folder):
	"""Dom0's initramfs with these files in its root: the kernel unpacks archives that follow each other."""
	names = "\n".join(path.name for path in files)
	archive = subprocess.run(["cpio", "-o", "-H", "newc", "-R", "0:0", "--quiet"], input=names.encode(),
		cwd=folder, check=True, capture_output=True).stdout
	packed = subprocess.run(["lz4", "-l", "-9", "-q", "-"], input=archive, check=True,
		capture_output=True).stdout
	out = folder / "initrd"
	out.write_bytes(pathlib.Path(initrd).read_bytes() + packed)
	return str(out)
