# SPDX-License-Identifier: Apache-2.0
"""overlay attach and detach with --deliver: a faked hypervisor (fake.c), a faked XenStore with a guest in it
(xenstored.py), docs/deliver.md in between."""
import fcntl
import os
import pathlib
import re
import signal
import socket
import subprocess
import threading
import time
from concurrent import futures

import pytest

import fdt
from conftest import TOP as SOURCES
from conftest import graftctl
from test_online import FAKED, blob, faked  # noqa: F401
from xenstored import READ, RM, WRITE, Guest, Store

EBUSY, ENOENT, ESRCH = 16, 2, 3
TOP = f"{Guest.HOME}/device-tree-overlay"
OURS = f"{Guest.HOME}/data/device-tree-overlay"


def good_guest(guest, sequence, verb, name):
	guest.reply(f"{sequence} working")
	guest.reply(f"{sequence} done")


@pytest.fixture
def store(tmp_path):
	folder = tmp_path / "xenstored"
	folder.mkdir()
	store = Store(folder)
	yield store
	store.close()


@pytest.fixture
def host(compile_dts, base, good):
	"""What the hypervisor has: a tree, with an overlay in it that a guest can be given."""
	return {"FAKE_TREE": base, "overlay": good("device")}


@pytest.fixture
def deliver(faked, store, host, tmp_path):  # noqa: F811
	"""deliver(verb, words...): on the overlay and domain 7 unless another is named."""
	def deliver(verb, *words, status=0, domain="7", overlay=None, added=None, **settings):
		overlay = overlay or host["overlay"]
		force = ["--force-without-iommu", "--clock-rate", "1000"] if verb == "attach" else []
		return faked("overlay", verb, overlay, domain, "--deliver", *force, *words, status=status,
			FAKE_TREE=host["FAKE_TREE"], FAKE_ADDED=added or f"{overlay}:", FAKE_ATTACHED=tmp_path / "blob",
			**store.environment, **settings)
	return deliver


def calls(done):
	return [re.match(r"domctl op (\d), domain (\d+)", line).groups() for line in done.log]


ATTACH, DETACH = ("1", "7"), ("2", "7")


def test_whole_life(deliver, store, host, tmp_path):
	guest = Guest(store, good_guest)
	done = deliver("attach")
	name = re.fullmatch(rf"domain 7 has applied {re.escape(str(host['overlay']))}, as (graft-[0-9a-f]{{16}})\n", done.out)[1]
	assert done.err.count("error") == 0
	assert calls(done) == [ATTACH]
	attached = (tmp_path / "blob.1").read_bytes()
	assert guest.asked == [("apply", name, str(len(attached)))] and guest.withdrawn == 1
	# What it was to apply is what was attached, and is the guest's own overlay.
	assert guest.seen == attached != host["overlay"].read_bytes()
	assert b"xen,reg" in attached and fdt.parse(attached)
	done = deliver("detach")
	assert done.out == done.err == "" and calls(done) == [DETACH]
	assert (tmp_path / "blob.2").read_bytes() == attached
	assert guest.asked[1:] == [("remove", name)]
	assert store.below(TOP) == {"overlays": b""}


def test_status_only(deliver, store, compile_dts, host, tmp_path):
	"""The node is the base's: the live tree has it as the overlay left it."""
	text = (SOURCES / "tests/dts/base.dts").read_text().replace("cpus {", """off: off@9300000 { compatible = "vendor,off";
		reg = <0 0x9300000 0 0x1000>; interrupts = <0 60 4>; status = "disabled"; }; cpus {""", 1)
	host["FAKE_TREE"] = compile_dts(text, "board")
	overlay = compile_dts('/dts-v1/; /plugin/; &off { status = "okay"; };', "enable")
	guest = Guest(store, good_guest)
	assert "has applied" in deliver("attach", overlay=overlay).out
	node = fdt.parse(guest.seen).at("/fragment@0/__overlay__/off@9300000")
	assert node.text("xen,path") == "/off@9300000" and node.text("status") == "okay"
	assert node.cells("interrupts") == [0, 60, 4] and node.cells("xen,reg")[:4] == [0, 0x9300000, 0, 0x1000]
	assert deliver("detach", overlay=overlay).err == ""


