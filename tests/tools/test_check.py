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
		assert sum(words in line for line in done.out.splitlines()) == 1, done.out
	count = int(re.search(r": (\d+) faults$", done.out, re.M)[1])
	assert count == len(done.out.splitlines()) - 1 >= 5


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
	assert done.out.count("/soc/cut@6000") == 3
	assert "eeprom" not in done.out
	graftctl("check", overlay, status=0)


def test_base_that_is_none(good, tmp_path):
	(tmp_path / "no").write_bytes(b"no")
	done = graftctl("check", good("device"), "--base", tmp_path / "no", status=1)
	assert str(tmp_path / "no") in done.err
