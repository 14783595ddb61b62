# SPDX-License-Identifier: Apache-2.0
"""graftctl guest: what it makes applies to a tree as libxl writes it, and says there what the host's said."""
import json
import pathlib
import subprocess

import pytest

import fdt
from conftest import TOP, graftctl, run

HERE = pathlib.Path(__file__).resolve().parent
GIC = 0xfde8
FREE_FROM = 0x4020000


@pytest.fixture
def guest_tree(compile_dts):
	return compile_dts(HERE / "guest.dts", "guest")


class Made:
	"""The guest's overlay, and the guest's tree after it."""
	def __init__(self, host, base, guest_tree, tmp_path, *more):
		self.path, merged = tmp_path / "made.dtbo", tmp_path / "merged.dtb"
		self.done = graftctl("guest", host, "--base", base, "-o", self.path, *more, status=0)
		self.overlay = fdt.parse(self.path.read_bytes())
		self.content = self.overlay.at("/fragment@0/__overlay__")
		run("fdtoverlay", "-i", guest_tree, "-o", merged, self.path, status=0)
		run("dtc", "-q", "-I", "dtb", "-O", "dtb", "-o", tmp_path / "again.dtb", self.path, status=0)
		self.tree = fdt.parse(merged.read_bytes())
		graftctl("check", self.path, "--base", guest_tree, status=0)
		done = graftctl("plan", self.path, "--base", guest_tree, "--json")
		self.plan = json.loads(done.out)
		self.nodes = {node["path"]: node for node in self.plan["nodes"]}

	def node(self, path):
		return self.content.at(path)


@pytest.fixture
def make(base, guest_tree, tmp_path, compile_dts):
	def make_one(host, *more):
		return Made(compile_dts(host) if isinstance(host, str) else host, base, guest_tree, tmp_path, *more)
	return make_one


def placed(node):
	cells = node.cells("xen,reg")
	return [tuple(cells[i] << 32 | cells[i + 1] for i in (at, at + 2, at + 4)) for at in range(0, len(cells), 6)]


def source(body, parent="/"):
	return f"/dts-v1/;\n/plugin/;\n&{{{parent}}} {{\n{body}\n}};\n"


def test_labels_when_asked_for(make, good):
	made = make(good("device"), "--labels")
	assert made.overlay.at("/__symbols__").text("dev0") == "/fragment@0/__overlay__/device@6000"


def test_device(make, good):
	made = make(good("device"))
	node = made.node("/device@6000")
	assert made.overlay.at("/fragment@0").text("target-path") == "/"
	assert node.cells("interrupt-parent") == [GIC]
	assert node.cells("interrupts") == [0, 20, 4]
	assert placed(node) == [(0x50006000, 0x1000, FREE_FROM)]
	assert node.cells("reg") == [0, FREE_FROM, 0, 0x1000]
	assert node.text("xen,path") == "/soc/device@6000"
	assert node.text("compatible") == "vendor,device"
	assert "iommus" not in node.props and "partner" not in node.props
	assert "'partner' names what the guest does not have" in made.done.err
	assert "behind no IOMMU" not in made.done.err
	# What refers to the overlay's own nodes stays. Labels do not: Linux refuses them without /__symbols__ in its tree.
	assert "__symbols__" not in made.overlay.children
	merged = made.tree.at("/device@6000/port")
	assert merged.cells("remote") == made.tree.at("/device@6000").cells("phandle")
	assert made.plan["conflicts"] == made.plan["faults"] == []
	assert made.nodes["/device@6000"]["windows"][0]["base"] == hex(FREE_FROM)
	assert made.nodes["/device@6000"]["interrupts"][0]["intid"] == 52


def test_guest_of_guest_differs_in_nothing(make, good, tmp_path, guest_tree, read):
	"""fdtoverlay and graftctl apply agree on the result, too."""
	made = make(good("device"))
	graftctl("apply", guest_tree, made.path, "-o", tmp_path / "ours.dtb", status=0)
	assert fdt.same(read(tmp_path / "ours.dtb"), made.tree) is None


def test_at(make, good):
	assert placed(make(good("device"), "--at", "0x23450000").node("/device@6000"))[0][2] == 0x23450000


def test_at_in_ram_is_warned_of(make, good):
	assert "good only for a guest whose RAM ends below" in make(good("device"), "--at", "0xf0000000").done.err


