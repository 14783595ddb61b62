# SPDX-License-Identifier: Apache-2.0
"""graftctl guest on a board with programmable logic: what goes to the guest, what stays, what becomes of references."""
import pytest

import fdt
from conftest import DTS, graftctl, run
from test_guest import FREE_FROM, GIC, Made, guest_tree, placed  # noqa: F401

CELLS = "#address-cells = <2>; #size-cells = <2>;"
DEVICE = 'dev@20000000 { compatible = "vendor,dev"; reg = <0 0x20000000 0 0x1000>; interrupts = <0 60 4>; };'


def overlay(*fragments):
	"""From pairs of a target and what is in it."""
	return "/dts-v1/;\n/plugin/;\n" + "\n".join(f"&{target} {{ {body} }};" for target, body in fragments)


@pytest.fixture
def board(compile_dts):
	return compile_dts(DTS / "fpga.dts", "board")


@pytest.fixture
def make(board, guest_tree, tmp_path, compile_dts):  # noqa: F811
	def make_one(source, *more):
		return Made(compile_dts(source), board, guest_tree, tmp_path, *more)
	return make_one


@pytest.fixture
def refused(board, tmp_path, compile_dts):
	def refuse_one(source, *more, status=1):
		out = tmp_path / "out"
		done = graftctl("guest", compile_dts(source), "--base", board, "-o", out, *more, status=status)
		assert not out.exists()
		return done.err
	return refuse_one


def merged(made, path):
	return made.tree.at(path)


def phandle(made, path):
	return merged(made, path).cells("phandle")[0]


# Nodes of the base that the overlay enables.

RATES = ("--clock-rate", "core=125000000")


def test_status_only(make):
	made = make(overlay(("mac", 'status = "okay";')), *RATES)
	node = made.node("/ethernet@10300000")
	assert list(made.content.children) == ["ethernet@10300000", "clock-ethernet-10300000-0", "clock-ethernet-10300000-1"]
	assert node.text("xen,path") == "/bus/ethernet@10300000" and node.text("status") == "okay"
	assert placed(node) == [(0x10300000, 0x1000, FREE_FROM)]
	assert node.cells("interrupts") == [0, 9, 4] and node.cells("interrupt-parent") == [GIC]
	assert node.props["dma-coherent"] == b""
	# References stand in the base as numbers: those to the host are cut off, those inside follow.
	for name in ("resets", "reset-gpios"):
		assert name not in node.props and f"'{name}' names what the guest does not have" in made.done.err
	mac = merged(made, "/ethernet@10300000")
	assert mac.cells("phy-handle") == [phandle(made, "/ethernet@10300000/mdio/phy@7")]
	assert [merged(made, f"/clock-ethernet-10300000-{i}").cells("clock-frequency") for i in (0, 1)] == \
		[[125000000], [25000000]]
	assert mac.cells("clocks") == [phandle(made, f"/clock-ethernet-10300000-{i}") for i in (0, 1)]
	assert "behind an IOMMU" in made.done.err and "host's tree only" not in made.done.err


def test_status_and_more(make):
	"""Other properties of the node and a new child of it go along."""
	made = make(overlay(("mac", 'status = "okay"; phy-mode = "rgmii"; mdio { extra@8 { reg = <8>; }; };')), *RATES)
	assert made.node("/ethernet@10300000").text("phy-mode") == "rgmii"
	assert made.node("/ethernet@10300000/mdio/extra@8").cells("reg") == [8]


def test_bus_is_enabled(make):
	made = make(overlay(("off", 'status = "okay";')))
	bus = made.node("/bridge@10500000")
	assert list(bus.children) == ["uart@0"], "one that is disabled itself stays"
	assert placed(bus.children["uart@0"]) == [(0x10500000, 0x1000, FREE_FROM)]
	assert bus.props["ranges"] == b"" and bus.children["uart@0"].cells("reg") == [0, FREE_FROM, 0, 0x1000]
	both = make(overlay(("off", 'status = "okay"; spare@1000 { status = "okay"; };')))
	assert list(both.node("/bridge@10500000").children) == ["uart@0", "spare@1000"]


@pytest.mark.parametrize("body", ['status = "disabled";', "phy-mode = \"sgmii\";"])
def test_not_enabled(refused, body):
	assert "brings no device" in refused(overlay(("mac", body)))


