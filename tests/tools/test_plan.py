# SPDX-License-Identifier: Apache-2.0
"""graftctl plan: what is brought, what is in the way, as a table and as JSON."""
import json

import pytest

from conftest import DTS, TOP, graftctl
from schema import validate

SCHEMA = json.loads((TOP / "tools/plan.schema.json").read_text())


def plan(overlay, base, status):
	done = graftctl("plan", overlay, "--base", base, "--json", status=status)
	value = json.loads(done.out)
	validate(value, SCHEMA)
	return value


def device(body, parent="/soc"):
	return f"/dts-v1/;\n/plugin/;\n&{{{parent}}} {{\n{body}\n}};\n"


# Address 0xe00000 of /soc is 0x50e00000, which is RAM in this tree; below /, nothing is at 0x9100000.
FREE = "free@9100000 { compatible = \"a,b\", \"c\"; reg = <0 0x9100000 0 0x2000>; interrupts = <0 60 1>; " \
	"iommus = <0x%x 0x7fff0000>; };"


@pytest.fixture
def smmu(base, read):
	return read(base).at("/iommu@9050000").cells("phandle")[0]


def test_free(base, compile_dts, smmu):
	value = plan(compile_dts(device(FREE % smmu, "/")), base, 0)
	assert value["conflicts"] == value["faults"] == value["changes"] == []
	assert value["nodes"] == [{
		"path": "/free@9100000", "enabled": True, "brought": True, "compatible": "a,b",
		"windows": [{"property": "reg", "base": "0x9100000", "size": "0x2000"}],
		"interrupts": [{"property": "interrupts", "controller": "/interrupt-controller@8000000",
			"cells": [0, 60, 1], "kind": "SPI", "intid": 92, "trigger": "edge"}],
		"streams": [{"property": "iommus", "iommu": "/iommu@9050000", "cells": [0x7fff0000], "count": 1}],
	}]


def test_table(base, compile_dts, smmu):
	done = graftctl("plan", compile_dts(device(FREE % smmu, "/")), "--base", base, status=0)
	head, row, last = done.out.splitlines()
	assert head.split() == ["NODE", "MMIO", "INTERRUPT", "STREAM", "NOTE"]
	assert row.split() == ["/free@9100000", "0x9100000-0x9101fff", "SPI", "60", "edge", "/iommu@9050000",
		"0x7fff0000"]
	assert row.index("0x9100000-") == head.index("MMIO") and row.index("SPI") == head.index("INTERRUPT")
	assert last == "no conflicts"


@pytest.mark.parametrize("body, parent, rule, other", [
	("x { reg = <0 0x7fffffff 0 1>; };", "/", "ram", "/memory@40000000"),
	("x { reg = <0 0x40000800 0 0x10>; };", "/", "ram", "/memory@40000000"),
	("x { reg = <0x6000 0x1000>; };", "/soc", "ram", "/memory@40000000"),
	("x { reg = <0 0x8000000 0 0x1000>; };", "/", "interrupt-controller", "/interrupt-controller@8000000"),
	("x { reg = <0 0x8080800 0 4>; };", "/", "interrupt-controller",
		"/interrupt-controller@8000000/its@8080000"),
	("x { reg = <0 0x9060000 0 0x10000>; };", "/", "overlap", "/iommu@9050000"),
	("x { reg = <0 0x9070000 0 4>, <0 0x906fffc 0 4>; };", "/", "overlap", "/iommu@9050000"),
	("x { reg = <0x40 0x1fffffff 0 1>; };", "/", "overlap", "/pcie@10000000"),
	("x { reg = <0 0x20000000 0 0x1000>; };", "/", "overlap", "/pcie@10000000"),
	("x { interrupts = <0 74 1>; };", "/", "interrupt", "/iommu@9050000"),
	("x { interrupts = <0 4 4>; };", "/", "interrupt", "/pcie@10000000"),
	("x { interrupts = <1 13 4>; };", "/", "private-interrupt", None),
])
def test_conflict(base, compile_dts, body, parent, rule, other):
	found = plan(compile_dts(device(body, parent)), base, 1)["conflicts"]
	assert (rule, other) in [(one["rule"], one.get("with")) for one in found]
	assert all(one["rule"] == rule or parent == "/soc" or rule == "overlap" for one in found), found
	done = graftctl("plan", compile_dts(device(body, parent)), "--base", base, status=1)
	assert "conflict" in done.out and (other or "private") in done.out


