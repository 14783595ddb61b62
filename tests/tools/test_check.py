# SPDX-License-Identifier: Apache-2.0
"""graftctl check: every malformed case of tests/dts/bad, and more than one fault at once."""
import re
import struct

import pytest

from conftest import DTS, graftctl, run

BAD = sorted(path for path in (DTS / "bad").glob("*.dts"))
BLOCKS = {"header": None, "structure": 8, "strings": 12, "reserves": 16}


def patch(blob, block, offset, cell):
	field = BLOCKS[block]
	start = struct.unpack_from(">I", blob, field)[0] if field else 0
	struct.pack_into(">I", blob, start + offset, cell & 0xffffffff)


def build(source, tmp_path):
	"""As tests/unit/test_dt_bad.c does: what dtc cannot write is in the source's comments."""
	out = tmp_path / "bad.dtbo"
	run("dtc", "-q", "-f", "-I", "dts", "-O", "dtb", "-o", out, source)
	blob, expect = bytearray(out.read_bytes()), {"kind": "overlay"}
	for line in source.read_text().splitlines():
		if found := re.match(r"// patch: (\w+) (\d+) (\S+)", line):
			patch(blob, found[1], int(found[2]), int(found[3], 0))
		elif found := re.match(r"// rename: (\S+) (\S+)", line):
			blob = blob.replace(found[1].encode(), found[2].encode())
		elif found := re.match(r"// cut: (\d+)", line):
			blob = blob[:int(found[1])]
		elif found := re.match(r"// expect: (\w+) (.*)", line):
			expect["code"], expect["words"] = found[1], found[2]
		elif found := re.match(r"// kind: (\w+)", line):
			expect["kind"] = found[1]
	out.write_bytes(blob)
	return out, expect


@pytest.mark.parametrize("source", BAD, ids=lambda path: path.stem)
def test_bad(source, tmp_path, base):
	bad, expect = build(source, tmp_path)
	done = graftctl("check", bad, "--base", base, status=1)
	if expect["kind"] == "overlay":
		assert any(expect["code"] in line and expect["words"] in line for line in done.out.splitlines()), done.out
	# Without a base it must at least end.
	assert graftctl("check", bad).returncode in (0, 1)


@pytest.mark.parametrize("name", ["device", "status", "relabel", "own-target"])
def test_good(name, base, good):
	done = graftctl("check", good(name), "--base", base, status=0)
	assert done.out.endswith(": 0 faults\n")
	done = graftctl("check", good(name), status=0)
	assert done.out.endswith(": 0 faults\n")


def test_guest_blob_without_base(good):
	graftctl("check", good("guest"), status=0)


MANY = """
/dts-v1/;
/ {
	fragment@0 {
		target-path = "/nowhere";
		__overlay__ { a; };
	};
	fragment@1 {
		target = <0xffffffff>;
		__overlay__ { b; };
	};
	fragment@2 {
		target-path = "/soc";
		__overlay__ {
			one { ref = <0xffffffff>; };
		};
	};
	fragment@3 {
		target-path = "/soc";
		__overlay__ {
			one { };
		};
	};
	__fixups__ {
		missing = "/fragment@1:target:0";
		gone = "/fragment@2/__overlay__/one:ref:0";
		gic = "/fragment@2/__overlay__/one:ref:400";
	};
};
"""


def test_every_fault(base, compile_dts):
	done = graftctl("check", compile_dts(MANY), "--base", base, status=1)
	for words in ["target-path '/nowhere'", "label 'missing'", "label 'gone'", "byte 400 of 'ref'",
			"/soc/one: comes from two fragments"]:
		assert sum(words in line for line in re.findall(": E[A-Z]+: .*", done.out)) == 1, done.out
	count = int(re.search(r": (\d+) faults$", done.out, re.M)[1])
	assert count == len(re.findall(r": E[A-Z]+: ", done.out)) >= 5


TWICE = """
/dts-v1/;
/plugin/;
/ {
	fragment@0 { target-path = "/led"; __overlay__ { led-0 { a; }; }; };
	fragment@1 { target-path = "/led"; __overlay__ { led-0 { b; }; }; };
	fragment@2 { target = <&led>; __overlay__ { led-1 { c; deep { }; }; }; };
	fragment@3 { target = <&led>; __overlay__ { led-1 { d; deep { %s; }; }; }; };
	fragment@4 { target = <&led>; __overlay__ { led-1 { deep { e; }; }; }; };
};
"""