def test_same_as_made_by_hand(deliver, store, host, tmp_path, read):
	Guest(store, good_guest)
	deliver("attach")
	made = tmp_path / "by-hand.dtbo"
	graftctl("guest", host["overlay"], "--base", host["FAKE_TREE"], "-o", made, "--force-without-iommu",
		"--clock-rate", "1000", status=0)
	assert made.read_bytes() == (tmp_path / "blob.1").read_bytes()


def test_by_name(deliver, store):
	Guest(store, good_guest)
	assert calls(deliver("attach", domain="worker")) == [ATTACH]
	assert calls(deliver("detach", domain="worker")) == [DETACH]
	assert "no domain of this name" in deliver("attach", domain="work", status=1).err


def test_name_without_delivery(faked, blob, store):  # noqa: F811
	store.write("/local/domain/7x/name", "other")
	Guest(store)
	for verb in ("attach", "detach"):
		assert calls(faked("overlay", verb, blob, "worker", **store.environment))[0][1] == "7"
	assert "domain 7" in faked("overlay", "plan", blob, "--attach", "worker", **store.environment).log[0]
	for name in ("other", "nobody"):
		done = faked("overlay", "attach", blob, name, status=1, **store.environment)
		assert "no domain of this name" in done.err and done.log == []


def test_who_may_read_what(deliver, store):
	Guest(store, good_guest)
	store.write("/local/domain/7/other", "")
	deliver("attach")
	written = store.below(TOP)
	assert written and all(store.permissions[f"{TOP}/{path}"] == "n0 r7" for path in written)
	assert store.permissions[TOP] == "n0 r7"
	assert all(len(value) <= 1024 for value in written.values())


def test_dom0_gets_the_hosts_own(deliver, store, host, tmp_path):
	guest = Guest(store, good_guest)
	guest.HOME = "/local/domain/0"
	store.write("/local/domain/0/data/device-tree-overlay/version", "1")
	assert calls(deliver("attach", domain="0")) == [("1", "0")]
	assert guest.seen == (tmp_path / "blob.1").read_bytes() == host["overlay"].read_bytes()


def test_large_one(deliver, store, compile_dts, tmp_path):
	guest = Guest(store, good_guest)
	large = compile_dts("""/dts-v1/; /plugin/; &{/} { large@9100000 {
		reg = <0 0x9100000 0 0x1000>; data = [%s]; }; };""" % ("5a" * 100000), "large")
	deliver("attach", overlay=large)
	assert guest.seen == (tmp_path / "blob.1").read_bytes() and len(guest.seen) > 100000
	deliver("detach", overlay=large)
	assert (tmp_path / "blob.2").read_bytes() == guest.seen


def test_others_stay_in_the_base(deliver, store, host, compile_dts, tmp_path, read):
	"""The live tree has overlays before and after this one, on top of it too, with labels of their own."""
	Guest(store, good_guest)
	deliver("attach")
	alone = [node.path for node in read(tmp_path / "blob.1").walk()]
	before = compile_dts("/dts-v1/; /plugin/; &{/} { first: before { x = <&first>; }; };", "before")
	after = compile_dts("/dts-v1/; /plugin/; &first { after { y = <&dev0>; }; }; &dev0 { above: above { }; };", "after")
	deliver("attach", added=f"{before}:{host['overlay']}:{after}:")
	assert [node.path for node in read(tmp_path / "blob.1").walk()] == alone
	assert any(path.endswith("/device@6000/port") for path in alone)