SMALL = """
/dts-v1/;
/ {
	#address-cells = <1>;
	#size-cells = <1>;
	uart@1000800 { reg = <0x1000800 0x100>; };
	off@1002000 { reg = <0x1002000 0x100>; status = "disabled"; };
};
"""


def test_shared_page(compile_dts):
	base = compile_dts(SMALL, "small")
	found = plan(compile_dts(device("x { reg = <0x1000000 0x100>; };", "/")), base, 1)["conflicts"]
	assert [(one["rule"], one["with"]) for one in found] == [("shared-page", "/uart@1000800")]
	assert plan(compile_dts(device("x { reg = <0x1001000 0x1000>; };", "/")), base, 0)["conflicts"] == []
	# A disabled node has no owner; nor has one that the overlay brings.
	assert plan(compile_dts(device("x { reg = <0x1002000 4>; };", "/")), base, 0)["conflicts"] == []
	off = 'x { reg = <0x1000800 4>; status = "disabled"; };'
	assert plan(compile_dts(device(off, "/")), base, 0)["conflicts"] == []
	off = 'b { status = "disabled"; ranges; #address-cells = <1>; #size-cells = <1>; x { reg = <0x1000800 4>; }; };'
	value = plan(compile_dts(device(off, "/")), base, 0)
	assert value["conflicts"] == [] and [node["enabled"] for node in value["nodes"]] == [False, False]


def test_one_trigger(base, compile_dts):
	both = "x { interrupts = <0 60 4>; }; y { interrupts = <0 60 4>; }; z { interrupts = <0 60 1>; };"
	found = plan(compile_dts(device(both, "/")), base, 1)["conflicts"]
	assert {(one["rule"], one["path"], one["with"]) for one in found} == {("trigger", "/z", "/x"), ("trigger", "/z", "/y")}
	same = both.replace("60 1", "60 4")
	assert plan(compile_dts(device(same, "/")), base, 0)["conflicts"] == []


@pytest.mark.parametrize("body, rule, other", [
	("reg = <0 0x100>, <0x80000000 0x1000>; status = \"okay\";", None, None),
	("reg = <0x1000 0x100>; status = \"okay\";", "overlap", "/soc/serial@1000"),
	("interrupts-extended = <&gic 0 1 1>; status = \"okay\";", "interrupt", "/soc/serial@1000"),
])
def test_changed_resources(base, compile_dts, body, rule, other):
	text = device(body, "/soc/spi@2000").replace("&{/soc/spi@2000}", "&spi0")
	value = json.loads(graftctl("plan", compile_dts(text), "--base", base, "--json").out)
	found = {(one["rule"], one["with"]) for one in value["conflicts"] if one["rule"] != "stream"}
	assert (rule, other) in found if rule else found == {("ram", "/memory@40000000")}


def test_remarks(base, compile_dts):
	text = device("u: x@9100000 { reg = <0 0x9100000 0 4>; };", "/") + "&{/aliases} { serial7 = &u; };"
	value = plan(compile_dts(text), base, 0)
	assert len(value["remarks"]) == 1 and "'serial7' stays \"/fragment@0/__overlay__/x@9100000\"" in value["remarks"][0]
	assert "remark" in graftctl("plan", compile_dts(text), "--base", base, status=0).out
	assert plan(compile_dts(device("x { };", "/")), base, 0)["remarks"] == []


def test_stream(base, compile_dts, smmu):
	found = plan(compile_dts(device(f"x {{ iommus = <{smmu} 0x11>; }};", "/")), base, 1)["conflicts"]
	assert {(one["rule"], one["with"]) for one in found} == {("stream", "/pcie@10000000")}  # spi@2000 is disabled