def test_node_in_two_fragments_may_be_in_the_base(compile_dts):
	graftctl("check", compile_dts(TWICE % "f"), status=0)
	done = graftctl("check", compile_dts(TWICE % "e"), status=1)
	assert "deep: property 'e' comes from two fragments" in done.out and ": 1 fault\n" in done.out


RESOURCES = """
/dts-v1/;
/plugin/;
&{/soc} {
	cut@6000 { reg = <0x6000>; interrupts = <0 20>; iommus = <0x77 1>; };
	i2c@7000 {
		reg = <0x7000 0x1000>;
		#address-cells = <1>;
		#size-cells = <0>;
		eeprom@50 { reg = <0x50>; };
	};
};
"""


def test_resources(base, compile_dts):
	overlay = compile_dts(RESOURCES)
	done = graftctl("check", overlay, "--base", base, status=1)
	assert done.out.count(": EINVAL: /soc/cut@6000") == 3
	assert "eeprom" not in done.out
	graftctl("check", overlay, status=0)


def test_base_that_is_none(good, tmp_path):
	(tmp_path / "no").write_bytes(b"no")
	done = graftctl("check", good("device"), "--base", tmp_path / "no", status=1)
	assert str(tmp_path / "no") in done.err


SOC = """
/dts-v1/;
/ {
	#address-cells = <1>;
	#size-cells = <1>;
	interrupt-parent = <&gic>;
	memory@80000000 { device_type = "memory"; reg = <0x80000000 0x1000000>; };
	gic: interrupt-controller@1000000 {
		compatible = "arm,gic-v3";
		#interrupt-cells = <3>;
		interrupt-controller;
		reg = <0x1000000 0x10000>;
	};
	smmu: iommu@1100000 { compatible = "arm,smmu-v3"; #iommu-cells = <1>; reg = <0x1100000 0x20000>; };
	soc: soc {
		compatible = "simple-bus";
		#address-cells = <1>;
		#size-cells = <1>;
		ranges = <0 0x2000000 0x100000>;
		used: used@0 { reg = <0 0x1000>; interrupts = <0 1 4>; };
		idle: idle@1000 { reg = <0x1000 0x1000>; interrupts = <0 2 4>; status = "disabled"; };
		empty: empty { };
	};
	%s
};
"""


@pytest.fixture
def soc(compile_dts):
	return compile_dts(SOC % "", "soc")


@pytest.fixture
def check(compile_dts, soc):
	"""What check says of fragments' source on that machine: (faults and remarks, Linux, attach)."""
	def check(body, status=0, more=""):
		done = graftctl("check", compile_dts(f"/dts-v1/;\n/plugin/;\n{body}"), "--base", soc, status=status)
		lines = [line.split(": ", 1)[1] for line in done.out.splitlines()]
		assert lines[-1].endswith((" fault", " faults"))
		return lines[:-3], lines[-3], lines[-2]
	return check


@pytest.mark.parametrize("body, words", [
	# Below a simple-bus an address is meant for memory, whichever bus above it has no ranges.
	("&soc { b { compatible = \"simple-bus\"; #address-cells = <1>; #size-cells = <1>; u@5 { reg = <5 1>; }; }; };",
		"/soc/b/u@5: reg: the simple-bus /soc/b has no ranges: not in the CPU's memory"),
	("&soc { b { compatible = \"simple-bus\"; c { #address-cells = <1>; #size-cells = <1>; ranges; "
		"u@5 { reg = <5 1>; }; }; }; };",
		"/soc/b/c/u@5: reg: the simple-bus /soc/b has no ranges: not in the CPU's memory"),
	("&soc { a@ff000 { reg = <0xff000 0x2000>; }; };",
		"/soc/a@ff000: no entry of ranges in /soc covers 0xff000, size 0x2000 whole"),
	("&soc { a@5000 { reg = <0x5000 1>; interrupts = <89 4 90>; }; };",
		"/soc/a@5000: interrupt <89 4 ...>: not a GIC's specifier"),
	("&soc { a@5000 { reg = <0x5000 1>; interrupts = <0 9 8>; }; };",
		"/soc/a@5000: interrupt <0 9 8>: an SPI is triggered by a rising edge (1) or a high level (4) alone"),
	("&used { interrupts = <0 9 2>; };",
		"/soc/used@0: interrupt <0 9 2>: an SPI is triggered by a rising edge (1) or a high level (4) alone"),
	("/ { lost: clock { #clock-cells = <0>; }; };\n&soc { a@5000 { clocks = <&lost>; }; };",
		"/clock: lies below the root of the overlay's blob, in no fragment: it does not come into the tree"),
	("&sock { a@5000 { ref = <&gic>; }; };",
		"fragment@0: label 'sock' is not in the tree: was the base built with dtc -@ ?"),
	("&soc { #address-cells = <2>; };", "/soc: '#address-cells' cannot change while there are nodes below"),
])
def test_one_fault_one_sentence(check, body, words):
	faults, _, _ = check(body, status=1)
	assert [fault.split(": ", 1)[1] for fault in faults] == [words]