@pytest.mark.parametrize("first, second", [("disabled", "okay"), ("okay", "disabled"), (None, "disabled")])
def test_status_as_it_is_now(deliver, store, compile_dts, tmp_path, read, first, second):
	"""Another overlay has changed it, at the device and at a bus; its other changes are the host's affair."""
	Guest(store, good_guest)
	status = f'status = "{first}";' if first else ""
	lower = compile_dts(f"""/dts-v1/; /plugin/; &{{/}} {{ late@9100000 {{ reg = <0 0x9100000 0 0x1000>; speed = <1>; {status}
		#address-cells = <2>; #size-cells = <2>; ranges;
		inner@9101000 {{ reg = <0 0x9101000 0 0x1000>; }}; }}; }};""", "lower")
	upper = compile_dts(f"""/dts-v1/; /plugin/; &{{/late@9100000}} {{ status = "{second}"; speed = <2>; new {{ }};
		inner@9101000 {{ status = "fail"; }}; }};""", "upper")
	deliver("attach", overlay=lower, added=f"{lower}:{upper}:")
	made = {node.name: node for node in read(tmp_path / "blob.1").walk()}
	assert made["late@9100000"].props["status"] == second.encode() + b"\0"
	assert made["late@9100000"].cells("speed") == [1] and "new" not in made
	assert made["inner@9101000"].props["status"] == b"fail\0"
	deliver("attach", overlay=lower, added=f"{lower}:")
	made = {node.name: node for node in read(tmp_path / "blob.1").walk()}
	assert made["late@9100000"].props.get("status") == (first.encode() + b"\0" if first else None)
	assert "status" not in made["inner@9101000"].props


def test_the_next_goes_elsewhere(deliver, store, host, compile_dts, tmp_path, read):
	"""What was delivered before keeps its places, and a bad blob there does no harm."""
	Guest(store, good_guest)
	second = compile_dts("/dts-v1/; /plugin/; &{/} { more@9100000 { reg = <0 0x9100000 0 0x2000>; }; };", "second")
	added = f"{host['overlay']}:{second}:"

	def place(name):
		[node] = [node for node in read(tmp_path / "blob.1").walk()
			if node.name == name and "xen,reg" in node.props]
		return node.cells("xen,reg")[5]
	deliver("attach", added=added)
	assert place("device@6000") == 0x4020000
	store.write(f"{TOP}/overlays/graft-1", "4")
	store.write(f"{TOP}/overlays/graft-1/0", "junk")
	store.write(f"{TOP}/overlays/graft-2", "9999999")
	deliver("attach", added=added, overlay=second)
	assert place("more@9100000") == 0x4021000
	deliver("detach", added=added)
	deliver("attach", added=added)
	assert place("device@6000") == 0x4020000
	deliver("attach", "--at", "0x5000000", added=added, overlay=second)
	assert place("more@9100000") == 0x5000000


def test_not_added(deliver, store, good):
	guest = Guest(store, good_guest)
	done = deliver("attach", status=1, added=f"{good('status')}:")
	assert "not in the tree: `graftctl overlay add" in done.err
	assert calls(done) == [] and guest.asked == []


def test_no_module(deliver, store):
	Guest(store)
	done = deliver("attach", status=1)
	assert "modprobe dt-overlay-configfs" in done.err and "domain 7" in done.err
	assert calls(done) == [] and store.below(TOP) == {}


def test_other_version(deliver, store):
	Guest(store, good_guest)
	for version in ("2", "", "1 ", b"\xff" * 2000):
		store.write(f"{OURS}/version", version)
		done = deliver("attach", status=1)
		assert "another version" in done.err and calls(done) == []


def test_what_an_attach_leaves_out_is_said(deliver, store):
	Guest(store, good_guest)
	plan = "give d7 x\n/b@1: disabled, so it is not attached\ngive d7 y\n/c: reg says 0x1\n"
	done = deliver("attach", FAKE_PLAN=plan)
	said = [line for line in done.err.splitlines() if "/b@1" in line or "/c" in line or "give" in line]
	assert [line.split(": ", 2)[2] for line in said] == ["/b@1: disabled, so it is not attached", "/c: reg says 0x1"]
	done = deliver("attach", status=1, FAKE_PLAN=plan, FAKE_ERROR=EBUSY, FAKE_REASON="not now")
	assert "/b@1" not in done.err and "not now" in done.err