def test_nodes_of_one_overlay_do_not_conflict(compile_dts):
	both = "x@1010000 { reg = <0x1010000 0x100>; }; y@1010100 { reg = <0x1010100 0x100>; };"
	assert plan(compile_dts(device(both, "/")), compile_dts(SMALL, "small"), 0)["conflicts"] == []


def test_changes(base, good):
	value = plan(good("status"), base, 1)
	# The base of these tests has that SPI controller in RAM.
	assert {one["path"] for one in value["conflicts"]} == {"/soc/spi@2000"}
	assert {"path": "/soc/spi@2000", "property": "status", "kind": "changed"} in value["changes"]
	assert {"path": "/soc/spi@2000", "property": "spi-max-frequency", "kind": "added"} in value["changes"]
	assert [(node["path"], node["brought"]) for node in value["nodes"]] == [
		("/soc/spi@2000", False), ("/soc/spi@2000/flash@0", False), ("/soc/spi@2000/flash@0/partition", True)]


STATUS_ONLY = """
	flash@9400000 { reg = <0 0x9400000 0 0x1000>; };
	off: off@9300000 { reg = <0 0x9300000 0 0x1000>; interrupts = <0 60 4>; iommus = <&smmu 0x7fff0000>;
		status = "disabled"; part { interrupts = <0 61 4>; }; };
	busy: busy@9400000 { reg = <0 0x9400000 0 0x1000>; status = "disabled"; };
"""


@pytest.fixture
def status_base(compile_dts):
	text = (DTS / "base.dts").read_text()
	return compile_dts(text.replace("cpus {", STATUS_ONLY + "\tcpus {", 1), "status_base")


def test_status_only(status_base, compile_dts):
	"""A node of the base that the overlay enables is shown like one that it brings, with what is below it."""
	value = plan(compile_dts("/dts-v1/; /plugin/; &off { status = \"okay\"; };"), status_base, 0)
	dev, part = value["nodes"]
	assert (dev["path"], dev["enabled"], dev["brought"]) == ("/off@9300000", True, False)
	assert [one["base"] for one in dev["windows"]] == ["0x9300000"]
	assert [one["intid"] for one in dev["interrupts"]] == [92] and dev["streams"][0]["cells"] == [0x7fff0000]
	assert part["path"] == "/off@9300000/part" and part["interrupts"][0]["intid"] == 93
	# Enabled by two of its properties, it comes once.
	twice = compile_dts("/dts-v1/; /plugin/; &off { status = \"okay\"; interrupts = <0 62 4>; };")
	value = plan(twice, status_base, 0)
	assert [one["path"] for one in value["nodes"]] == ["/off@9300000", "/off@9300000/part"]
	assert [one["intid"] for one in value["nodes"][0]["interrupts"]] == [94]


def test_status_only_in_the_way(status_base, compile_dts):
	busy = compile_dts("/dts-v1/; /plugin/; &busy { status = \"okay\"; };")
	found, = plan(busy, status_base, 1)["conflicts"]
	assert (found["rule"], found["path"], found["with"]) == ("overlap", "/busy@9400000", "/flash@9400000")


def test_disabled(base, compile_dts):
	value = plan(compile_dts(device('x { status = "disabled"; };', "/")), base, 0)
	assert value["nodes"][0]["enabled"] is False
	done = graftctl("plan", compile_dts(device('x { status = "disabled"; };', "/")), "--base", base, status=0)
	assert "disabled" in done.out


def test_fault(base, compile_dts):
	value = plan(compile_dts(device("x { reg = <0 1 2>; };", "/")), base, 1)
	assert value["faults"] == [{"error": "EINVAL", "text": "/x: reg: entry 0 is cut off"}]


def test_refused(base, good):
	done = graftctl("plan", good("stacked"), "--base", base, "--json", status=1)
	assert done.out == "" and "label 'dev0'" in done.err


def test_names_are_escaped(base, compile_dts):
	value = plan(compile_dts(device('x { compatible = "a\\"\\\\\\x01\\xff"; };', "/")), base, 0)
	assert value["nodes"][0]["compatible"] == 'a"\\\x01\ufffd'