def test_disabled_above(refused):
	"""A bus that stays disabled has no enabled node below it."""
	assert "brings no device" in refused(overlay(("{/bus/bridge@10500000/spare@1000}", 'status = "okay";')))


# Nodes that stay with the host.

def test_pins_stay_with_their_controller(make):
	made = make(overlay(("pins", "uart { uart_pins: uart-pins { vendor,pins = <1 2>; }; };"),
		("bus", CELLS + 'uart@20000000 { compatible = "vendor,uart"; reg = <0 0x20000000 0 0x1000>; '
			'interrupts = <0 60 4>; pinctrl-0 = <&uart_pins>; pinctrl-names = "default"; };')))
	assert list(made.content.children) == ["uart@20000000"]
	assert "pinctrl-0" not in made.node("/uart@20000000").props
	assert "'pinctrl-0' names what the guest does not have" in made.done.err


def test_bank_below_a_pin_controller_is_a_device(make):
	made = make(overlay(("pins", CELLS + "bank@20000000 { reg = <0 0x20000000 0 0x1000>; interrupts = <0 60 4>; };")))
	assert placed(made.node("/bank@20000000"))[0][0] == 0x20000000


def test_reserved_memory(make):
	made = make(overlay(("{/reserved-memory}", CELLS + 'pool: pool@90000000 { compatible = "shared-dma-pool"; no-map; '
			"reg = <0 0x90000000 0 0x100000>; };"),
		("bus", CELLS + DEVICE.replace("};", "memory-region = <&pool>; };"))))
	assert list(made.content.children) == ["dev@20000000"]
	assert "/reserved-memory/pool@90000000: is of the host's machine" in made.done.err
	assert "memory-region" not in made.node("/dev@20000000").props


def test_no_device_for_a_guest(refused):
	text = overlay(("spi", "chip@0 { compatible = \"vendor,chip\"; reg = <0>; clocks = <&tick>; };"),
		("{/}", 'tick: tick { compatible = "fixed-clock"; #clock-cells = <0>; clock-frequency = <1>; };'))
	assert "brings no device that can be given to a guest" in refused(text)


FABRIC = overlay(("region", CELLS + 'firmware-name = "design.bin"; resets = <&resets 1>;'), ("bus", CELLS + f"""
	{DEVICE.replace("};", 'clocks = <&clocks 71>, <&tick>, <&pl>; clock-names = "a", "b", "c"; };')}
	afi: afi {{ compatible = "xlnx,afi-fpga"; config-afi = <0 0>; }};
	pl: pl {{ compatible = "xlnx,fclk"; #clock-cells = <0>; clocks = <&clocks 71>; assigned-clocks = <&clocks 71>;
		assigned-clock-rates = <99999001>; }};
	tick: tick {{ compatible = "fixed-clock"; #clock-cells = <0>; clock-frequency = <7>; }};
	watch {{ compatible = "xlnx,afi-fpga"; clocks = <&tick>; }};
"""))


def test_host_part(make, board, tmp_path):
	part, whole = tmp_path / "host.dtbo", tmp_path / "whole.dtb"
	made = make(FABRIC, "--host-part", part)
	assert list(made.content.children) == ["dev@20000000", "clock-dev-20000000-0", "clock-dev-20000000-1", "tick"]
	for word in ("/bus/afi: stays with the host", "/bus/pl: stays with the host", "/fabric: 'firmware-name'"):
		assert word in made.done.err
	assert "--host-part" not in made.done.err
	run("fdtoverlay", "-i", board, "-o", whole, part, status=0)
	graftctl("check", part, "--base", board, status=0)
	tree = fdt.parse(whole.read_bytes())
	by_phandle = fdt.phandles(tree)
	assert tree.at("/fabric").text("firmware-name") == "design.bin"
	assert by_phandle[tree.at("/fabric").cells("resets")[0]] == "/mailbox/resets"
	assert [by_phandle[tree.at("/bus/pl").cells("clocks")[0]], tree.at("/bus/pl").cells("clocks")[1]] == \
		["/mailbox/clocks", 71]
	assert by_phandle[tree.at("/bus/watch").cells("clocks")[0]] == "/bus/tick"
	assert {"afi", "pl", "watch", "tick"} <= set(tree.at("/bus").children)
	assert "dev@20000000" not in tree.at("/bus").children


