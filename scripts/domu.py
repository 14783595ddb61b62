# SPDX-License-Identifier: Apache-2.0
"""A guest of xl: its config, its life, and commands in its shell.

Needs a machine with qemu.Config(share=...), for the config and the images come to Dom0 in that folder.
"""
import itertools
import os
import pathlib
import re
import shlex

import qemu

READY = "domu: ready"
BOOT_LIMIT = 600  # seconds; see machine.BOOT_LIMIT
RUN_LIMIT = 120
# Pages of Dom0's own: tables of its address space and handles, which come and go with what it maps.
TABLES = 16
TOOLS = "/usr/lib/graft-test/"
SHARED = "/mnt/share/"
NUMBERS = itertools.count(1)


def literal(value):
	"""A value as xl's config language has it."""
	if isinstance(value, (list, tuple)):
		return "[" + ", ".join(literal(each) for each in value) + "]"
	return str(value) if isinstance(value, int) else '"' + str(value) + '"'


def share_file(machine, name, content):
	"""Puts a file where Dom0 sees it, never twice under one name, whatever other tests run; its path in Dom0."""
	name = f"{os.getpid()}-{next(NUMBERS)}-{name}"
	path = pathlib.Path(machine.config.share) / name
	if isinstance(content, bytes):
		path.write_bytes(content)
	else:
		path.write_text(content)
	return SHARED + name


def script(machine, text):
	"""The command that runs text in Dom0's shell: also what is too long for Xen's keyboard buffer."""
	return "sh " + share_file(machine, "script", text)


def info(machine):
	"""(free pages, {domid: {"pages", "cpu_ns", "flags"}})"""
	text = machine.check(TOOLS + "graft-info")
	domains = {int(d): {"pages": int(pages), "cpu_ns": int(time), "flags": int(flags, 16)} for d, pages, time, flags
		in re.findall(r"^domain (\d+) pages (\d+) cpu_ns (\d+) flags ([0-9a-f]+)", text, re.M)}
	return int(re.search(r"^free (\d+)", text, re.M)[1]), domains


class Guest:
	"""A stock kernel with images/domu, unless the config says otherwise: items of xl.cfg(5) as arguments, None
	leaves one out."""

	def __init__(self, machine, name="guest", **config):
		self.machine = machine
		self.name = name
		self.domid = None
		self.config = {"name": name, "kernel": SHARED + "Image", "ramdisk": SHARED + "domu.cpio.lz4",
			"extra": "console=hvc0 quiet loglevel=1", "memory": 192, "vcpus": 1, **config}

	def write_config(self):
		"""Its path in Dom0."""
		items = ((key, value) for key, value in self.config.items() if value is not None)
		return share_file(self.machine, f"{self.name}.cfg",
			"".join(f"{key} = {literal(value)}\n" for key, value in items))

	def try_create(self, options="", limit=BOOT_LIMIT):
		return self.machine.run(f"xl create {options} {self.write_config()}", limit)

	def create(self, options=""):
		"""Made and started (or not, with -p); nothing is waited for."""
		result = self.try_create(options)
		if result.status != 0:
			self.machine.fail(f"xl create gave status {result.status}:\n{result.output}")
		self.find_domid()
		return self

	def unpause(self):
		self.machine.check(f"xl unpause {self.domid}")
		return self

	def find_domid(self):
		self.domid = int(self.machine.check(f"xl domid {self.name}"))
		return self.domid

	def wait(self, text=READY, limit=BOOT_LIMIT):
		"""Until text comes on its console. What was read before by anybody does not come again."""
		result = self.console("wait", text, limit)
		if result.status != 0:
			self.machine.fail(f"{self.name} did not say {text!r}: {result.output}")
		return result.output

	def boot(self, options=""):
		self.create(options).wait()
		return self

	def console(self, verb, text, limit=RUN_LIMIT):
		line = f"{TOOLS}graft-console {self.domid} {limit} {verb} {shlex.quote(text)}"
		return self.machine.run(line if len(line) < 100 else script(self.machine, line), limit + 30)

	def run(self, command, limit=RUN_LIMIT):
		"""Runs a command in the guest's shell: machine.Result. Status 124: no answer, 125: no guest."""
		return self.console("run", command, limit)

	def check(self, command, limit=RUN_LIMIT):
		result = self.run(command, limit)
		if result.status != 0:
			self.machine.fail(f"{self.name}: {command!r} gave status {result.status}:\n{result.output}")
		return result.output

	def start(self, command):
		"""Types a command and waits for nothing."""
		return self.console("type", command)

	def state(self):
		"""The letters of xl list's state column, "" when there is no such domain."""
		result = self.machine.run(f"xl list {self.domid} | tail -n 1")
		found = re.match(r"\S+\s+\d+\s+\d+\s+\d+\s+(\S+)", result.output)
		return found[1].replace("-", "") if found else ""

	def exists(self):
		return self.machine.run(f"xl domname {self.domid}").status == 0

	def wait_gone(self, limit=RUN_LIMIT):
		"""Until the hypervisor has let go of all that was its. xl and xenstore forget it before that."""
		self.machine.check(script(self.machine, f"timeout {limit} sh -c "
			f"'while {TOOLS}graft-info | grep -q \"^domain {self.domid} \"; do sleep 0.3; done'"), limit + 30)
		assert not self.exists()

	def wait_again(self):
		"""Until xl has made it anew after its restart, as another domain, which it is from then on."""
		self.machine.check(script(self.machine, f"timeout {RUN_LIMIT} sh -c 'while d=$(xl domid {self.name} 2>/dev/null); "
			f"[ -z \"$d\" ] || [ \"$d\" = {self.domid} ]; do sleep 0.3; done'"), RUN_LIMIT + 30)
		self.find_domid()
		return self

	def destroy(self):
		return self.machine.check(f"xl destroy {self.domid}")


def tiny(machine, what, name="tiny", **config):
	"""A guest of a few instructions (tests/system/tiny): spin, idle, off, reset, crash. It has no console."""
	return Guest(machine, name, **{"kernel": SHARED + f"tiny-{what}", "ramdisk": None, "extra": None,
		"memory": 16, **config})


def default_share():
	return str(qemu.SHARE)


def guests(machine):
	"""Their ids, for as long as the hypervisor knows them."""
	return sorted(set(info(machine)[1]) - {0})


def destroy_all(machine, tries=4):
	"""Every guest, however it was left."""
	for _ in range(tries):
		for domid in guests(machine):
			machine.run(f"xl destroy {domid}", BOOT_LIMIT)  # which fails when somebody else is at it
		if not left_after(machine):
			return
	wait_alone(machine)


def left_after(machine, tries=60):
	"""The guests that are still there. Daemons let go of a guest's pages after xl has returned, and it dies when the
	last one has."""
	for _ in range(tries):
		if not guests(machine):
			break
		machine.check("sleep 0.5")
	return guests(machine)


def wait_alone(machine):
	"""Until Dom0 is alone."""
	left = left_after(machine, 240)
	assert not left, f"domains that do not go: {left}"


def wait_free(machine, before, tries=120):
	"""Until as many pages are free as there were before, but for Dom0's own: its kernel and daemons let go late."""
	for _ in range(tries):
		free = info(machine)[0]
		if abs(free - before) <= TABLES:
			return
		machine.check("sleep 0.5")
	raise AssertionError(f"{before} pages were free, now {free}")
