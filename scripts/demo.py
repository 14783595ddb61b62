#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Boots Graft with Debian and types at Dom0's prompt what a user would try first. Shows all of it."""
import sys

import machine
import qemu

COMMANDS = ["uname -sr", "xl info", "xl list", "xl vcpu-list"]


class Tee:
	"""A log that the user sees too, with the line ends of one terminal instead of three."""

	def __init__(self, log):
		self.log = log

	def write(self, text):
		self.log.write(text)
		sys.stdout.write(text.replace("\r", ""))

	def flush(self):
		self.log.flush()
		sys.stdout.flush()


def main():
	with machine.Machine(qemu.Config(), "demo") as booted:
		booted.child.logfile_read = Tee(booted.log)
		booted.boot()
		for command in COMMANDS:
			booted.type(command)
			booted.expect(machine.PROMPT)
		booted.poweroff()
	print("graft: the machine is off. `make shell` boots it again and leaves you at the prompt.")


if __name__ == "__main__":
	try:
		main()
	except machine.MachineError as error:
		sys.exit(f"graft: the demonstration failed: {error}")