@pytest.mark.parametrize("at, what", [
	("0x23450800", "not the address of a page"), ("0x3001000", "the interrupt controller"),
	("0x22000000", "the emulated UART"), ("0x38000000", "the grant table"), ("0x39fff000", "magic pages"),
	("0x0", "the interrupt controller"), ("0xfffffffffffff000", "not the address of a page"),
])
def test_at_taken(base, good, tmp_path, at, what):
	done = graftctl("guest", good("device"), "--base", base, "--at", at, "-o", tmp_path / "out", status=1)
	assert what in done.err
	assert not (tmp_path / "out").exists()


def test_shared_pages_stay_shared(make):
	made = make(source("""
		a@9100000 { reg = <0 0x9100000 0 0x100>, <0 0x9180000 0 0x3000>; };
		b@9100800 { reg = <0 0x9100800 0 0x800>, <0 0x9200000 0 0x200000>; };
	"""))
	a, b = placed(made.node("/a@9100000")), placed(made.node("/b@9100800"))
	assert b[0][2] - a[0][2] == 0x800
	for physical, _, guest in a + b:
		assert physical % 0x1000 == guest % 0x1000
	assert b[1][0] % 0x200000 == b[1][2] % 0x200000
	spans = sorted((guest, guest + size) for _, size, guest in a + b)
	assert all(one[1] <= two[0] for one, two in zip(spans, spans[1:]))
	assert made.plan["conflicts"] == []


def test_bus_with_children(make):
	made = make(source("""
		bus@9100000 {
			compatible = "simple-bus";
			#address-cells = <1>;
			#size-cells = <1>;
			ranges = <0 0 0x9100000 0x10000>;
			interrupts = <0 60 1>;
			mine: dev@1000 { reg = <0x1000 0x1000>; interrupts = <0 61 4>; };
			i2c@2000 {
				reg = <0x2000 0x1000>;
				#address-cells = <1>;
				#size-cells = <0>;
				chip@50 { reg = <0x50>; };
			};
		};
	"""))
	assert made.node("/bus@9100000").props["ranges"] == b""
	assert placed(made.node("/bus@9100000/dev@1000")) == [(0x9101000, 0x1000, FREE_FROM)]
	assert made.node("/bus@9100000/dev@1000").text("xen,path") == "/bus@9100000/dev@1000"
	assert made.node("/bus@9100000/i2c@2000/chip@50").cells("reg") == [0x50]
	window, = made.nodes["/bus@9100000/i2c@2000"]["windows"]
	assert int(window["base"], 16) == placed(made.node("/bus@9100000/i2c@2000"))[0][2]
	assert made.nodes["/bus@9100000/dev@1000"]["interrupts"][0]["intid"] == 93


CLOCKS = """
	osc: osc { compatible = "fixed-clock"; #clock-cells = <0>; clock-frequency = <24000000>; };
	pll: pll { compatible = "fixed-factor-clock"; #clock-cells = <0>; clocks = <&osc>; clock-mult = <3>; clock-div = <2>; };
	cru: cru { #clock-cells = <1>; assigned-clocks = <&cru 7>; assigned-clock-rates = <1000>; };
"""


@pytest.fixture
def clock_base(compile_dts):
	text = (TOP / "tests/dts/base.dts").read_text().replace("cpus {", CLOCKS + "\tcpus {", 1)
	return compile_dts(text, "clock_base")


def clock_device(clocks):
	return source(f"""
		own: own {{ compatible = "fixed-clock"; #clock-cells = <0>; clock-frequency = <5>; }};
		dev@9100000 {{ reg = <0 0x9100000 0 0x1000>; clocks = {clocks}; clock-names = "a", "b"; }};
	""")


def clock_rates(made):
	"""The rates that the device's clocks have in the merged tree."""
	by_phandle = {node.cells("phandle")[0]: node for node in made.tree.walk() if "phandle" in node.props}
	return [by_phandle[cell].cells("clock-frequency")[0] if cell else 0
		for cell in made.tree.at("/dev@9100000").cells("clocks")]


@pytest.mark.parametrize("clocks, rates", [
	("<&osc>", [24000000]), ("<&pll>, <&osc>", [36000000, 24000000]), ("<&cru 7>", [1000]),
	("<&own>, <&osc>, <&own>", [5, 24000000, 5]), ("<0>, <&osc>, <&osc>", [0, 24000000, 24000000]),
])
def test_clocks(clock_base, guest_tree, tmp_path, compile_dts, clocks, rates):
	made = Made(compile_dts(clock_device(clocks)), clock_base, guest_tree, tmp_path)
	assert clock_rates(made) == rates
	assert made.node("/dev@9100000").text("clock-names") == "a\0b"


