#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Boots a hypervisor with Dom0 in QEMU. `make demo`, `make shell`, `make gdb`, the system tests and
`make bench` all build their QEMU command here, so that Graft and Debian's Xen get the same machine.

As a program it replaces itself by QEMU on the terminal; Ctrl-A X leaves.
"""
import argparse
import dataclasses
import os
import pathlib
import shlex

BUILD = pathlib.Path(__file__).resolve().parent.parent / "build"
IMAGES = BUILD / "images"
SHARE = BUILD / "share"  # guests' kernel and initramfs, and what else Dom0 shall find below /mnt/share
HYPERVISORS = {"graft": BUILD / "graft", "xen": IMAGES / "base" / "xen"}
KERNEL_AT = 0x49000000
INITRD_AT = 0x60000000


@dataclasses.dataclass
class Config:
	"""A machine and what boots on it. Sizes in MiB."""

	hypervisor: str = "graft"  # a key of HYPERVISORS, or a path
	cpus: int = 2
	memory: int = 3072
	cpu: str = "cortex-a57"
	dom0_memory: int = 1536
	options: str = ""  # more of the hypervisor's command line
	bootargs: str = ""  # more of Dom0's command line
	kernel: str | None = str(IMAGES / "base" / "Image")
	initrd: str | None = str(IMAGES / "dom0.cpio.lz4")
	dtb: str | None = None
	dump_dtb: str | None = None
	icount: int | None = None
	gdb: str | None = None  # where QEMU's gdb stub listens; the machine then starts halted
	disks: list[str] = dataclasses.field(default_factory=list)  # raw images, virtio-blk in this order
	share: str | None = None  # a folder that Dom0 sees, read-only, as /mnt/share
	machine: str = ""  # more of QEMU's -M
	extra: list[str] = dataclasses.field(default_factory=list)

	def command(self):
		machine = "virt,virtualization=on,gic-version=3" + self.machine
		if self.dump_dtb:
			machine += f",dumpdtb={self.dump_dtb}"
		image = HYPERVISORS.get(self.hypervisor, self.hypervisor)
		line = ["qemu-system-aarch64", "-M", machine, "-cpu", self.cpu, "-smp", str(self.cpus),
			"-m", f"{self.memory}M", "-nographic", "-nic", "none", "-kernel", str(image),
			"-append", f"dom0_mem={self.dom0_memory}M console=dtuart {self.options}".strip()]
		line += self.modules()
		line += ["-dtb", self.dtb] if self.dtb else []
		line += ["-icount", f"shift={self.icount}"] if self.icount is not None else []
		line += ["-S", "-gdb", self.gdb] if self.gdb else []
		for index, disk in enumerate(self.disks):
			line += ["-drive", f"if=none,id=disk{index},format=raw,file={disk}",
				"-device", f"virtio-blk-device,drive=disk{index}"]
		# At the far end of the transports, so that the disks are where they are without it.
		line += ["-fsdev", f"local,id=share,path={self.share},security_model=none,readonly=on",
			"-device", "virtio-9p-device,fsdev=share,mount_tag=share,bus=virtio-mmio-bus.0"] if self.share else []
		return line + self.extra

	def modules(self):
		bootargs = f"console=hvc0 {self.bootargs}".strip().replace(",", ",,")
		line = []
		if self.kernel:
			line += ["-device", f"guest-loader,addr={KERNEL_AT:#x},kernel={self.kernel},bootargs={bootargs}"]
		if self.initrd:
			line += ["-device", f"guest-loader,addr={INITRD_AT:#x},initrd={self.initrd}"]
		return line


def parse():
	default = Config()
	parser = argparse.ArgumentParser(description="Boot a hypervisor with Debian as Dom0 in QEMU.",
		epilog="Anything after -- goes to QEMU as it is.")
	parser.add_argument("--hypervisor", default=os.environ.get("GRAFT_HYPERVISOR", default.hypervisor),
		help="graft, xen (Debian's own), or the path of an image")
	parser.add_argument("--cpus", type=int, default=default.cpus)
	parser.add_argument("--memory", type=int, default=default.memory, metavar="MIB")
	parser.add_argument("--cpu", default=default.cpu, help="QEMU's -cpu")
	parser.add_argument("--dom0-memory", type=int, default=default.dom0_memory, metavar="MIB")
	parser.add_argument("--options", default="", help="more of the hypervisor's command line")
	parser.add_argument("--bootargs", default="", help="more of Dom0's command line")
	parser.add_argument("--kernel", default=default.kernel)
	parser.add_argument("--initrd", default=default.initrd)
	parser.add_argument("--dtb", help="device tree to boot with instead of QEMU's own")
	parser.add_argument("--dump-dtb", metavar="FILE", help="write the device tree, with the boot modules, and leave")
	parser.add_argument("--icount", type=int, metavar="SHIFT", help="virtual time counts instructions")
	parser.add_argument("--gdb", metavar="DEVICE", help="start halted with a gdb stub there, such as tcp::1234")
	parser.add_argument("--disk", dest="disks", action="append", default=[], help="raw image of a virtio disk")
	parser.add_argument("--share", default=str(SHARE), metavar="FOLDER",
		help="what Dom0 sees as /mnt/share (empty: nothing; default: the guest's images)")
	parser.add_argument("--print", action="store_true", help="print the command and leave")
	parser.add_argument("extra", nargs="*")
	return parser.parse_args()


def main():
	args = vars(parse())
	show = args.pop("print")
	command = Config(**args).command()
	if show:
		print(shlex.join(command))
	else:
		os.execvp(command[0], command)


if __name__ == "__main__":
	main()