def test_hypervisor_refuses(deliver, store):
	guest = Guest(store, good_guest)
	done = deliver("attach", status=1, FAKE_ERROR=EBUSY, FAKE_REASON="/uart: owned by domain 3")
	assert "/uart: owned by domain 3" in done.err
	assert calls(done) == [ATTACH] and guest.asked == [] and store.below(TOP) == {}


def test_guest_refuses(deliver, store):
	def refuse(guest, sequence, verb, name):
		guest.reply(f"{sequence} refused 22 /uart@22001000: twice in one node")
	Guest(store, refuse)
	done = deliver("attach", status=1)
	assert "domain 7 refuses: /uart@22001000: twice in one node\n" in done.err
	assert "undone" in done.err and done.out == ""
	assert calls(done) == [ATTACH, DETACH] and store.below(TOP) == {"overlays": b""}


def test_undo_that_fails(deliver, store):
	Guest(store, lambda guest, sequence, verb, name: guest.reply(f"{sequence} refused 12 no memory"))
	done = deliver("attach", status=1, FAKE_DETACH_ERROR=EBUSY)
	assert "no memory" in done.err and "cannot be undone" in done.err


def silent(guest, sequence, verb, name):
	pass


def slow(guest, sequence, verb, name):
	guest.reply(f"{sequence} working")


@pytest.mark.parametrize("answer, words", [(silent, "did not answer"), (slow, "began, but did not finish")])
def test_no_answer(deliver, store, answer, words):
	guest = Guest(store, answer)
	done = deliver("attach", "--timeout", "1", status=1)
	assert words in done.err and "undone" in done.err
	assert calls(done) == [ATTACH, DETACH]
	assert guest.withdrawn == 1 and store.below(TOP) == {"overlays": b""}


def test_answer_at_the_last_moment(deliver, store):
	"""Just as the request is taken away: then it counts."""
	guest = Guest(store, slow)
	listen = guest.listen

	def late(path, value):
		if path == f"{TOP}/request" and value is not None:
			guest.sequence = value.decode().split()[0]
		listen(path, value)
	store.listener = late
	drop = store.drop

	def answer_first(path):
		if path == f"{TOP}/request":
			guest.reply(f"{guest.sequence} done")
		drop(path)
	store.drop = answer_first
	done = deliver("attach", "--timeout", "0", status=0)
	assert "has applied" in done.out and calls(done) == [ATTACH]


GARBAGE = ["", " ", "done", "0 done", "{} ", "{}done", "{} done ", "{} DONE", "{}0 done", "-{} done", "{} refused",
	"{} refused x", "{} refused 22", "{}\0 done", "\xff" * 1000, "{} working for ever", "x" * 2048]


def test_garbage_is_no_answer(deliver, store):
	def babble(guest, sequence, verb, name):
		for line in GARBAGE:
			guest.reply(line.replace("{}", sequence))
		guest.reply(f"{sequence} refused 5 that was all")
	Guest(store, babble)
	done = deliver("attach", status=1)
	assert "refuses: that was all\n" in done.err and calls(done) == [ATTACH, DETACH]


@pytest.mark.parametrize("line", GARBAGE)
def test_nothing_but_garbage(deliver, store, line):
	Guest(store, lambda guest, sequence, verb, name: guest.reply(line.replace("{}", sequence)))
	done = deliver("attach", "--timeout", "0", status=1)
	assert "did not answer" in done.err and calls(done) == [ATTACH, DETACH]