def test_rates_of_the_fabric(make):
	"""assigned-clock-rates are found wherever their node stands, and through a clock that passes another on."""
	made = make(FABRIC)
	assert [merged(made, f"/clock-dev-20000000-{i}").cells("clock-frequency") for i in (0, 1)] == [[99999001], [99999001]]
	assert "--host-part FILE" in made.done.err, "what stays unapplied is said"
	assert "may be off" not in made.done.err


def test_clock_that_nobody_asks_for(make):
	made = make(overlay(("bus", CELLS + DEVICE.replace("};", "clocks = <&clocks 9>; };"))), "--clock-rate", "5")
	assert "clock 0, of /mailbox/clocks, stays with the host, where no device asks for it" in made.done.err


def test_host_part_of_nothing(make, tmp_path):
	made = make(overlay(("bus", CELLS + DEVICE)), "--host-part", tmp_path / "host.dtbo")
	assert "nothing stays with the host" in made.done.err and not (tmp_path / "host.dtbo").exists()


def test_host_part_inside_a_bus(make, board, tmp_path):
	"""The bus is in both halves: for the host, without what the guest has of it."""
	part = tmp_path / "host.dtbo"
	made = make(overlay(("{/}", f"""pl: pl {{ compatible = "simple-bus"; {CELLS} ranges; {DEVICE}
		afi {{ compatible = "xlnx,afi-fpga"; }}; }};""")), "--host-part", part)
	assert list(made.node("/pl").children) == ["dev@20000000"]
	host = fdt.parse(part.read_bytes()).at("/fragment@0/__overlay__/pl")
	assert list(host.children) == ["afi"] and host.text("compatible") == "simple-bus"


# Rates by name.

TWO = overlay(("bus", CELLS + DEVICE.replace("};", 'clocks = <&clocks 5>, <&clocks 6>; clock-names = "a", "b"; };')))


@pytest.mark.parametrize("words, rates", [
	(["a=10", "b=20"], [10, 20]), (["a=10,b=20"], [10, 20]), (["a=10", "30"], [10, 30]),
	(["clocks:5=1", "clocks:0x6=2"], [1, 2]), (["clocks=8"], [8, 8]), (["/mailbox/clocks:6=3", "4"], [4, 3]),
])
def test_rate_of_one_clock(make, words, rates):
	made = make(TWO, *(word for one in words for word in ("--clock-rate", one)))
	assert [merged(made, f"/clock-dev-20000000-{i}").cells("clock-frequency")[0] for i in (0, 1)] == rates


def test_named_rate_holds_before_the_trees(make):
	made = make(overlay(("mac", 'status = "okay";')), *RATES, "--clock-rate", "wire=50000000")
	assert merged(made, "/clock-ethernet-10300000-1").cells("clock-frequency") == [50000000]


def test_rate_of_a_clock_that_is_none(refused):
	assert "--clock-rate c: no clock" in refused(TWO, "--clock-rate", "1", "--clock-rate", "c=5")
	assert "the rate of clock 1" in refused(TWO, "--clock-rate", "a=1")
	for bad in ("=5", "a=", "a=0", "a=x", "", "a=4294967296"):
		refused(TWO, "--clock-rate", bad, status=2)


# Interrupts.

def test_inherited_own_controller(make):
	"""The fragment gives its target the overlay's controller for a parent."""
	made = make(overlay(("region", CELLS + """
		interrupt-parent = <&pic>;
		pic: pic@20010000 { reg = <0 0x20010000 0 0x1000>; interrupt-controller; #interrupt-cells = <3>;
			interrupts-extended = <&gic 0 60 4>; };
		timer@20020000 { reg = <0 0x20020000 0 0x1000>; interrupts = <0 40 4>; };
	""")))
	pic = phandle(made, "/pic@20010000")
	assert merged(made, "/timer@20020000").cells("interrupt-parent") == [pic]
	assert merged(made, "/timer@20020000").cells("interrupts") == [0, 40, 4]
	assert merged(made, "/pic@20010000").cells("interrupt-parent") == [GIC]
	assert "interrupt-parent" not in made.done.err


