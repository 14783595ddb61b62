# SPDX-License-Identifier: Apache-2.0
"""The documented DomU example on a real device: a UART that the machine has and its device tree does not name is
handed to a running guest, talked through from outside the machine, and moved to a second guest.
"""
import pathlib
import socket

import hotplug
import machine
import qemu

TITLE = "A UART of this machine for a guest that runs: an overlay for the host, another for the guest"
NODE = "serial@9040000"
HIDDEN = "/pl011@9040000"  # what QEMU calls it
FOLDER = "/sys/kernel/config/device-tree/overlays/new_overlay"
PROMPT = "domu# "
LIMIT = 60  # seconds for a line to come out

HOST = f"""
		{NODE} {{
			compatible = "arm,sbsa-uart";
			reg = <0x0 0x9040000 0x0 0x1000>;
			interrupt-parent = <%#x>;
			interrupts = <0 8 4>;
			current-speed = <115200>;
		}};"""
GUEST = f"""/dts-v1/;
/plugin/;
/ {{
	fragment@0 {{
		target-path = "/";
		__overlay__ {{
			#address-cells = <2>;
			#size-cells = <2>;
			{NODE} {{
				compatible = "arm,sbsa-uart";
				reg = <0x0 0x10000000 0x0 0x1000>;
				interrupt-parent = <0xfde8>;
				interrupts = <0 8 4>;
				current-speed = <115200>;
				xen,reg = <0x0 0x9040000 0x0 0x1000 0x0 0x10000000>;
				xen,path = "/{NODE}";
				xen,force-assign-without-iommu;
			}};
		}};
	}};
}};
"""
CONFIG = """name = "%s"
kernel = "/mnt/share/Image"
ramdisk = "/mnt/share/demo-guest.cpio.lz4"
extra = "console=hvc0 quiet"
memory = 192
nr_spis = 32
"""


class Line:
	"""The UART's other end."""

	def __init__(self, path):
		self.path = path
		self.socket = None

	def open(self):
		self.socket = socket.socket(socket.AF_UNIX)
		self.socket.connect(str(self.path))
		self.socket.settimeout(LIMIT)

	def read(self):
		seen = b""
		while not seen.endswith(b"\n"):
			try:
				got = self.socket.recv(1)
			except TimeoutError:
				got = b""
			if not got:
				raise machine.MachineError(f"outside the machine only {seen!r} arrived")
			seen += got
		return seen.decode(errors="replace").strip()

	def send(self, text):
		self.socket.sendall(text.encode() + b"\n")


LINE = Line(None)


def prepare(props):
	LINE.path = props.folder / "uart"
	props.config.share = str(qemu.SHARE)
	props.config.extra += ["-serial", "mon:stdio", "-serial", f"unix:{LINE.path},server=on,wait=off"]
	gic = hotplug.gic_phandle(props.config, props.folder)
	uart = hotplug.overlay(props.folder, "uart", HOST % gic)
	guest = hotplug.compile_overlay(props.folder, "uart_domu", GUEST)
	props.files += [uart, guest, guest.with_suffix(".dtso")]
	for name in ("first", "second"):
		config = props.folder / f"{name}.cfg"
		config.write_text(CONFIG % name)
		props.files.append(config)
	props.hidden.append(HIDDEN)
	ramdisk = hotplug.initrd_with(qemu.SHARE / "domu.cpio.lz4", [guest], props.folder)
	pathlib.Path(qemu.SHARE / "demo-guest.cpio.lz4").write_bytes(pathlib.Path(ramdisk).read_bytes())


def show_arrival(stage, text):
	seen = LINE.read()
	stage.say(f"Outside the machine arrives: {seen}")
	if seen != text:
		raise machine.MachineError(f"outside the machine {text!r} should have arrived")


def give_to_first(stage):
	stage.type("xl create first.cfg")
	stage.type("xl dt-overlay add uart.dtbo")
	stage.type("cat uart_domu.dtso")
	stage.type("xl dt-overlay attach uart_domu.dtbo $(xl domid first)")
	stage.expect("graftctl overlay list", rf"attached.* /{NODE}")


def use_in_first(stage):
	stage.enter("xl console first", PROMPT)
	stage.type("modprobe dt-overlay-configfs")
	stage.type(f"mkdir -p {FOLDER}")
	stage.type(f"cat /uart_domu.dtbo > {FOLDER}/dtbo")
	stage.type("ls -l /dev/ttyAMA0")
	stage.type("exec 3<>/dev/ttyAMA0; stty raw -echo <&3")
	stage.type("echo This is the first guest >&3")
	show_arrival(stage, "This is the first guest")
	LINE.send("To the first guest, from outside")
	stage.expect("head -n 1 <&3", "^To the first guest, from outside$")
	stage.expect("grep -w 40 /proc/interrupts", r"^ *\d+:(?: +\d+)*? +[1-9]\d*(?: +\d+)* +GIC\S* +40 ")
	stage.type(f"exec 3>&-; rmdir {FOLDER}")
	stage.leave()


def move_to_second(stage):
	stage.say("It moves to a second guest, this time in one command: Graft's tool makes the guest's overlay")
	stage.type("xl create second.cfg")
	stage.enter("xl console second", PROMPT)
	stage.type("modprobe dt-overlay-configfs")
	stage.leave()
	stage.type("graftctl overlay detach uart_domu.dtbo first")
	stage.type("graftctl overlay attach uart.dtbo second --deliver --force-without-iommu")
	stage.enter("xl console second", PROMPT, again=True)
	stage.type("stty -F /dev/ttyAMA0 raw; echo This is the second guest > /dev/ttyAMA0")
	show_arrival(stage, "This is the second guest")
	stage.leave()


def play(stage):
	LINE.open()
	give_to_first(stage)
	use_in_first(stage)
	move_to_second(stage)
	stage.say("And back: nothing of it is left")
	stage.type("xl dt-overlay remove uart.dtbo", fails=True)
	stage.type("graftctl overlay detach uart.dtbo second --deliver")
	stage.type("xl dt-overlay remove uart.dtbo")
	stage.type("xl destroy first; xl destroy second")
	stage.type("graftctl overlay list")