@pytest.mark.parametrize("said, shown", [
	("\x1b[31mred\x1b[0m\n\x07", "?[31mred?[0m??"), ("y" * 199, "y" * 199), ("y" * 200, "y" * 200),
	("y" * 201, "y" * 200 + "..."), ("z" * 2000, "z" * 200 + "..."), ("%s%n%s", "%s%n%s"), ("\xe4", "??"), ("", ""),
])
def test_what_is_shown_of_a_sentence(deliver, store, said, shown):
	Guest(store, lambda guest, sequence, verb, name: guest.reply(f"{sequence} refused 1 {said}"))
	assert f"domain 7 refuses: {shown}\n" in deliver("attach", status=1).err


def test_a_guest_that_never_stops_writing(deliver, store):
	stop = threading.Event()

	def flood(guest, sequence, verb, name):
		def write():
			while not stop.is_set():
				guest.reply(f"{sequence} working")
		threading.Thread(target=write, daemon=True).start()
	Guest(store, flood)
	start = time.monotonic()
	done = deliver("attach", "--timeout", "1", status=1)
	stop.set()
	assert 0.9 < time.monotonic() - start < 30
	assert "did not finish" in done.err and calls(done) == [ATTACH, DETACH]


def test_guest_keeps_it(deliver, store):
	guest = Guest(store, good_guest)
	deliver("attach")
	guest.answer = lambda guest, sequence, verb, name: guest.reply(f"{sequence} refused 16 upper builds on it")
	done = deliver("detach", status=1)
	assert "upper builds on it" in done.err and "--force" in done.err and calls(done) == []
	assert len(guest.blob(guest.asked[0][1])) == int(guest.asked[0][2])
	guest.answer = good_guest
	assert calls(deliver("detach")) == [DETACH]


@pytest.mark.parametrize("answer", [
	None, silent, lambda guest, sequence, verb, name: guest.reply(f"{sequence} refused 16 no"),
])
def test_force(deliver, store, answer):
	guest = Guest(store, good_guest)
	deliver("attach")
	guest.answer = answer
	if not answer:
		store.drop(OURS)
	assert calls(deliver("detach", "--timeout", "0", status=1)) == []
	done = deliver("detach", "--timeout", "0", "--force")
	assert calls(done) == [DETACH] and "all the same" in done.err
	assert store.below(TOP) == {"overlays": b""}


def test_detach_of_what_was_not_delivered(deliver, store, host):
	guest = Guest(store, good_guest)
	for words in ([], ["--force"]):
		done = deliver("detach", *words, status=1)
		assert "was not delivered to domain 7" in done.err and calls(done) == []
	assert guest.asked == []


@pytest.mark.parametrize("error, kept", [(ENOENT, False), (EBUSY, True)])
def test_detach_that_fails(deliver, store, error, kept):
	"""What the hypervisor does not know as attached is nothing to keep a blob for."""
	guest = Guest(store, good_guest)
	deliver("attach")
	assert calls(deliver("detach", status=1, FAKE_DETACH_ERROR=error)) == [DETACH]
	assert bool(guest.blob(guest.asked[0][1])) == kept


def test_again_over_what_is_left(deliver, store, tmp_path):
	"""Pieces of a delivery that was cut off do not mix with the next."""
	guest = Guest(store, good_guest)
	deliver("attach")
	name = guest.asked[0][1]
	for n in range(9):
		store.write(f"{TOP}/overlays/{name}/{n}", b"old")
	deliver("attach")
	assert guest.seen == (tmp_path / "blob.1").read_bytes()


def test_two_at_once(deliver, store):
	"""The second waits for the first, and no longer than it may; other guests are not concerned."""
	Guest(store, good_guest)
	with open(store.folder / "graftctl.lock", "w") as lock:
		fcntl.lockf(lock, fcntl.LOCK_EX, 1, 7)
		done = deliver("attach", "--timeout", "1", status=1)
		assert "another graftctl" in done.err and calls(done) == []
		threading.Timer(1, lambda: fcntl.lockf(lock, fcntl.LOCK_UN, 1, 7)).start()
		assert calls(deliver("attach")) == [ATTACH]
		fcntl.lockf(lock, fcntl.LOCK_EX, 1, 8)
		assert calls(deliver("attach")) == [ATTACH]