NEXUS = """
	bridge@20000000 { compatible = "simple-bus"; #address-cells = <1>; #size-cells = <1>;
		ranges = <0 0 0x20000000 0x10000>; #interrupt-cells = <1>; interrupt-map-mask = <0 7>;
		interrupt-map = <0 0 &gic 0 70 4>, <0 1 &gic 0 71 1>, <0 2 &pic 9>;
		pic: pic@1000 { reg = <0x1000 0x1000>; interrupt-controller; #interrupt-cells = <1>; interrupt-parent = <&gic>;
			interrupts = <0 72 4>; };
		uart@2000 { reg = <0x2000 0x1000>; interrupts = <1>, <0>; };
		mixed@3000 { reg = <0x3000 0x1000>; interrupts = <1>, <2>; };
	};
"""


def test_own_nexus(make):
	made = make(overlay(("bus", CELLS + NEXUS)))
	bus = made.node("/bridge@20000000")
	assert not {"interrupt-map", "interrupt-map-mask", "#interrupt-cells"} & set(bus.props)
	assert bus.children["uart@2000"].cells("interrupts") == [0, 71, 1, 0, 70, 4]
	assert merged(made, "/bridge@20000000/mixed@3000").cells("interrupts-extended") == \
		[GIC, 0, 71, 1, phandle(made, "/bridge@20000000/pic@1000"), 9]


PIC = "pic: pic@20010000 { reg = <0 0x20010000 0 0x1000>; interrupt-controller; #interrupt-cells = <1>; interrupts = <0 61 4>; };"


@pytest.mark.parametrize("lines, cells", [
	("<&gic 0 60 4>, <0>, <&gic 0 62 1>", [GIC, 0, 60, 4, 0, GIC, 0, 62, 1]),
	("<0>, <&gic 0 62 1>", [0, GIC, 0, 62, 1]),
	("<&gic 0 60 4>, <&pic 3>", [GIC, 0, 60, 4, "pic", 3]),
	("<&bank 1 1>, <&gic 0 62 1>", [0, GIC, 0, 62, 1]),
	("<&pic 2>, <&bank 1 1>, <&gic 0 62 1>", ["pic", 2, 0, GIC, 0, 62, 1]),
])
def test_lines_keep_their_places(make, lines, cells):
	made = make(overlay(("bus", CELLS + PIC + f'dev@20000000 {{ reg = <0 0x20000000 0 0x1000>; '
		f'interrupts-extended = {lines}; interrupt-names = "a", "b", "c"; }};')))
	pic = phandle(made, "/pic@20010000")
	assert merged(made, "/dev@20000000").cells("interrupts-extended") == [pic if one == "pic" else one for one in cells]
	assert ("which the guest does not have" in made.done.err) == ("bank" in lines)


def test_line_of_the_hosts_gpios(make):
	made = make(overlay(("bus", CELLS + DEVICE.replace("};", """
		mdio { #address-cells = <1>; #size-cells = <0>;
			phy@1 { reg = <1>; interrupt-parent = <&bank>; interrupts = <25 8>; }; }; };"""))))
	assert "interrupts" not in made.node("/dev@20000000/mdio/phy@1").props
	assert "interrupt 0 goes to /bus/pinctrl@10200000/gpio@10201000, which the guest does not have" in made.done.err


def test_pci_with_own_controller(make):
	made = make(overlay(("bus", CELLS + """
		pcie@20000000 { compatible = "vendor,pcie"; device_type = "pci"; reg = <0 0x20000000 0 0x100000>;
			#address-cells = <3>; #size-cells = <2>; #interrupt-cells = <1>;
			ranges = <0x2000000 0 0x21000000 0 0x21000000 0 0x100000>; interrupts = <0 60 4>;
			interrupt-map-mask = <0 0 0 7>;
			interrupt-map = <0 0 0 1 &intx 0>, <0 0 0 2 &gic 0 61 4>, <0 0 0 3 &bank 1 4>;
			intx: intx { interrupt-controller; #address-cells = <0>; #interrupt-cells = <1>; };
		};
	""")))
	intx = phandle(made, "/pcie@20000000/intx")
	assert merged(made, "/pcie@20000000").cells("interrupt-map") == [0, 0, 0, 1, intx, 0, 0, 0, 0, 2, GIC, 0, 61, 4]
	assert "interrupt-map: entry 2 goes to /bus/pinctrl@10200000/gpio@10201000" in made.done.err


