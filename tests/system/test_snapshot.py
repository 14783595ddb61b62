# SPDX-License-Identifier: Apache-2.0
"""Restored machines (scripts/snapshot.py): each is as the one that was stored, and another content is another snapshot."""
import pytest

import conftest
import snapshot


def test_each_machine_is_its_own(ready):
	first, second = ready(), ready()
	first.check("touch /tmp/mark; xenstore-write /mark 1")
	assert second.run("[ -e /tmp/mark ]").status != 0
	assert second.run("xenstore-read /mark").status != 0
	for each in (second, first):
		assert "graft-stress: passed" in each.check("/usr/lib/graft-test/graft-stress 2", limit=300)


def test_share_is_read_anew(ready, tmp_path):
	"""What lies in a shared folder when the machine is restored, not when it was stored."""
	for word in ("one", "two"):
		(tmp_path / "word").write_text(word)
		assert ready(share=str(tmp_path), memory=4096).check("cat /mnt/share/word") == word


def test_key(tmp_path):
	files = {name: tmp_path / name for name in ("kernel", "disk")}
	for path in files.values():
		path.write_text("before")

	def key(socket="a", **changes):
		return snapshot.key(conftest.config(hypervisor=str(files["kernel"]), disks=[str(files["disk"])],
			extra=["-serial", f"unix:{tmp_path}/{socket},server=on,wait=off"], **changes))

	before = key()
	assert key() == before
	assert key(socket="b") == before
	assert key(memory=2048) != before
	assert key(bootargs="quiet") != before
	for path in files.values():
		path.write_text("changed")
		changed = key()
		assert changed != before
		before = changed


@pytest.mark.long
def test_one_that_cannot_be_stored_is_booted(tmp_path, monkeypatch):
	"""Its share stays mounted, which QEMU refuses to store."""
	monkeypatch.setattr(snapshot, "SNAPSHOTS", tmp_path / "snapshots")
	monkeypatch.setattr(snapshot, "UNMOUNT", "true")
	config = conftest.config(share=str(tmp_path))
	booted = snapshot.ready(config, "test_snapshot-refused")
	try:
		assert "mounted" in (snapshot.find(config, "unused") / "refused").read_text()
		assert booted.check("grep -c ' /mnt/share ' /proc/mounts") == "1"
	finally:
		booted.close()
