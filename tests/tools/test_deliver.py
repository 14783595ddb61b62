# SPDX-License-Identifier: Apache-2.0
"""overlay attach and detach with --deliver: a faked hypervisor (fake.c), a faked XenStore with a guest in it
(xenstored.py), docs/deliver.md in between."""
import fcntl
import os
import re
import signal
import subprocess
import threading
import time

import pytest

import fdt
from conftest import graftctl
from test_online import FAKED, blob, faked  # noqa: F401
from xenstored import Guest, Store

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


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted(store, host, tmp_path, number):
	asked = threading.Event()
	guest = Guest(store, lambda *what: asked.set())
	log = tmp_path / "asked"
	process = subprocess.Popen([FAKED, "overlay", "attach", host["overlay"], "7", "--deliver", "--force-without-iommu",
		"--clock-rate", "1000"], stderr=subprocess.PIPE, env={**os.environ, **store.environment,
		"FAKE_TREE": str(host["FAKE_TREE"]), "FAKE_ADDED": f"{host['overlay']}:", "FAKE_LOG": str(log)})
	assert asked.wait(30)
	time.sleep(0.2)
	process.send_signal(number)
	_, errors = process.communicate(timeout=30)
	assert process.returncode == 1
	assert b"interrupted" in errors and b"undone" in errors
	assert [line.split()[2] for line in log.read_text().splitlines()] == ["1,", "2,"]
	assert guest.withdrawn == 1 and store.below(TOP) == {"overlays": b""}


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