def test_answers_to_others_do_not_count(deliver, store):
	old = []

	def twice(guest, sequence, verb, name):
		for before in old:
			guest.reply(f"{before} refused 1 this is about another")
		old.append(sequence)
		guest.reply(f"{sequence} done")
	Guest(store, twice)
	for _ in range(3):
		deliver("attach")
	assert len(set(old)) == 3


def test_no_xenstored(deliver, store):
	os.rename(store.folder / "socket", store.folder / "elsewhere")
	done = deliver("attach", status=1)
	assert "is xenstored running" in done.err and calls(done) == []
	(store.folder / "socket").write_text("")
	assert "is xenstored running" in deliver("attach", domain="worker", status=1).err
	os.unlink(store.folder / "socket")
	os.rename(store.folder / "elsewhere", store.folder / "socket")


def test_xenstored_dies(deliver, store):
	Guest(store, lambda guest, sequence, verb, name: store.hang_up())
	start = time.monotonic()
	done = deliver("attach", "--timeout", "20", status=1)
	assert "XenStore went away" in done.err and calls(done) == [ATTACH, DETACH]
	assert time.monotonic() - start < 15


def default_signals():
	"""As at a terminal: who runs the tests may ignore some, as nohup does, and graftctl then goes on ignoring them."""
	for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
		signal.signal(number, signal.SIG_DFL)


class Running:
	"""graftctl at work on domain 7; `graftctl.signal()` may come at any moment of it."""

	def __init__(self, verb, store, host, log, *words, preexec_fn=default_signals, **more):
		self.log = log
		making = ["--force-without-iommu", "--clock-rate", "1000"] if verb == "attach" else []
		self.process = subprocess.Popen([FAKED, "overlay", verb, host["overlay"], "7", "--deliver", *making, *words],
			stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, **store.environment,
			"FAKE_TREE": str(host["FAKE_TREE"]), "FAKE_ADDED": f"{host['overlay']}:", "FAKE_LOG": str(log)},
			preexec_fn=preexec_fn, **more)

	def signal(self, number):
		"""It has it when this returns, or soon."""
		self.process.send_signal(number)
		time.sleep(0.2)

	def end(self, status=1):
		"""What it said, and what it asked of the hypervisor: "1" attach, "2" detach."""
		said = b"".join(self.process.communicate(timeout=60)).decode()
		assert self.process.returncode == status, said
		calls = self.log.read_text() if self.log.exists() else ""
		return said, "".join(re.findall(r"^domctl op (\d), domain 7,", calls, re.M))


@pytest.fixture
def run(store, host, tmp_path):
	def run(verb, *words, **more):
		return Running(verb, store, host, tmp_path / f"asked-{verb}", *words, **more)
	return run


def when(store, kind, end, act):
	"""Once, before a message about a path that ends so is answered."""
	done = []

	def before(now, path):
		if now == kind and path.endswith(end) and not done:
			done.append(path)
			act()
	store.before = before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("kind, end, asked, words", [
	(READ, "/version", "", "nothing was changed"),
	(WRITE, "/0", "12", "the attach is undone"),
	(WRITE, "/request", "12", "the attach is undone"),
	(READ, "/reply", "12", "the attach is undone"),
])
def test_attach_interrupted(store, run, number, kind, end, asked, words):
	guest = Guest(store, silent)
	ready = threading.Event()
	when(store, kind, end, lambda: (ready.wait(30), graftctl.signal(number)))
	graftctl = run("attach", "--timeout", "50")
	ready.set()
	said, calls = graftctl.end()
	assert words in said and "interrupted" in said and calls == asked
	assert guest.withdrawn == len(guest.asked) == (end in ("/request", "/reply"))
	assert store.below(TOP) in ({}, {"overlays": b""})


