# SPDX-License-Identifier: Apache-2.0
"""A guest that tries everything (tests/guest/hostile) beside a well-behaved one: nobody is harmed, nothing is lost.

What it does to itself is its own affair: it may lose its console, stop, or end before its time. Then the next seed has
its turn. GRAFT_HOSTILE_SECONDS and GRAFT_HOSTILE_SEED choose another length and begin."""
import os
import re
import time

import domu
import pytest

SECONDS = int(os.environ.get("GRAFT_HOSTILE_SECONDS", "60"))
SEED = int(os.environ.get("GRAFT_HOSTILE_SEED", "1"))
TURN = 15  # seconds of one seed
SUM = "head -c 2000000 /dev/zero | sha256sum"
SEEDS = 20  # as many are tried until one reports


@pytest.fixture
def quiet(start):
	"""Whatever the guest does is not in the log: it would come between what Dom0 answers."""
	booted = start(share=domu.default_share(), memory=4096, options="guest_loglvl=none").boot_quiet()
	domu.Guest(booted, "first").create("-p").destroy()
	domu.wait_alone(booted)
	return booted


def hostile(machine, seed, **config):
	return domu.Guest(machine, f"hostile-{seed}", **{"kernel": domu.SHARED + "hostile", "ramdisk": None, "memory": 64,
		"vcpus": 4, "extra": f"seed={seed} seconds={TURN}", "on_crash": "destroy", "on_reboot": "destroy",
		"on_watchdog": "destroy", **config})


def counts(text):
	"""Of the last whole report in what came on the console."""
	reports = re.findall(r"hostile: (?:at work|done)((?: \w+=\d+)+)", text)
	return {name: int(value) for name, value in re.findall(r"(\w+)=(\d+)", reports[-1])} if reports else {}


def turn(machine, good, seed):
	"""One seed from its create to its end, the others asked all the time. What it reported, if anything."""
	bad = hostile(machine, seed).create("-p").unpause()
	ends = time.monotonic() + 2 * TURN
	seen = bad.console("wait", "at work", 2 * TURN).output
	while bad.exists() and time.monotonic() < ends:
		assert good.check(SUM) == good.sum
		assert machine.check(SUM) == good.sum
		seen += bad.console("wait", "at work", 3).output
	machine.run(f"xl destroy {bad.domid}")  # which fails if it has just ended
	return counts(seen)


def test_a_hostile_guest_harms_nobody(quiet):
	free = domu.info(quiet)[0]
	good = domu.Guest(quiet, "good", vcpus=2).boot()
	good.sum = quiet.check(SUM)
	ends = time.monotonic() + SECONDS
	seed, reports = SEED, []
	while time.monotonic() < ends or (not any(reports) and len(reports) < SEEDS):
		reports.append(turn(quiet, good, seed))
		seed += 1
	told = [each for each in reports if each]
	assert told, "no hostile guest came so far as to report"
	assert all(each["accepted"] == 0 for each in told), told
	assert max(each["hypercalls"] for each in told) > 100, told
	assert good.check("echo well") == "well"
	good.destroy()
	domu.wait_alone(quiet)
	domu.wait_free(quiet, free)
