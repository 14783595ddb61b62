# SPDX-License-Identifier: Apache-2.0
"""A second PL011 that the machine has and its tree has not, overlays that bring it to the host and to guests, and
the far end of its wire."""
import base64
import dataclasses
import os
import socket
import threading

import hotplug

ADDRESS = 0x09040000
NODE = f"/pl011@{ADDRESS:x}"
SPI = 8  # as in the cells: less 32
GUEST_ADDRESS = 0x10000000
GUEST_GIC = 0xfde8
TOP = "/sys/kernel/config/device-tree/overlays"


def extend(config, folder):
	"""A config with the UART, whose wire ends at a socket, and a tree without it. Its path, and the GIC's phandle."""
	path = folder / "wire"
	config = dataclasses.replace(config,
		extra=[*config.extra, "-serial", "mon:stdio", "-serial", f"unix:{path},server=on,wait=off"])
	dumped = hotplug.dump_tree(config, folder)
	hotplug.require(dumped, [hotplug.GIC, NODE])
	gic = int(hotplug.run("fdtget", "-t", "u", str(dumped), hotplug.GIC, "phandle"))
	packed = folder / "machine.dtb"
	hotplug.run("fdtput", "-r", str(dumped), NODE)
	hotplug.run("fdtput", "-d", str(dumped), "/aliases", "serial1")
	hotplug.run("dtc", "-q", "-I", "dtb", "-O", "dtb", "-o", str(packed), str(dumped))
	os.unlink(path) if path.exists() else None
	return dataclasses.replace(config, dtb=str(packed)), str(path), gic


def node(reg, parent, more="", name="serial@9040000", irq=SPI):
	return f"""
		{name} {{
			compatible = "arm,sbsa-uart";
			current-speed = <115200>;
			reg = <0x0 {reg:#x} 0x0 0x1000>;
			interrupt-parent = <{parent:#x}>;
			interrupts = <0 {irq} 4>;
			{more}
		}};"""


def host_blob(folder, gic):
	return hotplug.overlay(folder, "overlay", node(ADDRESS, gic)).read_bytes()


def guest_blob(folder, name="overlay_domu", at=GUEST_ADDRESS, physical=ADDRESS, size=0x1000, parent=GUEST_GIC,
		irq=SPI, placed=True, forced=True, node_name="serial@9040000"):
	more = f"xen,reg = <0x0 {physical:#x} 0x0 {size:#x} {at >> 32:#x} {at & 0xffffffff:#x}>;" if placed else ""
	more += "xen,force-assign-without-iommu;" if forced else ""
	return hotplug.overlay(folder, name, node(at, parent, more, node_name, irq)).read_bytes()


class Wire(threading.Thread):
	"""The far end: keeps what comes, line by line, and answers "ping X" by "pong X"."""

	def __init__(self, path):
		super().__init__(daemon=True)
		self.socket = socket.socket(socket.AF_UNIX)
		self.socket.connect(path)
		self.lines = []
		self.news = threading.Condition()
		self.start()

	def run(self):
		rest = b""
		while True:
			try:
				got = self.socket.recv(4096)
			except OSError:
				return
			if not got:
				return
			*lines, rest = (rest + got).replace(b"\r", b"\n").split(b"\n")
			for line in lines:
				self.take(line)

	def take(self, line):
		if line.startswith(b"ping "):
			self.send(b"pong " + line[5:] + b"\n")
		if line:
			with self.news:
				self.lines.append(line.decode(errors="replace"))
				self.news.notify_all()

	def send(self, data):
		self.socket.sendall(data)

	def wait(self, line, limit=120):
		"""Until that line has come; lines before it are forgotten."""
		with self.news:
			assert self.news.wait_for(lambda: line in self.lines, limit), (line, self.lines[-20:])
			del self.lines[:self.lines.index(line) + 1]

	def clear(self):
		with self.news:
			self.lines.clear()

	def close(self):
		self.socket.shutdown(socket.SHUT_RDWR)
		self.socket.close()


def put(guest, path, blob):
	"""A file in the guest."""
	guest.check(f"echo {base64.b64encode(blob).decode()} | base64 -d >{path}")
