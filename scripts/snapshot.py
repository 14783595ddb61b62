# SPDX-License-Identifier: Apache-2.0
"""Machines that have booted before: stored once, restored in a second or two instead of booted in twenty.

A snapshot is a folder build/snapshots/KEY with `ram`, the machine's memory as QEMU's memory backend leaves it, and
`state`, a migration stream with everything else. A restored machine maps `ram` privately, so that any number of machines
start from one snapshot and none changes it. KEY is a hash of QEMU's version and command, of the content of every file
that the command names, and of what boot_quiet() types: whatever changes makes another snapshot.

9p cannot migrate while it is mounted: /mnt/share is unmounted before the machine is stored and mounted when it is
restored. A machine that QEMU cannot store leaves `refused`, with QEMU's reason, and is booted each time.
"""
import dataclasses
import fcntl
import functools
import hashlib
import inspect
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile

import machine
from qemu import BUILD

SNAPSHOTS = BUILD / "snapshots"
KEPT = 8  # folders of some 200 MiB on the disk: those used last
UNMOUNT = "if grep -q ' /mnt/share ' /proc/mounts; then umount /mnt/share; fi"
MOUNT = ("[ ! -d /mnt/share ] || mount -t 9p -o trans=virtio,version=9p2000.L,msize=524288,cache=readahead,ro "
	"share /mnt/share")


class Refused(Exception):
	"""QEMU's reason why it does not store this machine."""


class Control:
	"""QEMU's control socket (QMP). QEMU connects to it, so it is there before QEMU starts."""

	def __init__(self):
		self.folder = tempfile.TemporaryDirectory(prefix="graft-qmp-")
		self.path = f"{self.folder.name}/socket"
		self.listener = socket.socket(socket.AF_UNIX)
		self.listener.bind(self.path)
		self.listener.listen(1)
		self.listener.settimeout(machine.RUN_LIMIT)
		self.stream = None

	def options(self):
		return ["-qmp", f"unix:{self.path}"]

	def connect(self):
		connection, _ = self.listener.accept()
		self.stream = connection.makefile("rw", encoding="utf-8")
		self.read()  # the greeting
		self.ask("qmp_capabilities")
		self.ask("migrate-set-capabilities", capabilities=[{"capability": name, "state": True}
			for name in ("x-ignore-shared", "events")])

	def read(self):
		line = self.stream.readline()
		if not line:
			raise machine.MachineError("QEMU closed its control socket")
		return json.loads(line)

	def ask(self, command, **arguments):
		self.stream.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
		self.stream.flush()
		while True:
			answer = self.read()
			if "error" in answer:
				raise Refused(answer["error"]["desc"])
			if "return" in answer:
				return

	def wait(self, name, *states):
		"""Until an event of that name, in one of the states; the state."""
		while True:
			event = self.read()
			state = event.get("data", {}).get("status")
			if event.get("event") == name and (not states or state in states):
				return state

	def close(self):
		if self.stream:
			self.stream.close()
		self.listener.close()
		self.folder.cleanup()


@functools.cache
def digest(path, size, mtime):
	"""Of a file's content; size and mtime are there for the cache alone."""
	with open(path, "rb") as file:
		return hashlib.file_digest(file, "sha256").hexdigest()


def content(match):
	"""A file by what is in it; anything else that has a path, such as a socket, by having one."""
	path = pathlib.Path(match[0])
	if not path.is_file():
		return "PATH"
	status = path.stat()
	return digest(str(path), status.st_size, status.st_mtime_ns)


@functools.cache
def version():
	return subprocess.run(["qemu-system-aarch64", "--version"], check=True, capture_output=True, text=True).stdout


def key(config):
	command = [re.sub(r"(?<![\w.])/[^,\s]+", content, word) for word in config.command()]
	parts = [version(), *command, UNMOUNT, inspect.getsource(with_ram), inspect.getsource(machine.Machine.boot_quiet)]
	return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def with_ram(config, path, how, *more):
	# With a monitor of one's own, -nographic gives the first serial line none.
	serial = [] if "-serial" in config.extra else ["-serial", "mon:stdio"]
	backend = f"memory-backend-file,id=ram,size={config.memory}M,mem-path={path},{how}"
	return dataclasses.replace(config, machine=f"{config.machine},memory-backend=ram",
		extra=[*config.extra, *serial, "-object", backend, *more])


def store(config, folder, name):
	"""Boots a machine and stores it in the folder."""
	control = Control()
	with machine.Machine(with_ram(config, folder / "ram", "share=on", *control.options()), name) as booted:
		try:
			control.connect()
			booted.boot_quiet().check(UNMOUNT)
			control.ask("migrate", uri=f"file:{folder}/state")
			if control.wait("MIGRATION", "completed", "failed") == "failed":
				raise Refused("the migration failed")
			control.ask("quit")
			booted.expect_end()
		finally:
			control.close()
	# Pages that the hypervisor has cleared take no room: four fifths.
	subprocess.run(["fallocate", "--dig-holes", folder / "ram"], check=True)


def make(config, folder, name):
	"""The folder appears with all that belongs in it."""
	part = folder.with_suffix(".part")
	shutil.rmtree(part, ignore_errors=True)
	part.mkdir(parents=True)
	try:
		store(config, part, name)
	except Refused as why:
		shutil.rmtree(part)
		part.mkdir()
		(part / "refused").write_text(f"{why}\n")
	part.rename(folder)


def forget_old():
	folders = sorted((each for each in SNAPSHOTS.iterdir() if each.is_dir()), key=lambda each: each.stat().st_mtime)
	for folder in folders[:-KEPT]:
		shutil.rmtree(folder, ignore_errors=True)


def find(config, name):
	"""The folder of the config's snapshot, which is made when there is none yet."""
	SNAPSHOTS.mkdir(parents=True, exist_ok=True)
	folder = SNAPSHOTS / key(config)
	with open(folder.with_suffix(".lock"), "w", encoding="utf-8") as lock:
		fcntl.flock(lock, fcntl.LOCK_EX)
		if not folder.exists():
			make(config, folder, f"{name}-stored")
			forget_old()
		os.utime(folder)
	return folder


def restore(config, folder, name):
	control = Control()
	restored = machine.Machine(with_ram(config, folder / "ram", "share=off,readonly=on,rom=off", "-incoming", "defer",
		*control.options()), name)
	try:
		control.connect()
		control.ask("migrate-incoming", uri=f"file:{folder}/state")
		control.wait("RESUME")
		restored.check(MOUNT)
	except BaseException:
		restored.close()
		raise
	finally:
		control.close()
	return restored


def boot(config, name):
	booted = machine.Machine(config, name)
	try:
		return booted.boot_quiet()
	except BaseException:
		booted.close()
		raise


def ready(config, name):
	"""A machine at boot_quiet()'s prompt; name: of its log."""
	folder = find(config, name)
	if (folder / "refused").exists():
		return boot(config, name)
	return restore(config, folder, name)