@pytest.mark.parametrize("body", [
	# Chip selects and ports leave the cells out; what is switched off is no stray.
	"&soc { spi@5000 { reg = <0x5000 0x100>; dac@0 { reg = <0>; }; ports { port@1 { reg = <1>; }; }; }; };",
	"&soc { pmic { compatible = \"simple-bus\"; #address-cells = <1>; #size-cells = <0>; ldo@3 { reg = <3>; }; }; };",
	"/ { fragment@9 { target = <&soc>; __dormant__ { x; }; }; };\n&soc { a; };",
	"&soc { #address-cells = <1>; #size-cells = <1>; a@5000 { reg = <0x5000 1>; }; };",
	"&soc { a@5000 { reg = <0x5000 0x1000>; interrupts = <0 9 0>, <1 9 0xf08>; status = \"disabled\"; }; };",
])
def test_no_fault(check, body):
	faults, linux, attach = check(body)
	assert faults == [] and linux == "Linux will take it" and attach.startswith("attach will take it")


def test_alias_into_the_blob(check):
	faults, _, _ = check("&soc { u: u@5000 { reg = <0x5000 1>; }; };\n&{/} { aliases { serial7 = &u; }; };")
	assert faults == ["remark: /aliases: 'serial7' stays \"/fragment@0/__overlay__/u@5000\": "
		"a path of the blob, which is not one of the tree"]


@pytest.mark.parametrize("body, words", [
	("&empty { #size-cells = <0>; };", None),
	("&soc { ref = <&own>; own: used@0 { a; }; };", "/soc/used@0: it has a phandle, and another one in the overlay"),
	("&soc { used@0 { a; }; };", None),
])
def test_what_linux_says(check, body, words):
	_, linux, _ = check(body)
	assert linux == "Linux will take it" if words is None else linux.startswith("Linux will refuse it: ") and words in linux


def test_linux_and_own_target(base, good):
	done = graftctl("check", good("own-target"), "--base", base, status=0)
	assert re.search(r"Linux will refuse it: fragment@\d: the target is a node that the overlay itself brings", done.out)


def test_linux_and_changed_cells(compile_dts, soc, check):
	base = compile_dts(SOC % "lone { #address-cells = <1>; };", "lone")
	overlay = compile_dts("/dts-v1/;\n/plugin/;\n&{/lone} { #address-cells = <2>; };")
	done = graftctl("check", overlay, "--base", base, status=0)
	assert "Linux will refuse it: /lone: '#address-cells' cannot change\n" in done.out


def test_linux_and_labels(tmp_path, compile_dts):
	source = tmp_path / "bare.dts"
	source.write_text("/dts-v1/; / { bus { }; };")
	run("dtc", "-q", "-o", tmp_path / "bare.dtb", source, status=0)
	overlay = compile_dts("/dts-v1/;\n/plugin/;\n&{/bus} { x: x { }; };")
	done = graftctl("check", overlay, "--base", tmp_path / "bare.dtb", status=0)
	assert "Linux will refuse it: it has labels, and the tree has no /__symbols__" in done.out


