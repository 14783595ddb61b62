# SPDX-License-Identifier: Apache-2.0
"""The verbs that talk to the running hypervisor, on a fake of it (fake.c): what they ask, what they print."""
import re

import pytest

from conftest import TOP, graftctl, run
from test_usage import on_terminal
from xenstored import Store

FAKED = TOP / "build/host/graftctl-faked"
ENOENT, EPERM, ESRCH, EBUSY, EINVAL, EOPNOTSUPP = 2, 1, 3, 16, 22, 95
OPS = {"add": "sysctl op 1", "remove": "sysctl op 2", "attach": "domctl op 1, domain 7", "detach": "domctl op 2, domain 7"}


@pytest.fixture
def blob(tmp_path):
	path = tmp_path / "a.dtbo"
	path.write_bytes(bytes(range(1, 200)))
	return path


@pytest.fixture
def faked(tmp_path):
	"""faked(words..., status=, FAKE_...=): runs it; .log is what the hypervisor was asked."""
	log = tmp_path / "asked"

	def faked(*words, status=0, **settings):
		log.write_text("")
		done = run(FAKED, *words, status=status,
			env={"FAKE_LOG": str(log), **{key: str(value) for key, value in settings.items()}})
		done.log = log.read_text().splitlines()
		# What is changed, unless nothing shall be: to attach begins with a dry run.
		if "plan" not in words:
			done.log = [line for line in done.log if not line.startswith("plan ")]
		return done
	return faked


def operands(verb, blob):
	return [blob, "7"] if verb in ("attach", "detach") else [blob]


@pytest.mark.parametrize("kind", ["graft", "xen"])
@pytest.mark.parametrize("verb", OPS)
def test_asked_and_done(faked, blob, verb, kind):
	done = faked("overlay", verb, *operands(verb, blob), FAKE_KIND=kind)
	assert done.log == [f"{OPS[verb]}, 199 bytes, sum {sum(range(1, 200))}"]
	assert done.out == done.err == ""


@pytest.mark.parametrize("verb", OPS)
def test_refused_with_the_reason(faked, blob, verb):
	done = faked("overlay", verb, *operands(verb, blob), status=1, FAKE_ERROR=EBUSY, FAKE_REASON="/x: owned by Graft")
	assert done.err == f"graftctl: error: overlay {verb} {blob}: /x: owned by Graft\n"
	assert done.out == ""


@pytest.mark.parametrize("error, words", [
	(ESRCH, "no such domain"), (EPERM, "privileged"), (EBUSY, "busy"),
])
def test_refused_without_a_reason(faked, blob, error, words):
	assert words in faked("overlay", "attach", blob, "7", status=1, FAKE_ERROR=error).err


@pytest.mark.parametrize("error, words", [(EOPNOTSUPP, "no detach"), (EINVAL, "Invalid argument")])
def test_refused_by_xen(faked, blob, error, words):
	done = faked("overlay", "detach", blob, "7", status=1, FAKE_KIND="xen", FAKE_ERROR=error, FAKE_REASON="not this")
	assert words in done.err and "xl dmesg" in done.err and "not this" not in done.err


@pytest.mark.parametrize("words, lacks", [
	(["overlay", "list"], "list of overlays"), (["overlay", "plan", "a.dtbo"], "dry run"),
	(["tree"], "device tree"), (["tree", "-o", "x"], "device tree"),
])
def test_what_xen_lacks(faked, words, lacks):
	done = faked(*words, status=1, FAKE_KIND="xen")
	assert "Xen has no" in done.err and lacks in done.err
	assert done.out == "" and done.log == []


@pytest.mark.parametrize("words", [
	["overlay", "add", "a"], ["overlay", "remove", "a"], ["overlay", "attach", "a", "0"],
	["overlay", "detach", "a", "0"], ["overlay", "list"], ["overlay", "plan", "a"], ["tree"],
])
def test_no_hypervisor(faked, words):
	assert faked(*words, status=1, FAKE_KIND="none").err == "graftctl: error: the fake is off\n"
	# The real transport, on a machine that is no Dom0.
	assert "/dev/xen/privcmd" in graftctl(*words, status=1).err


def test_no_such_file(faked, tmp_path):
	done = faked("overlay", "add", tmp_path / "none", status=1)
	assert "No such file" in done.err and done.log == []


def test_empty_and_large(faked, blob):
	for size in (0, 1, 4096, 1024 * 1024 + 1):
		blob.write_bytes(bytes(size))
		assert faked("overlay", "add", blob).log == [f"sysctl op 1, {size} bytes, sum 0"]


@pytest.mark.parametrize("domain", ["", "0x7ff0", "65536"])
def test_no_domain(faked, blob, domain):
	for words in (["attach", blob, domain], ["detach", blob, domain], ["plan", blob, "--attach", domain]):
		done = faked("overlay", *words, status=2)
		assert "not a domain's number" in done.err and done.log == []


@pytest.mark.parametrize("domain", ["x", "-", "7x", "18446744073709551616", "0x"])
def test_names_need_xenstore(faked, blob, domain):
	for words in (["attach", blob, domain], ["detach", blob, domain], ["plan", blob, "--attach", domain]):
		done = faked("overlay", *words, status=1, XENSTORED_PATH="/nowhere")
		assert "XenStore cannot be reached" in done.err and done.log == []