# Buses.

def test_coherence_of_the_hosts_bus(make):
	made = make(overlay(("bus", CELLS + """
		card { compatible = "simple-bus"; #address-cells = <1>; #size-cells = <1>; ranges = <0 0 0x20000000 0x10000>;
			dma@1000 { reg = <0x1000 0x1000>; }; };
		own@20020000 { reg = <0 0x20020000 0 0x1000>; dma-noncoherent; };
		tick { compatible = "fixed-clock"; #clock-cells = <0>; clock-frequency = <7>; };
	""")))
	assert "dma-coherent" in made.node("/card").props
	assert "dma-coherent" not in made.node("/own@20020000").props
	assert "dma-coherent" not in made.node("/tick").props


@pytest.mark.parametrize("ranges", ["ranges;", ""])
def test_ports_are_no_memory(make, ranges):
	made = make(overlay(("bus", CELLS + DEVICE.replace("};", f"""
		#address-cells = <1>; #size-cells = <0>; {ranges}
		lane@0 {{ reg = <0>; }}; lane@1 {{ reg = <1>; }}; }};"""))))
	node = made.node("/dev@20000000")
	assert node.cells("#address-cells") == [1] and node.cells("#size-cells") == [0]
	assert node.children["lane@1"].cells("reg") == [1]


def test_register_without_size(make):
	made = make(overlay(("bus", CELLS + """
		a@20000000 { reg = <0 0x20000000 0 0x1000>, <0 0 0 0>, <0 0x20001000 0 0x1000>; };
		bridge { compatible = "simple-bus"; #address-cells = <1>; #size-cells = <1>; ranges = <0 0 0x20010000 0x10000>;
			empty@0 { reg = <0 0>; }; full@0 { reg = <0 0x1000>; }; };
	""")))
	assert made.node("/a@20000000").cells("reg") == [0, FREE_FROM, 0, 0x1000, 0, 0, 0, 0, 0, FREE_FROM + 0x1000, 0, 0x1000]
	assert "reg" not in made.node("/bridge/empty@0").props
	assert "/bus/bridge/empty@0: 'reg' has no size" in made.done.err


# Names and numbers.

def test_names_that_the_guest_has(make):
	made = make(overlay(("bus", CELLS + DEVICE + """
		timer { compatible = "vendor,soft-timer"; vendor,ticks = <3>; }; cpus { compatible = "vendor,soft"; };
		uart { compatible = "vendor,one"; }; """), ("region", CELLS + 'uart { compatible = "vendor,two"; };')))
	assert list(made.content.children) == ["dev@20000000", "bus-timer", "bus-cpus", "uart", "fabric-uart"]
	assert made.node("/bus-timer").text("xen,path") == "/bus/timer"
	assert merged(made, "/timer").text("compatible") == "arm,armv8-timer"
	assert "vendor,ticks" not in merged(made, "/timer").props
	assert "/bus/timer: the guest has a node of that name: it is named bus-timer there" in made.done.err


def test_phandles_by_number(make, board, read):
	tree = read(board)
	number = {name: tree.at(path).cells("phandle")[0] for name, path in
		(("bank", "/bus/pinctrl@10200000/gpio@10201000"), ("gic", "/bus/interrupt-controller@10000000"))}
	made = make(f"""/dts-v1/; / {{ fragment@0 {{ target-path = "/bus"; __overlay__ {{
		dev@20000000 {{ reg = <0 0x20000000 0 0x1000>; interrupt-parent = <{number["gic"]}>; interrupts = <0 60 4>;
			enable-gpios = <{number["bank"]} 3 0>; vendor,sibling = <{number["bank"]}>;
			vendor,lanes = <{max(number.values()) + 40}>; bus-width = <{number["bank"]}>; }}; }}; }}; }};""")
	node = made.node("/dev@20000000")
	assert "enable-gpios" not in node.props and "vendor,sibling" not in node.props
	assert "vendor,lanes" in node.props and "bus-width" in node.props
	assert "'enable-gpios' names what the guest does not have" in made.done.err
	assert node.cells("interrupt-parent") == [GIC]
