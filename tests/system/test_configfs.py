# SPDX-License-Identifier: Apache-2.0
"""Overlays on Dom0's own live tree, through configfs (linux/). About the kernel's module alone: no device of
the machine, nothing asked of the hypervisor."""
import base64
import gzip
import subprocess
import textwrap

import pytest

TOP = "/sys/kernel/config/device-tree/overlays"
TREE = "/sys/firmware/devicetree/base"

CLOCK = """
	&{/} {
		%s {
			compatible = "fixed-clock";
			#clock-cells = <0>;
			clock-frequency = <%d>;
			status = "%s";
		};
	};
"""
ENABLE = '&{/%s} { status = "okay"; child { }; };'


def clock(name, frequency=1000, status="okay"):
	return CLOCK % (name, frequency, status)


def compiled(source, *options):
	return subprocess.run(["dtc", "-q", *options, "-I", "dts", "-O", "dtb", "-"], check=True, capture_output=True,
		input=f"/dts-v1/; /plugin/;\n{source}".encode()).stdout


class Guest:
	"""Dom0, with what configfs is used for."""

	def __init__(self, machine):
		self.machine = machine
		self.check, self.run = machine.check, machine.run

	def put(self, name, blob):
		"""A file in /tmp. A terminal's line holds 4095 bytes."""
		self.check(f": >/tmp/{name}.64")
		for line in textwrap.wrap(base64.b64encode(gzip.compress(blob)).decode(), 3000):
			self.check(f"echo {line} >>/tmp/{name}.64")
		self.check(f"base64 -d /tmp/{name}.64 | gunzip >/tmp/{name}.dtbo")

	def mkdir(self, name):
		self.check(f"mkdir -p {TOP}/{name}")

	def write(self, name, file):
		return self.run(f"cat /tmp/{file}.dtbo >{TOP}/{name}/dtbo")

	def rmdir(self, name):
		self.check(f"rmdir {TOP}/{name}")

	def status(self, name):
		return self.check(f"cat {TOP}/{name}/status").splitlines()

	def property(self, path):
		return self.check(f"tr -d '\\000' <{TREE}/{path}")

	def has(self, path):
		return self.run(f"[ -e {TREE}/{path} ]").status == 0

	def tree(self):
		"""All names, and what is in all properties."""
		return self.check(f"cd {TREE} && find . | sort | md5sum; find . -type f -exec cat {{}} + | md5sum")


@pytest.fixture(scope="module")
def trees():
	"""The tree of each machine before the first test."""
	return {}


@pytest.fixture
def guest(dom0, trees):
	guest = Guest(dom0)
	guest.check("modprobe dt-overlay-configfs")
	guest.check("dmesg -c >/dev/null")
	if dom0 not in trees:
		trees[dom0] = guest.tree()
	yield guest
	if dom0.broken:
		return
	# What a failed test left: each turn takes what nothing builds on.
	dom0.run(f"for n in 1 2 3 4; do rmdir {TOP}/* 2>/dev/null; done; rm -f /tmp/*.dtbo /tmp/*.64")
	assert guest.check(f"ls {TOP}") == ""
	assert guest.tree() == trees[dom0]
	assert guest.run("dmesg | grep -E 'memory leak|WARNING|BUG|Oops|refcount|Call trace'").output == ""


def test_the_documents_commands(guest):
	guest.put("overlay", compiled(clock("new-clock", 4711)))
	guest.check("cd /tmp; "
		"mkdir -p /sys/kernel/config/device-tree/overlays/new_overlay; "
		"cat overlay.dtbo > /sys/kernel/config/device-tree/overlays/new_overlay/dtbo")
	assert guest.status("new_overlay") == ["applied"]
	assert guest.property("new-clock/compatible") == "fixed-clock"
	# A driver has taken the device, and gives it back.
	assert guest.check("cat /sys/kernel/debug/clk/new-clock/clk_rate 2>/dev/null || "
		"ls -d /sys/bus/platform/drivers/of_fixed_clk/new-clock") != ""
	guest.rmdir("new_overlay")
	assert not guest.has("new-clock")
	assert guest.check("ls /sys/bus/platform/drivers/of_fixed_clk").find("new-clock") < 0


