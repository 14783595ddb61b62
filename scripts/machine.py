# SPDX-License-Identifier: Apache-2.0
"""A booted machine to type at: QEMU with a hypervisor and Dom0, driven through its one serial line.

Nothing here sleeps: each step waits for a line, up to a limit that only a fault reaches.
"""
import collections
import pathlib
import re
import shlex
import signal

import pexpect

from qemu import BUILD

BOOT_LIMIT = 600  # seconds; a loaded machine with one CPU needs a tenth
RUN_LIMIT = 120
LOST = 20
LOGS = BUILD / "test-logs"

# What the hypervisors print when they themselves die, Graft or Xen. No test may see it unasked.
DIED = r"Graft panic on CPU \d+[^\r\n]*|Panic on CPU \d+:"
# One line when Dom0 crashes, before its registers.
DOM0_CRASHED = r"Domain 0 crashed: [^\r\n]*|Hardware Dom0 crashed[^\r\n]*"
# One line when what was handed over cannot be booted.
REFUSED = r"Graft cannot boot: ([^\r\n]+)[\r\n]"
# Graft has read it on Dom0's console.
DOM0_PANICKED = r"Domain 0 panicked: [^\r\n]*"
DOM0_PANIC = r"Kernel panic - not syncing: [^\r\n]*"
# Turns the serial line over to the hypervisor's debug keys and back: Ctrl-A three times, each of them twice,
# since QEMU's terminal takes one for itself.
SWITCH = "\x01" * 6
READY = "dom0: ready"
PROMPT = "dom0# "
# Dom0's terminal, the hypervisor's UART and QEMU's terminal each turn a line feed into two characters.
EOL = r"\r*\n"
# A line of the hypervisor's log, its own or a guest's, can come anywhere in what Dom0 prints, in the middle of a line
# too: Dom0's kernel hands over no more than 16 bytes at a time.
LOG = r"\((?:GRAFT|XEN|d\d+)\) [^\n]*\n"
LOGS_HERE = f"(?:{LOG})*"

Result = collections.namedtuple("Result", "status output")


def amid_log(text):
	"""The pattern for text of Dom0's, whatever is logged meanwhile."""
	return LOGS_HERE.join(map(re.escape, text))


# The end of a line of Dom0's.
EOL_AMID_LOG = rf"(?:\r*{LOG})*{EOL}"


def without_log(text):
	return re.sub(LOG, "", text)


class MachineError(Exception):
	"""The machine did something else than what was waited for."""