@pytest.mark.parametrize("body, words", [
	("&soc { a@5000 { reg = <0x5000 0x1000>; iommus = <&smmu 1>; }; };",
		"attach will take it for Dom0, and refuse it for a guest: /soc/a@5000: behind an IOMMU that Graft does not drive"),
	("&soc { a@5000 { reg = <0x5000 0x1000>; }; };",
		"attach will take it, for a guest with xen,force-assign-without-iommu"),
	("&soc { a@5000 { reg = <0x5000 0x1000>; xen,force-assign-without-iommu; }; };", "attach will take it"),
	("&soc { a { x; }; };", "attach will take it"),
	("&soc { a@100 { reg = <0x100 8>; xen,force-assign-without-iommu; }; };",
		"attach will take it for Dom0, and refuse it for a guest: /soc/a@100: registers 0x2000100 (0x8 bytes): "
		"owned by d0 (/soc/used@0) [rule one-owner]"),
	("&idle { status = \"okay\"; };", "attach will take it, for a guest with xen,force-assign-without-iommu"),
	("&idle { reg = <0 0x10>; };", "attach will take it"),  # disabled still
	("&{/} { a@80000000 { reg = <0x80000000 1>; }; };", "attach will refuse it: /a@80000000: registers 0x80000000"),
	("&{/} { a@1000000 { reg = <0x1000000 1>; }; };", "owned by Graft (/interrupt-controller@1000000)"),
	("&{/} { s@1200000 { compatible = \"arm,smmu-v3\"; reg = <0x1200000 0x20000>; }; };",
		"attach will refuse it: /s@1200000: a device of this kind is Graft's own [rule kept-device]"),
	("&soc { a@5000 { interrupts = <0 9 4>; }; b@6000 { interrupts = <0 9 1>; }; };", "has it as level triggered"),
])
def test_what_attach_says(check, body, words):
	_, _, attach = check(body)
	assert attach == words if words.startswith("attach will take it") and ":" not in words else words in attach


HOST = """&soc { a@5000 { reg = <0x5000 0x1000>; interrupts = <0 9 4>; }; };"""
GUEST = """
/dts-v1/;
/ {
	fragment@0 {
		target-path = "/";
		__overlay__ {
			#address-cells = <2>;
			#size-cells = <2>;
			a@10000000 {
				compatible = "x,a";
				xen,path = "/soc/a@5000";
				%s
			};
		};
	};
};
"""
PLACED = "reg = <0 0x10000000 0 0x1000>; xen,reg = <0 0x2005000 0 0x1000 0 0x10000000>;"
RIGHT = PLACED + "interrupt-parent = <0xfde8>; interrupts = <0 9 4>; xen,force-assign-without-iommu;"


@pytest.fixture
def check_guest(compile_dts, soc):
	def check_guest(props, status):
		host = compile_dts(f"/dts-v1/;\n/plugin/;\n{HOST}", "host")
		return graftctl("check", compile_dts(GUEST % props, "domu"), "--host", host, "--base", soc, status=status).out
	return check_guest


def test_guest_blob(check_guest):
	out = check_guest(RIGHT, 0)
	assert "Linux will take it\n" in out and "attach will take it\n" in out and out.endswith(": 0 faults\n")
	assert "attach: give d1 registers 0x2005000 (0x1000 bytes) of /soc/a@5000, at 0x10000000\n" in out


@pytest.mark.parametrize("props, words", [
	(RIGHT.replace("xen,force-assign-without-iommu;", ""), "[rule force-without-iommu]"),
	(RIGHT.replace("<0 9 4>", "<0 9 1>"), "level triggered, but /a@10000000 has it as edge triggered"),
	(RIGHT.replace("<0 9 4>", "<0 8 4>"), "it has no such interrupt, but /a@10000000 names it"),
	(RIGHT.replace("0x2005000 0 0x1000", "0x2005000 0 0x2000"), "more than it has from there on"),
	(RIGHT.replace("0 0x10000000>;", "0 0x10000800>;"), "not page-aligned"),
	(RIGHT.replace(PLACED, ""), "no xen,reg in /a@10000000 says where d1 is to see them"),
	(RIGHT.replace("0xfde8", "1"), "the guest's interrupt controller is 0xfde8"),
])
def test_guest_blob_that_attach_refuses(check_guest, props, words):
	out = check_guest(props, 1)
	assert "attach will refuse it: " in out and words in out, out


def test_guest_blob_reg_elsewhere(check_guest):
	out = check_guest(RIGHT.replace("reg = <0 0x10000000", "reg = <0 0x11000000", 1), 0)
	assert "attach: /a@10000000: reg says 0x11000000" in out and "attach will take it\n" in out


def test_guest_blob_needs_the_base(compile_dts, good):
	assert "--host needs --base" in graftctl("check", good("guest"), "--host", good("device"), status=2).err
