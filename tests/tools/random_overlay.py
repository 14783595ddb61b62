# SPDX-License-Identifier: Apache-2.0
"""Random overlays for tests/dts/fpga.dts, made of the properties and nodes that published overlays have."""
import random

TARGETS = ["bus", "region", "pins", "spi", "mac", "off", "{/}", "{/reserved-memory}", "{/mailbox}"]
CONTROLLERS = {"gic": 3, "bank": 2}
HOSTS = ["clocks 3", "crystal", "resets 1", "smmu 4", "bank 1 0", "gic 0 1 4", "crystal", "clocks 71"]
NAMES = ["dev", "timer", "cpus", "mdio", "port", "uart", "bridge", "tick"]
KINDS = ["simple-bus", "fixed-clock", "xlnx,fclk", "xlnx,afi-fpga", "vendor,dev", "fpga-region", "arm,primecell"]


class Writer:
	def __init__(self, seed):
		self.random = random.Random(seed)
		self.labels = []
		self.count = 0

	def pick(self, values):
		return self.random.choice(values)

	def often(self, chance):
		return self.random.random() < chance

	def cells(self, address, size):
		base = 0x20000000 + self.random.randrange(64) * 0x800
		return " ".join(["0"] * (address - 1) + [hex(base)] * bool(address)
			+ ["0"] * (size - 1) + [hex(self.pick([0, 0x100, 0x1000, 0x3000]))] * bool(size))

	def line(self):
		name = self.pick(list(CONTROLLERS))
		return f"<&{name} " + " ".join(["0", str(60 + self.random.randrange(40)), "4"][-CONTROLLERS[name]:]) + ">"

	def reference(self):
		if self.labels and self.often(0.5):
			return f"<&{self.pick(self.labels)}>"
		return f"<&{self.pick(HOSTS)}>"

	def props(self, address, size):
		out = []
		if self.often(0.7) and address + size:
			out.append("reg = " + ", ".join(f"<{self.cells(address, size)}>" for _ in range(self.pick([1, 1, 2]))))
		if self.often(0.4):
			out.append(f'compatible = "{self.pick(KINDS)}"')
		if self.often(0.3):
			out.append(f"interrupts = <0 {60 + self.random.randrange(40)} {self.pick([1, 4])}>")
		elif self.often(0.3):
			out.append("interrupts-extended = " + ", ".join(
				self.pick(["<0>", self.line(), self.line()]) for _ in range(self.pick([1, 2, 3]))))
		for name in ("clocks", "resets", "pinctrl-0", "vendor,link", "reset-gpios"):
			if self.often(0.08):
				out.append(f"{name} = {self.reference()}")
		if self.often(0.1):
			out.append("iommus = <&smmu 4>")
		if self.often(0.05):
			out.append(f"interrupt-parent = <&{self.pick(self.labels + list(CONTROLLERS))}>")
		for name in ("dma-coherent", "interrupt-controller", "no-map"):
			if self.often(0.05):
				out.append(name)
		if self.often(0.1):
			out.append('status = "disabled"')
		return out

	def bus(self, address):
		"""Cells of what is below, and the properties that say so."""
		cells = self.pick([(1, 1), (2, 2), (1, 0), (2, 1), (0, 0), (3, 2)])
		out = [f"#address-cells = <{cells[0]}>", f"#size-cells = <{cells[1]}>"]
		if self.often(0.5):
			out.append("ranges" if self.often(0.6) or cells != (1, 1) or address != 2
				else "ranges = <0x20000000 0 0x20000000 0x10000000>")
		if self.often(0.2):
			zeros = "0 " * (cells[0] + 1)
			out += ["#interrupt-cells = <1>", f"interrupt-map-mask = <{zeros}>", f"interrupt-map = <{zeros}&gic 0 88 4>"]
		return cells, out

	def name(self, used):
		"""Two nodes of one name would be one node."""
		self.count += 1
		name = self.pick(NAMES)
		if name in used or self.often(0.8):
			name += f"@{self.count:x}"
		used.add(name)
		return name

	def node(self, address, size, depth, used):
		name = self.name(used)
		label = f"own{self.count}"
		props, children = self.props(address, size), []
		if depth and self.often(0.4):
			cells, more = self.bus(address)
			props += more
			children = self.children(*cells, depth - 1)
		elif self.often(0.1):
			props.append("#clock-cells = <0>")
		self.labels.append(label)
		return f"{label}: {name} {{ " + " ".join(f"{one};" for one in props) + " ".join(children) + " };"

	def children(self, address, size, depth):
		used = set()
		return [self.node(address, size, depth, used) for _ in range(self.pick([1, 2, 3]))]

	def fragment(self):
		target = self.pick(TARGETS)
		cells = (1, 0) if target == "spi" else (2, 2)
		body = [] if target in ("mac", "off", "{/mailbox}") else self.children(*cells, 2)
		if self.often(0.4):
			body.insert(0, 'status = "okay";')
		if self.often(0.2):
			body.insert(0, f"vendor,speed = <{self.random.randrange(9)}>;")
		return f"&{target} {{ {' '.join(body)} }};"


def source(seed):
	writer = Writer(seed)
	return "/dts-v1/;\n/plugin/;\n" + "\n".join(writer.fragment() for _ in range(writer.pick([1, 2, 3])))
