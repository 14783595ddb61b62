# SPDX-License-Identifier: Apache-2.0
"""A guest that tries everything (tests/guest/hostile) beside a well-behaved one: nobody is harmed, nothing is lost.

A seed is a guest that ends after a number of steps, each seed in another way. How long it takes is its own affair. What
it has done it counts in a page that Dom0 reads. GRAFT_HOSTILE_SECONDS adds seeds until that time is over,
GRAFT_HOSTILE_SEED is the first."""
import os
import re
import time

import domu
import pytest

SECONDS = int(os.environ.get("GRAFT_HOSTILE_SECONDS", "0"))
SEED = int(os.environ.get("GRAFT_HOSTILE_SEED", "1"))
SEEDS = 5  # as many as there are ways to end
STEPS = 60000  # of one seed
STANDSTILL = 60  # seconds without a step: it will make no more
# Where xl puts a kernel's second page.
TABLE = 0x40001
DATA = "/tmp/data"
# Of 10 000 steps, how many at least are of which kind, whatever comes of them: half of what the guest's dice give.
TRIED = {"memory": 220, "grant": 220, "evtchn": 220, "multicall": 110, "sched": 100, "vcpu": 110, "hvm": 110,
	"domctl": 55, "sysctl": 25, "platform": 25, "version": 20, "console": 10, "assist": 10, "xsm": 10, "physdev": 10,
	"hypfs": 10, "argo": 10, "xenpmu": 10, "dm": 10, "unknown": 80, "gicd": 140, "gicr": 140, "uart": 90, "nowhere": 350,
	"own": 100, "cache": 80, "icc": 190, "timer": 60, "debug": 60, "pmu": 60, "ras": 60, "impdef": 60, "id": 60,
	"feature": 60, "higher": 60, "sysreg": 200, "aarch32": 230, "fetch": 230, "hvc": 100, "smc": 100, "psci": 150,
	"scribble": 700}
# Kinds of which some must be accepted too, or not fault.
ACCEPTED = ("memory", "grant", "evtchn", "multicall", "sched", "vcpu", "hvm", "version", "assist", "gicd", "gicr", "uart",
	"own", "cache", "icc", "timer", "debug", "id", "sysreg", "aarch32", "hvc", "smc", "psci")
# Kinds of which none may be: for the toolstack alone, not there, or of another exception level.
NEVER = ("control", "platform", "sysctl", "domctl", "hypfs", "xsm", "physdev", "argo", "xenpmu", "dm", "impdef", "higher")


@pytest.fixture
def quiet(start, request):
	"""Whatever the guest does is not in the log: it would come between what Dom0 answers."""
	booted = start(share=domu.default_share(), memory=4096, options="guest_loglvl=none", cpu=request.param).boot_quiet()
	domu.Guest(booted, "first").create("-p").destroy()
	domu.wait_alone(booted)
	return booted


def hostile(machine, seed):
	"""It stays as it ended, for its counts to be read."""
	return domu.Guest(machine, f"hostile-{seed}", kernel=domu.SHARED + "hostile", ramdisk=None, memory=64, vcpus=4,
		vuart="sbsa_uart", extra=f"seed={seed} steps={STEPS}", **{f"on_{how}": "preserve" for how in
			("poweroff", "reboot", "crash", "watchdog")})


def counts(machine, guest):
	"""({name: (done, refused)}, whether it has come to its end)"""
	text = machine.run(f"{domu.TOOLS}graft-tally {guest.domid} {TABLE:#x}").output
	rows = {name: (int(done), int(refused)) for name, done, refused in re.findall(r"^(\w+)=(\d+)/(\d+)\s*$", text, re.M)}
	return rows, "state=done" in text


def write_data(host):
	"""Memory whose content must not change; the command that shows it does not."""
	host.check(f"head -c 4000000 /dev/urandom > {DATA}")
	return host.check(f"sha256sum {DATA}")


def turn(machine, good, seed):
	"""One seed from its create to its end, the others asked all the time: what it counted."""
	bad = hostile(machine, seed).create("-p").unpause()
	rows, steps, moved = {}, None, time.monotonic()
	while time.monotonic() < moved + STANDSTILL:
		for host in (good, machine):
			assert host.check(f"sha256sum {DATA}", limit=300) == host.sum
		rows, done = counts(machine, bad)
		# Of the steps alone: a guest that has lost its page tables counts its faults for ever.
		if rows.get("steps") != steps:
			steps, moved = rows.get("steps"), time.monotonic()
		if done:
			break
	bad.destroy()
	return rows


def check_counts(reports):
	total = {name: [sum(each[name][i] for each in reports) for i in (0, 1)] for name in reports[0]}
	steps = total["steps"][0]
	assert steps >= STEPS * len(reports) // 2, total
	few = [name for name, least in TRIED.items() if sum(total[name]) * 10000 < least * steps]
	assert not few, (few, total)
	assert not [name for name in ACCEPTED if total[name][0] * 10000 < steps], total
	assert not [name for name in NEVER if total[name][0]], total


def play(machine, good, seeds, seconds):
	"""That many seeds, and more until the time is over."""
	reports, ends = [], time.monotonic() + seconds
	while len(reports) < seeds or time.monotonic() < ends:
		reports.append(turn(machine, good, SEED + len(reports)))
	return [each for each in reports if each]


@pytest.mark.parametrize("quiet,seeds,seconds", [
	pytest.param("cortex-a57", SEEDS, SECONDS, marks=pytest.mark.long), ("max", 2, 0)], indirect=["quiet"])
def test_a_hostile_guest_harms_nobody(quiet, seeds, seconds):
	free = domu.info(quiet)[0]
	good = domu.Guest(quiet, "good", vcpus=2).boot()
	for host in (good, quiet):
		host.sum = write_data(host)
	reports = play(quiet, good, seeds, seconds)
	assert len(reports) > seeds // 2, "too few came so far as to count"
	check_counts(reports)
	assert good.check("echo well") == "well"
	good.destroy()
	domu.wait_alone(quiet)
	domu.wait_free(quiet, free)