def test_list(faked):
	done = faked("overlay", "list", FAKE_COUNT=3)
	head, *rows = done.out.splitlines()
	assert head.split() == ["ID", "STATE", "HOLDER", "NODES", "RANGES", "SPIS", "BYTES", "DIGEST", "NAME"]
	assert [row.split() for row in rows] == [
		"1 added - 7 0 0 512 0000000000abcdef /soc/dev1 (1 build on it)".split(),
		"2 attached Dom0 7 3 2 512 0000000000abcdef /soc/dev2".split(),
		"3 added - 7 0 0 512 0000000000abcdef /soc/dev3".split(),
	]
	assert rows[1].index("Dom0") == head.index("HOLDER") and rows[1].index("/soc") == head.index("NAME")


def test_list_none_and_many(faked):
	assert len(faked("overlay", "list", FAKE_COUNT=0).out.splitlines()) == 1
	done = faked("overlay", "list", FAKE_COUNT=500)
	assert [int(row.split()[0]) for row in done.out.splitlines()[1:]] == list(range(1, 501))
	assert "domain 249" in done.out


@pytest.fixture
def store(tmp_path):
	folder = tmp_path / "names"
	folder.mkdir()
	store = Store(folder)
	yield store
	store.close()


def test_names(faked, tmp_path, store):
	"""The file that was added, and the guest as its toolstack named it; the file goes with the overlay."""
	blob = tmp_path / "uart.dtbo"
	blob.write_bytes(bytes(512))
	store.write("/local/domain/1/name", "worker")
	faked("overlay", "add", blob, FAKE_COUNT=4, **store.environment)
	head, *rows = faked("overlay", "list", FAKE_COUNT=4, **store.environment).out.splitlines()
	assert head.split()[-2:] == ["FILE", "NAME"]
	assert rows[3].split() == f"4 attached worker 7 3 2 512 0000000000abcdef {blob} /soc/dev4".split()
	assert rows[1].split()[2] == "Dom0" and rows[1].split()[-2:] == ["-", "/soc/dev2"]
	# What was not added is not named.
	faked("overlay", "add", blob, status=1, FAKE_COUNT=3, FAKE_ERROR=EBUSY, **store.environment)
	assert "/graft/overlays/3" not in store.nodes
	faked("overlay", "remove", blob, FAKE_COUNT=3, **store.environment)
	assert "/graft/overlays/4" not in store.nodes
	assert "FILE" not in faked("overlay", "list", FAKE_COUNT=4, **store.environment).out


def test_name_of_another_boot(faked, store):
	store.write("/graft/overlays/1", "0000000000000001 old.dtbo")
	assert "old.dtbo" not in faked("overlay", "list", FAKE_COUNT=1, **store.environment).out


@pytest.mark.parametrize("words, asked", [
	([], "plan op 1, domain 0"), (["--remove"], "plan op 2, domain 0"),
	(["--attach", "3"], "plan op 3, domain 3"), (["--detach=0"], "plan op 4, domain 0"),
])
def test_plan(faked, blob, words, asked):
	done = faked("overlay", "plan", blob, *words, FAKE_PLAN="adds 3 nodes\nand more\n")
	assert done.log == [f"{asked}, 199 bytes"]
	assert done.out == "adds 3 nodes\nand more\n" and done.err == ""
	done = faked("overlay", "plan", blob, *words, status=1, FAKE_PLAN="refused: why\n", FAKE_ERROR=EBUSY)
	assert done.out == "refused: why\n"


def test_plan_of_two_operations(faked, blob):
	assert "one operation" in faked("overlay", "plan", blob, "--remove", "--attach", "1", status=2).err


def test_plan_too_long(faked, blob):
	done = faked("overlay", "plan", blob, FAKE_PLAN="x" * 65540)
	assert len(done.out) == 65536 and "4 bytes more" in done.err


def rows_of(text):
	return {re.sub(r"^ *(\S+).*", r"\1", row): row for row in text.splitlines()}


def test_tree(faked, base):
	text = faked("tree", FAKE_TREE=base).out
	rows = rows_of(text)
	assert text.splitlines()[0] == "/"
	assert rows["interrupt-controller@8000000"].split()[1:] == ["Graft"]
	assert rows["pcie@10000000"].split()[1:] == ["nobody", "overlay", "9"]
	assert rows["iommu@9050000"].split()[1:] == ["domain", "5", "and", "others"]
	assert rows["spi@2000"].split()[1:] == ["Dom0"]
	assert rows["flash@0"].split()[-1] == "disabled"
	assert rows["spi@2000"].startswith("    spi@2000 ")
	assert rows["memory@40000000"].rstrip() == "  memory@40000000"


def test_tree_in_colour(base, monkeypatch):
	monkeypatch.setenv("FAKE_TREE", str(base))
	assert b"\033[1;33mGraft\033[0m" in on_terminal([FAKED, "tree"], {})
	assert b"\033[" not in on_terminal([FAKED, "tree"], {"NO_COLOR": "1"})


def test_tree_that_changes(faked, base):
	"""Three changes while it is looked at are waited out; one that never ends is not."""
	assert rows_of(faked("tree", FAKE_TREE=base, FAKE_GROWS=3).out) == rows_of(faked("tree", FAKE_TREE=base).out)
	assert "keeps changing" in faked("tree", status=1, FAKE_TREE=base, FAKE_GROWS=100000).err


def test_tree_as_a_blob(faked, base, tmp_path):
	out = tmp_path / "live.dtb"
	assert faked("tree", "-o", out, FAKE_TREE=base).out == ""
	assert out.read_bytes() == base.read_bytes()
	assert "cannot write" in faked("tree", "-o", "/nowhere/x", status=1, FAKE_TREE=base).err