class Machine:
	"""config: a qemu.Config. name: of the log under build/test-logs."""

	def __init__(self, config, name):
		LOGS.mkdir(parents=True, exist_ok=True)
		self.config = config
		self.log_path = LOGS / f"{name}.log"
		self.log = open(self.log_path, "w", encoding="utf-8", errors="replace")
		self.command = command = config.command()
		self.log.write(shlex.join(command) + "\n")
		self.child = pexpect.spawn(command[0], command[1:], encoding="utf-8", codec_errors="replace",
			timeout=BOOT_LIMIT, dimensions=(50, 1000))
		self.child.logfile_read = self.log
		self.child.delaybeforesend = None
		self.steps = 0
		self.broken = False  # something went wrong: what it answers from now on means nothing

	def __enter__(self):
		return self

	def __exit__(self, *_):
		self.close()

	def close(self):
		# pexpect's own close() waits a tenth of a second for the end of a killed process, which may take longer.
		if self.child.isalive():
			self.child.kill(signal.SIGKILL)
			self.child.wait()
		self.child.close()
		self.log.close()

	def tail(self, lines=40):
		if not self.log.closed:
			self.log.flush()
		text = pathlib.Path(self.log_path).read_bytes().decode(errors="replace")
		return "\n".join(re.split(EOL, text.rstrip())[-lines:])

	def seen(self):
		"""What a failed test shows: the command that was run, the last lines of the console, the log's path."""
		return f"command: {shlex.join(self.command)}\n{self.tail()}\nlog: {self.log_path}"

	def fail(self, what):
		self.broken = True
		raise MachineError(f"{what}\n{self.seen()}")

	def expect(self, pattern, limit=RUN_LIMIT, allow=()):
		"""Waits for a pattern and returns the match. Anything dying meanwhile fails at once, but for
		the patterns in allow."""
		fatal = [p for p in (DIED, DOM0_PANIC, DOM0_CRASHED) if p not in allow and p != pattern]
		found = self.child.expect([pattern, pexpect.EOF, pexpect.TIMEOUT, *fatal], timeout=limit)
		if found == 1:
			self.fail(f"QEMU ended while waiting for {pattern!r}")
		if found == 2:
			self.fail(f"{limit} s passed without {pattern!r}")
		if found > 2:
			self.fail(f"died: {self.child.match[0]}")
		return self.child.match

	def expect_end(self, limit=RUN_LIMIT):
		"""Waits until QEMU has ended by itself and returns its exit status."""
		found = self.child.expect([pexpect.EOF, pexpect.TIMEOUT, DIED], timeout=limit)
		if found != 0:
			self.fail(f"QEMU did not end in {limit} s" if found == 1 else f"died: {self.child.match[0]}")
		self.child.wait()
		return self.child.exitstatus

	def boot(self):
		"""To Dom0's prompt, as a user sees it."""
		self.expect(amid_log(READY), BOOT_LIMIT)
		self.expect(amid_log(PROMPT), BOOT_LIMIT)
		return self

	def boot_quiet(self):
		"""To a shell that echoes nothing, prompts for nothing and tells of no job that ended, with the kernel's
		chatter off: run() needs that. A panic still shows."""
		self.boot()
		self.child.send("stty -echo; exec bash --noprofile --norc --noediting\n")
		self.expect(r"bash[^\r\n]*# ")
		self.child.send("set +m; PS1= PS2=; dmesg -n 2; printf '@%s@\\n' quiet\n")
		self.expect(amid_log("@quiet@") + EOL_AMID_LOG)
		return self

	def begin(self, text, begun, limit):
		"""Types a command that at once prints what `begun` matches. Debian's Xen may lose some of what is typed
		in one go: then it is typed again."""
		self.child.send(text)
		if self.config.hypervisor == "xen":
			if self.child.expect([begun, pexpect.TIMEOUT], timeout=LOST) == 0:
				return
			self.child.send("\x03\n" + text)
		self.expect(begun, limit)

	def run(self, command, limit=RUN_LIMIT):
		"""Runs a command in Dom0; its status and what it printed, both streams, without the hypervisor's log."""
		self.steps += 1
		mark = f"@{self.steps}"
		self.begin(f"printf '{mark}@\\n'; {{ {command}\n}} 2>&1 </dev/null; printf '{mark}:%d@\\n' $?\n",
			amid_log(f"{mark}@") + EOL_AMID_LOG, limit)
		match = self.expect(rf"{amid_log(f'{mark}:')}((?:{LOGS_HERE}\d)+){LOGS_HERE}@{EOL_AMID_LOG}", limit)
		said = re.sub(EOL, "\n", without_log(self.child.before)).strip("\n")
		return Result(int(without_log(match[1])), said)

	def check(self, command, limit=RUN_LIMIT):
		"""Runs a command that must succeed, and returns what it printed."""
		result = self.run(command, limit)
		if result.status != 0:
			self.fail(f"{command!r} gave status {result.status}:\n{result.output}")
		return result.output

	def xl_dmesg(self, options=""):
		"""What `xl dmesg` prints. On its way it is told from what is logged meanwhile by its brackets."""
		brackets = r"s/(\(GRAFT\|XEN\|d[0-9]*\)) /[\1] /g"
		said = self.check(f"(set -o pipefail; xl dmesg {options} | sed '{brackets}')")
		return re.sub(r"\[(GRAFT|XEN|d\d*)\] ", r"(\1) ", said)

	def type(self, line):
		"""Types a line and waits for nothing."""
		self.child.send(line + "\n")

	def poweroff(self):
		self.type("poweroff -f")
		return self.expect_end()