def test_twenty_rounds(guest):
	guest.put("a", compiled(clock("round-clock")))
	slab = "sync; echo 3 >/proc/sys/vm/drop_caches; sed -n 's/^SUnreclaim: *\\([0-9]*\\) kB/\\1/p' /proc/meminfo"
	rounds = (f"for n in $(seq COUNT); do mkdir {TOP}/r && cat /tmp/a.dtbo >{TOP}/r/dtbo && "
		f"[ -e {TREE}/round-clock ] && rmdir {TOP}/r && [ ! -e {TREE}/round-clock ] || exit 1; done")
	guest.check("(" + rounds.replace("COUNT", "3") + ")")
	before = int(guest.check(slab))
	guest.check("(" + rounds.replace("COUNT", "20") + ")")
	for _ in range(30):  # some of it the kernel frees late
		after = int(guest.check(slab))
		if after - before < 512:
			break
		guest.check("sleep 1")
	assert after - before < 512


def bad_blobs(good):
	"""Name, blob, what cat says."""
	yield "garbage", b"this is not a device tree blob", "Invalid argument"
	yield "short-header", good[:4] + (39).to_bytes(4, "big") + good[8:], "Invalid argument"
	yield "broken-structure", good[:56] + b"\xff" * 64 + good[120:], "Invalid argument"
	yield "longer-than-it-says", good + bytes(4), "Invalid argument"
	yield "too-large", good[:4] + (1 << 21).to_bytes(4, "big") + good[8:], "File too large"
	for name, source in {
		"no-target": "&{/no/such/node} { new { }; };",
		"no-label": "&nobody { new { }; };",
		"second-target": "&{/under} { x = <1>; }; &{/no/such/node} { new { }; };",
		"node-twice": "&{/under} { a { }; }; &{/under} { a { }; };",
		"property-twice": "&{/under} { x = <1>; }; &{/under} { x = <2>; };",
		"other-cells": "&{/under} { x = <1>; #address-cells = <2>; };",
		"other-phandle": "&{/under} { x = <1>; below { phandle = <7>; }; };",
	}.items():
		yield name, compiled(source), "Invalid argument"


def test_what_cannot_be_applied_fails_the_write(guest):
	good = compiled(clock("good-clock"))
	guest.put("under", compiled("&{/} { under { #address-cells = <1>; below { phandle = <9>; }; }; };"))
	guest.mkdir("under")
	assert guest.write("under", "under").status == 0
	before = guest.tree()
	guest.mkdir("it")
	for name, blob, error in bad_blobs(good):
		guest.put("bad", blob)
		result = guest.write("it", "bad")
		assert (name, result.status) == (name, 1)
		assert result.output.endswith("write error: " + error)
		first, second = guest.status("it")
		assert first == "unapplied" and second.startswith("error: -E")
	assert guest.tree() == before
	# What was there before is not held by what failed, and the same folder takes a good one.
	assert guest.status("under") == ["applied"]
	guest.rmdir("under")
	guest.put("good", good)
	assert guest.write("it", "good").status == 0
	assert guest.status("it") == ["applied"]


def test_twice_is_refused(guest):
	guest.put("a", compiled(clock("once")))
	guest.mkdir("a")
	assert guest.write("a", "a").status == 0
	assert "File exists" in guest.write("a", "a").output
	assert "File exists" in guest.run(f"echo x >{TOP}/a/path").output
	assert guest.status("a") == ["applied"]


def test_in_many_writes(guest):
	"""Longer than what configfs hands on at once, and in pieces of all sizes."""
	guest.put("long", compiled('&{/} { long { data = [' + "5a" * 300000 + ']; }; };'))
	guest.put("small", compiled(clock("small")))
	guest.mkdir("long")
	assert guest.write("long", "long").status == 0
	assert guest.check(f"wc -c <{TREE}/long/data") == "300000"
	for size in [1, 3, 7, 40]:
		guest.mkdir("small")
		guest.check(f"dd if=/tmp/small.dtbo of={TOP}/small/dtbo bs={size} 2>/dev/null")
		assert guest.status("small") == ["applied"]
		guest.rmdir("small")


def test_a_half_does_not_spoil_the_next(guest):
	blob = compiled(clock("half"))
	guest.put("half", blob[:100])
	guest.put("whole", blob)
	guest.mkdir("it")
	assert guest.write("it", "half").status == 0
	assert guest.status("it") == ["unapplied", f"incomplete: 100 of {len(blob)} bytes"]
	assert guest.write("it", "whole").status == 0
	assert guest.status("it") == ["applied"]


