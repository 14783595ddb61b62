# SPDX-License-Identifier: Apache-2.0
"""The documented Dom0 example on a real device, line by line: a disk that the machine has and its device tree does
not name. It appears, is read and checked, and goes away.
"""
import hashlib

import hotplug

TITLE = "A disk that this machine has, but not its device tree: an overlay brings it while all runs"
SIZE = 32 << 20
NODE = hotplug.node(hotplug.DISK_SLOT)
FOLDER = "/sys/kernel/config/device-tree/overlays/new_overlay"


def prepare(props):
	disk, sums = props.folder / "disk", props.folder / "disk.md5"
	data = b"".join(hashlib.sha512(b"%d" % n).digest() for n in range(SIZE // 64))
	disk.write_bytes(data)
	sums.write_text(f"{hashlib.md5(data).hexdigest()}  /dev/vda\n")
	props.config.disks.append(str(disk))
	gic = hotplug.gic_phandle(props.config, props.folder)
	overlay = hotplug.overlay(props.folder, "overlay", hotplug.device(gic))
	props.files += [overlay, sums]
	props.hidden += hotplug.NODES_OF_PAGE


def play(stage):
	stage.type("ls /dev/vda", fails=True)
	stage.expect("graftctl overlay plan overlay.dtbo", NODE)

	stage.say("Into the hypervisor's device tree, and from there to Dom0, with Debian's xl")
	stage.type("xl dt-overlay add overlay.dtbo")
	stage.expect("graftctl overlay list", rf"added .* {NODE}")
	stage.expect("graftctl overlay plan overlay.dtbo --attach 0", NODE)
	stage.type("xl dt-overlay attach overlay.dtbo 0")
	stage.expect("graftctl overlay list", rf"attached.* Dom0 .* {NODE}")

	stage.say("Into the device tree of Dom0's kernel; the driver takes it")
	stage.type(f"mkdir -p {FOLDER}")
	stage.type(f"cat overlay.dtbo > {FOLDER}/dtbo")
	stage.type("ls -l /dev/vda")
	stage.expect("cat disk.md5; md5sum -c disk.md5", "^/dev/vda: OK$")
	stage.expect("grep virtio /proc/interrupts", r"^ *\d+: .*[1-9].* virtio0$")
	stage.expect("graftctl tree", rf"{NODE[1:]} .*Dom0.* overlay \d")

	stage.say("And back: nothing of it is left")
	stage.type(f"rmdir {FOLDER}")
	stage.type("ls /dev/vda", fails=True)
	stage.type("xl dt-overlay remove overlay.dtbo")
	stage.type("graftctl overlay list")
	stage.type(f"graftctl tree | grep {NODE[1:]}", fails=True)