@pytest.mark.parametrize("words", [[], ["--force"]])
def test_detach_interrupted(deliver, store, run, words):
	"""The guest keeps it, or has let go: another detach goes on from there. Nobody forces what was called off."""
	guest = Guest(store, good_guest)
	deliver("attach")
	guest.answer = silent
	ready = threading.Event()
	when(store, READ, "/reply", lambda: (ready.wait(30), graftctl.signal(signal.SIGINT)))
	graftctl = run("detach", "--timeout", "50", *words)
	ready.set()
	said, asked = graftctl.end()
	assert "interrupted before domain 7 answered" in said and "domain 7 keeps" in said and asked == ""
	assert guest.withdrawn == 2
	guest.answer = good_guest
	assert calls(deliver("detach")) == [DETACH]


@pytest.mark.parametrize("verb", ["attach", "detach"])
def test_interrupted_while_another_works(store, run, verb):
	guest = Guest(store, good_guest)
	with open(store.folder / "graftctl.lock", "w") as lock:
		fcntl.lockf(lock, fcntl.LOCK_EX, 1, 7)
		graftctl = run(verb, "--timeout", "50")
		status = pathlib.Path(f"/proc/{graftctl.process.pid}/status")
		while not int(re.search(r"^SigCgt:\s*(\w+)", status.read_text(), re.M)[1], 16) & 1 << signal.SIGINT - 1:
			time.sleep(0.01)
		graftctl.signal(signal.SIGINT)
		said, calls = graftctl.end()
	assert "interrupted: nothing was changed" in said and calls == "" and guest.asked == []


def test_detach_interrupted_too_late(deliver, store, run):
	"""The guest has let go: the rest is done."""
	guest = Guest(store, good_guest)
	deliver("attach")
	ready = threading.Event()
	when(store, RM, "/request", lambda: (ready.wait(30), graftctl.signal(signal.SIGTERM)))
	graftctl = run("detach")
	ready.set()
	assert graftctl.end(0) == ("", "2") and guest.asked[1][0] == "remove"
	assert store.below(TOP) == {"overlays": b""}