def test_clock_of_unknown_rate(clock_base, guest_tree, tmp_path, compile_dts):
	host = compile_dts(clock_device("<&cru 9>"))
	done = graftctl("guest", host, "--base", clock_base, "-o", tmp_path / "out", status=1)
	assert "clock 0, of /cru, is not in the tree: give --clock-rate HZ" in done.err
	made = Made(host, clock_base, guest_tree, tmp_path, "--clock-rate", "48000000")
	assert clock_rates(made) == [48000000]


def test_force_only_when_asked(make):
	host = source("dev@9100000 { reg = <0 0x9100000 0 0x1000>; };")
	made = make(host)
	assert "xen,force-assign-without-iommu" not in made.node("/dev@9100000").props
	assert "is behind no IOMMU" in made.done.err
	made = make(host, "--force-without-iommu")
	assert made.node("/dev@9100000").props["xen,force-assign-without-iommu"] == b""
	assert made.done.err == ""


def test_primecell_is_warned_of(make):
	made = make(source('rtc@9100000 { compatible = "arm,pl031", "arm,primecell"; reg = <0 0x9100000 0 0x1000>; };'))
	assert "Linux makes no device of an arm,primecell" in made.done.err


def test_force_of_the_hosts_own(make):
	made = make(source("""dev@9100000 { reg = <0 0x9100000 0 0x1000>; xen,force-assign-without-iommu; };
		other@9101000 { reg = <0 0x9101000 0 0x1000>; };"""))
	assert made.node("/dev@9100000").props["xen,force-assign-without-iommu"] == b""
	assert "xen,force-assign-without-iommu" not in made.node("/other@9101000").props
	assert "/other@9101000" in made.done.err and "/dev@9100000" not in made.done.err


def test_not_forced_behind_an_iommu(make):
	host = source("dev@9100000 { reg = <0 0x9100000 0 0x1000>; iommus = <&smmu 0x7fff0000>; };")
	made = make(host, "--force-without-iommu")
	assert "xen,force-assign-without-iommu" not in made.node("/dev@9100000").props


def test_own_controller(make):
	made = make(source("""
		pic: pic@9100000 { reg = <0 0x9100000 0 0x1000>; interrupt-controller; #interrupt-cells = <1>;
			interrupts = <0 60 4>; };
		dev@9101000 { reg = <0 0x9101000 0 0x1000>; interrupt-parent = <&pic>; interrupts = <3>; };
		far@9102000 { reg = <0 0x9102000 0 0x1000>; interrupts-extended = <&pic 4>, <&pic 5>; };
	"""))
	pic = made.tree.at("/pic@9100000").cells("phandle")[0]
	assert made.tree.at("/dev@9101000").cells("interrupt-parent") == [pic]
	assert made.tree.at("/far@9102000").cells("interrupts-extended") == [pic, 4, pic, 5]
	assert made.tree.at("/pic@9100000").cells("interrupt-parent") == [GIC]


def test_extended_becomes_plain(make):
	made = make(source("dev@9100000 { reg = <0 0x9100000 0 0x1000>; interrupts-extended = <&gic 0 60 1>, <&gic 0 61 4>; };"))
	assert made.node("/dev@9100000").cells("interrupts") == [0, 60, 1, 0, 61, 4]
	assert "interrupts-extended" not in made.node("/dev@9100000").props


def test_nexus_of_the_host(make):
	made = make(source("dev@4400 { reg = <0x4400 0x100>; interrupt-parent = <&mux>; interrupts = <1>; };", "/soc"))
	assert made.node("/dev@4400").cells("interrupts") == [0, 40, 4]


PCI = """
	pcie@9100000 {
		compatible = "pci-host-ecam-generic";
		device_type = "pci";
		#address-cells = <3>;
		#size-cells = <2>;
		#interrupt-cells = <1>;
		reg = <0 0x9100000 0 0x100000>;
		ranges = <0x2000000 0 0x30000000 0 0x30000000 0 0x1000000>, <0x3000000 0x80 0 0x80 0 0x80 0>;
		interrupt-map-mask = <0 0 0 7>;
		interrupt-map = <0 0 0 1 &gic 0 0 0 70 4>, <0 0 0 2 &gic 0 0 0 71 4>;
		iommu-map = <0 &smmu 0x20000 0x100>;
		msi-map = <0 &its 0 0x100>;
	};
"""


