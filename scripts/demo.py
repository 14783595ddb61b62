#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Boots Graft with Debian and plays scenes at Dom0's prompt, each what a user would type first about one subject.
Shows all of it, needs no terminal, and ends with status 0 only if every command did what it should.
"""
import dataclasses
import pathlib
import re
import sys
import tempfile

import hotplug
import machine
import qemu
import scene_disk
import scene_toolstack
import scene_uart

# A scene has TITLE, prepare(props) for what it needs of the machine, and play(stage).
SCENES = [scene_toolstack, scene_disk, scene_uart]
TERMINAL = sys.stdout.isatty()
LEAVE = "\x1d"  # Ctrl-]: xl console ends
WHERE = "\x1b[6n"  # a guest's shell asks its terminal where the cursor is


@dataclasses.dataclass
class Props:
	"""What the scenes need before the machine is switched on."""

	folder: pathlib.Path
	config: qemu.Config = dataclasses.field(default_factory=qemu.Config)
	files: list = dataclasses.field(default_factory=list)  # for Dom0's root folder; they lie in `folder`
	hidden: list = dataclasses.field(default_factory=list)  # nodes that the machine's tree is to lack

	def finish(self):
		if self.files:
			self.config.initrd = hotplug.initrd_with(self.config.initrd, self.files, self.folder)
		if self.hidden:
			self.config.dtb = hotplug.machine_tree(self.config, self.folder, self.hidden)
		return self.config


class Screen:
	"""The machine's log, which the user sees too while it boots."""

	def __init__(self, log):
		self.log = log
		self.shown = True

	def write(self, text):
		self.log.write(text)
		if self.shown:
			show(text)

	def flush(self):
		self.log.flush()


class Stage:
	"""Dom0's prompt, or a guest's on its console, for scenes."""

	def __init__(self, booted):
		self.machine = booted
		self.prompt = machine.PROMPT

	def say(self, text):
		"""A line between the commands."""
		show(f"\n\033[1m# {text}\033[0m\n" if TERMINAL else f"\n# {text}\n")

	def type(self, line, fails=False):
		"""Types a command and shows what a user would see; what it printed. It must succeed, or fail."""
		self.machine.type(line)
		self.wait_prompt()
		seen = machine.without_log(self.machine.child.before)
		show(self.prompt + seen)
		if (self.status() != 0) != fails:
			raise machine.MachineError(f"{line!r} should have {'failed' if fails else 'succeeded'}")
		return re.sub(machine.EOL, "\n", seen).partition("\n")[2]

	def wait_prompt(self, limit=machine.RUN_LIMIT):
		self.machine.expect(machine.amid_log(self.prompt), limit)

	def expect(self, line, pattern):
		"""Types a command whose output must match."""
		found = re.search(pattern, self.type(line), re.M)
		if not found:
			raise machine.MachineError(f"{line!r} should have printed something like {pattern!r}")
		return found

	def status(self):
		"""Of the last command. Not shown."""
		self.machine.type('printf "@%d@\\n" $?')
		here = machine.LOGS_HERE
		found = self.machine.expect(rf"@((?:{here}\d)+){here}@{machine.EOL_AMID_LOG}")
		self.wait_prompt()
		return int(machine.without_log(found[1]))

	def enter(self, line, prompt, again=False):
		"""Types a command that leads to another prompt: a guest's when it has booted, or at Return when it was
		seen before."""
		self.machine.type(line)
		if again:
			self.machine.expect(machine.EOL)
			self.machine.type("")
		before, self.prompt = self.prompt, prompt
		self.wait_prompt(machine.BOOT_LIMIT)
		show(before + (line if again else machine.without_log(self.machine.child.before)) + "\n")

	def leave(self):
		"""From a guest's console back to Dom0's prompt."""
		self.machine.child.send(LEAVE)
		self.prompt = machine.PROMPT
		self.wait_prompt()
		show("\n")

	def hide(self, line):
		"""Types a command that no user would have to, and shows nothing of it."""
		self.machine.type(line)
		self.wait_prompt()


def show(text):
	sys.stdout.write(text.replace("\r", "").replace(WHERE, ""))
	sys.stdout.flush()


def play(booted):
	screen = Screen(booted.log)
	booted.child.logfile_read = screen
	booted.boot()
	screen.shown = False
	show("\n")
	stage = Stage(booted)
	stage.hide("cd /; stty rows 50 columns 200" + ("" if TERMINAL else "; export NO_COLOR=1"))
	for scene in SCENES:
		stage.say(scene.TITLE)
		scene.play(stage)
	booted.poweroff()


def main():
	with tempfile.TemporaryDirectory() as folder:
		props = Props(pathlib.Path(folder))
		for scene in SCENES:
			scene.prepare(props)
		with machine.Machine(props.finish(), "demo") as booted:
			play(booted)
	print("\ngraft: all of it worked; the machine is off. `make shell` boots it again and leaves you at the prompt.")


if __name__ == "__main__":
	try:
		main()
	except machine.MachineError as error:
		sys.exit(f"graft: the demonstration failed: {error}")