def test_ignored_signals_stay_ignored(store, run):
	"""As under nohup."""
	Guest(store, good_guest)
	ready = threading.Event()
	when(store, READ, "/reply", lambda: (ready.wait(30), graftctl.signal(signal.SIGHUP)))
	graftctl = run("attach", preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
	ready.set()
	assert graftctl.end(0)[1] == "1"


def test_nobody_reads_what_it_says(store, run):
	"""It goes on to the end of what it undoes."""
	Guest(store, lambda guest, sequence, verb, name: (graftctl.process.stderr.close(), graftctl.process.stdout.close(),
		guest.reply(f"{sequence} refused 22 no")))
	ready = threading.Event()
	when(store, READ, "/version", lambda: ready.wait(30))
	graftctl = run("attach", restore_signals=True)
	ready.set()
	assert graftctl.process.wait(60) == 1
	assert re.findall(r"^domctl op (\d)", graftctl.log.read_text(), re.M) == ["1", "2"]


def test_domain_goes_away(deliver, store):
	"""Destroyed or started anew while it is asked: nobody waits for it."""
	Guest(store, lambda guest, *request: store.drop(guest.HOME))
	start = time.monotonic()
	done = deliver("attach", "--timeout", "600", status=1, FAKE_DETACH_ERROR=ESRCH)
	assert "domain 7 is gone" in done.err and "has nothing of" in done.err and calls(done) == [ATTACH, DETACH]
	assert time.monotonic() - start < 60


STOPPED = {
	"before-all": ("attach", (READ, "/version"), "", "has not answered for"),
	"in-a-piece": ("attach", (WRITE, "/0"), "12", "the attach is undone"),
	"in-the-request": ("attach", (WRITE, "/request"), "1", "stays attached to domain 7"),
	"afterwards": ("attach", (READ, "/reply"), "1", "stays attached to domain 7"),
	"in-the-end": ("attach", (RM, "/request"), "1", "stays attached to domain 7"),
	"recall": ("detach", (READ, "/0"), "", "detach needs no XenStore"),
	"detach": ("detach", (READ, "/reply"), "", "domain 7 keeps"),
	"force": ("detach", (READ, "/reply"), "2", "all the same"),
}


def stop_and_run(folder, host, name):
	"""A xenstored of its own, which is stopped at one moment: what graftctl says, what it asks, and what is left."""
	folder.mkdir()
	store, (verb, moment, *_) = Store(folder), STOPPED[name]
	guest = Guest(store, good_guest)
	if verb == "detach":
		Running("attach", store, host, folder / "first").end(0)
	guest.answer = slow
	over = threading.Event()
	when(store, *moment, over.wait)
	said = Running(verb, store, host, folder / "log", *["--timeout", "0"][:2 * (name == "in-the-end")],
		*["--force"][:name == "force"]).end(0 if name == "force" else 1)
	over.set()
	store.close()
	return said


def test_xenstored_is_stopped(host, tmp_path):
	"""Not dead: it only answers no more. All at once, since each takes its ten seconds."""
	start = time.monotonic()
	with futures.ThreadPoolExecutor(len(STOPPED)) as pool:
		ends = {name: pool.submit(stop_and_run, tmp_path / name, host, name) for name in STOPPED}
	for name, (_, _, asked, words) in STOPPED.items():
		said, calls = ends[name].result()
		assert (name, calls) == (name, asked) and words in said and "xenstored has not answered for 10 s" in said, said
		assert "modprobe" not in said and "was not delivered" not in said and "cannot" not in said, said
	assert time.monotonic() - start < 60


def test_xenstored_takes_no_connection(faked, blob, tmp_path):  # noqa: F811
	"""It is stopped, and others wait at its socket already."""
	clients = []
	with socket.socket(socket.AF_UNIX) as server:
		server.bind(str(tmp_path / "socket"))
		server.listen(0)
		try:
			while True:
				clients.append(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK))
				clients[-1].connect(str(tmp_path / "socket"))
		except BlockingIOError:
			pass
		done = faked("overlay", "attach", blob, "worker", "--deliver", status=1, XENSTORED_RUNDIR=str(tmp_path))
	assert "takes no connection" in done.err and "no domain of this name" not in done.err and done.log == []
	for client in clients:
		client.close()


def test_on_xen(deliver, store):
	Guest(store, good_guest)
	for verb, words in (("attach", "no live tree"), ("detach", "no detach")):
		done = deliver(verb, status=1, FAKE_KIND="xen")
		assert f"Xen has {words}" in done.err and calls(done) == []


@pytest.mark.parametrize("words, sentence", [
	(["attach", "a", "1", "--at", "0x1000"], "--at is for --deliver"),
	(["attach", "a", "1", "--timeout", "3"], "--timeout is for --deliver"),
	(["attach", "a", "1", "--force-without-iommu"], "is for --deliver"),
	(["attach", "a", "1", "--deliver", "--timeout", "x"], "--timeout x"),
	(["attach", "a", "1", "--deliver", "--timeout", "86401"], "--timeout 86401"),
	(["attach", "a", "1", "--deliver", "--clock-rate", "0"], "--clock-rate 0"),
	(["detach", "a", "1", "--force"], "are for --deliver"),
	(["detach", "a", "1", "--timeout", "3"], "are for --deliver"),
])
def test_bad_usage(words, sentence):
	assert sentence in graftctl("overlay", *words, status=2).err


def test_lock_is_for_root_alone(deliver, store):
	Guest(store, good_guest)
	deliver("attach")
	assert os.stat(store.folder / "graftctl.lock").st_mode & 0o777 == 0o600