def test_pci_host(make):
	made = make(source(PCI))
	node = made.node("/pcie@9100000")
	assert "iommu-map" not in node.props and "msi-map" not in node.props
	assert node.cells("interrupt-map") == [0, 0, 0, 1, GIC, 0, 70, 4, 0, 0, 0, 2, GIC, 0, 71, 4]
	(ecam, _, ecam_guest), (memory, _, memory_guest) = placed(node)
	assert (ecam, memory) == (0x9100000, 0x30000000)
	assert node.cells("ranges") == [0x2000000, 0, 0x30000000, 0, memory_guest, 0, 0x1000000]
	assert node.cells("reg") == [0, ecam_guest, 0, 0x100000]
	assert "no room in the guest for its window" in made.done.err
	plan = made.nodes["/pcie@9100000"]
	assert [one["intid"] for one in plan["interrupts"]] == [102, 103]
	assert made.plan["conflicts"] == []


@pytest.mark.parametrize("body, parent, words", [
	("chip@1 { reg = <1>; };", "/soc/spi@2000", "brings no device"),
	("dev@6000 { reg = <0x6000 0x1000>; interrupts = <1 3 4>; };", "/soc", "interrupt 0 goes to"),
	("dev@6000 { reg = <0x6000 0x1000 1>; };", "/soc", "reg: entry 1 is cut off"),
	("huge { reg = <0x10 0 0x100 0>; };", "/", "no room in the guest for 0x10000000000"),
])
def test_refused(base, compile_dts, tmp_path, body, parent, words):
	out = tmp_path / "out"
	done = graftctl("guest", compile_dts(source(body, parent)), "--base", base, "-o", out, status=1)
	assert words in done.err
	assert not out.exists()


def test_only_changes(base, compile_dts, tmp_path):
	host = compile_dts(source('bootargs = "loud"; vendor,speed = <3>;', "/soc"))
	done = graftctl("guest", host, "--base", base, "-o", tmp_path / "out", status=1)
	assert "/soc: 'vendor,speed' is changed in the host's tree only" in done.err


def test_what_hangs_on_the_host_stays_there(make):
	made = make(source("""
		soc {
			spi@2000 { pins: pins { }; };
			dev@6000 { reg = <0x6000 0x1000>; pinctrl-0 = <&pins>; pinctrl-names = "default"; };
		};
	"""), "--labels")
	assert list(made.content.children) == ["dev@6000"]
	assert "/soc/spi@2000/pins: hangs on what the guest does not have" in made.done.err
	assert "pinctrl-0" not in made.node("/dev@6000").props
	assert "__symbols__" not in made.overlay.children


def test_target_by_number(base, compile_dts, tmp_path, read):
	number = read(base).at("/iommu@9050000").cells("phandle")[0]
	host = compile_dts(f"/dts-v1/; / {{ fragment@0 {{ target = <{number}>; __overlay__ {{ a {{ }}; }}; }}; }};")
	done = graftctl("guest", host, "--base", base, "-o", tmp_path / "out", status=1)
	assert "a target is given by number" in done.err


def test_behind_an_iommu_is_said(compile_dts, base, tmp_path):
	overlay = compile_dts(source("dev@9100000 { reg = <0 0x9100000 0 0x1000>; iommus = <&smmu 0x7fff0000>; };"), "x")
	done = graftctl("guest", overlay, "--base", base, "-o", tmp_path / "out", status=0)
	assert "/dev@9100000: is behind an IOMMU, which Graft does not drive: it will refuse to attach it" in done.err


def test_node_in_no_fragment(compile_dts, base, tmp_path):
	overlay = compile_dts("/dts-v1/;\n/plugin/;\n/ { lost: clock { #clock-cells = <0>; }; };\n"
		"&{/} { dev@9100000 { reg = <0 0x9100000 0 0x1000>; clocks = <&lost>; }; };", "x")
	done = graftctl("guest", overlay, "--base", base, "-o", tmp_path / "out", status=1)
	assert "/clock: lies below the root of the overlay's blob, in no fragment" in done.err