def test_by_the_name_of_a_firmware_file(guest):
	blob = compiled(clock("firm"))
	guest.put("firm", blob)
	guest.put("cut", blob[:-4])
	guest.check("mkdir -p /lib/firmware && cp /tmp/firm.dtbo /tmp/cut.dtbo /lib/firmware")
	guest.mkdir("it")
	assert "No such file" in guest.run(f"echo nothing.dtbo >{TOP}/it/path").output
	assert "Invalid argument" in guest.run(f"echo cut.dtbo >{TOP}/it/path").output
	assert guest.status("it") == ["unapplied", "error: -EINVAL"]
	guest.check(f"echo firm.dtbo >{TOP}/it/path")
	assert guest.check(f"cat {TOP}/it/path") == "firm.dtbo"
	assert guest.status("it") == ["applied"]
	assert guest.property("firm/compatible") == "fixed-clock"


def test_one_that_another_builds_on_stays(guest):
	guest.put("lower", compiled(clock("stacked", status="disabled")))
	guest.put("upper", compiled(ENABLE % "stacked"))
	guest.put("other", compiled(clock("aside")))
	for name in ["lower", "other", "upper"]:
		guest.mkdir(name)
		assert guest.write(name, name).status == 0
	assert guest.property("stacked/status") == "okay"
	assert guest.status("lower") == ["applied", "used by: upper"]
	result = guest.run(f"rmdir {TOP}/lower")
	assert result.status != 0 and "busy" in result.output
	# What has nothing to do with the two goes in any order.
	guest.rmdir("other")
	guest.rmdir("upper")
	assert guest.property("stacked/status") == "disabled"
	assert not guest.has("stacked/child")
	assert guest.status("lower") == ["applied"]
	guest.rmdir("lower")


def test_labels(guest):
	"""A label of one overlay, used by another: by name alone, in another place."""
	guest.put("symbols", compiled("&{/} { __symbols__ { }; };"))
	guest.put("lower", compiled("&{/} { osc: labelled { #clock-cells = <0>; }; };", "-@"))
	guest.put("upper", compiled("&{/} { user { clocks = <&osc>; }; };"))
	guest.put("again", compiled("&{/} { osc: elsewhere { }; };", "-@"))
	guest.put("outside", compiled('/ { fragment@0 { target-path = "/"; __overlay__ { elsewhere { }; }; }; '
		'__symbols__ { own = "/fragment@0"; }; };'))
	for name in ["symbols", "lower", "upper"]:
		guest.mkdir(name)
		assert guest.write(name, name).status == 0
	assert guest.property("__symbols__/osc") == "/labelled"
	assert guest.status("lower") == ["applied", "used by: upper"]
	assert guest.run(f"rmdir {TOP}/lower").status != 0
	# A label that is taken, and one that is no node of the overlay.
	for name in ["again", "outside"]:
		guest.mkdir(name)
		assert "Invalid argument" in guest.write(name, name).output
		assert not guest.has("elsewhere")
	assert guest.status("upper") == ["applied"]
	for name in ["upper", "lower", "symbols"]:
		guest.rmdir(name)


def test_an_empty_folder_comes_and_goes(guest):
	guest.mkdir("empty")
	assert guest.status("empty") == ["unapplied"]
	assert guest.check(f"cat {TOP}/empty/path") == ""
	guest.rmdir("empty")


def test_the_module_stays_while_it_is_used(guest):
	guest.put("a", compiled(clock("pinned")))
	guest.mkdir("a")
	assert guest.write("a", "a").status == 0
	assert guest.run("rmmod dt-overlay-configfs").status != 0
	assert guest.has("pinned")
	guest.rmdir("a")
	guest.check("rmmod dt-overlay-configfs")
	assert guest.run(f"[ -e {TOP} ]").status != 0
	guest.check("modprobe dt-overlay-configfs")


def test_all_at_once(guest):
	"""Folders made, filled and removed by several at a time, each finding only its own."""
	for n in range(3):
		guest.put(f"p{n}", compiled(clock(f"par{n}", status="disabled")))
		guest.put(f"q{n}", compiled(ENABLE % f"par{n}"))
	lower = f"mkdir {TOP}/p$i && cat /tmp/p$i.dtbo >{TOP}/p$i/dtbo; rmdir {TOP}/p$i 2>/dev/null"
	upper = f"mkdir {TOP}/q$i && cat /tmp/q$i.dtbo 2>/dev/null >{TOP}/q$i/dtbo; rmdir {TOP}/q$i"
	guest.check("for i in 0 1 2; do (for n in $(seq 6); do { " + lower + "; } done) & "
		"(for n in $(seq 6); do { " + upper + "; } done) & done 2>/dev/null; wait")
