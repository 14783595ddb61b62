# SPDX-License-Identifier: Apache-2.0
"""Four guests of two vCPUs on two CPUs, all busy: CPU time goes by weight, and nobody is forgotten."""
import re

import domu
import pytest

SECONDS = 15


@pytest.fixture(autouse=True)
def weight_of_dom0(host):
	yield
	if not host.broken:
		host.check("xl sched-credit2 -d 0 -w 256")


def measure(host):
	"""Nanoseconds that went by meanwhile, and how many of them each domain had a CPU."""
	look = f"read up idle </proc/uptime; echo up $up; {domu.TOOLS}graft-info"
	text = host.check(domu.script(host, f"{look}; sleep {SECONDS}; {look}"), limit=300)
	start, end = (float(up) * 1e9 for up in re.findall(r"^up (\S+)", text, re.M))
	used = {}
	for domid, ns in re.findall(r"^domain (\d+) .* cpu_ns (\d+) ", text, re.M):
		used.setdefault(int(domid), []).append(int(ns))
	return end - start, {domid: times[-1] - times[0] for domid, times in used.items()}


# So that what is measured with does not wait for what is measured.
DOM0_FIRST = "xl sched-credit2 -d 0 -w 65535"


def busy(host, count):
	host.check(DOM0_FIRST)
	return [domu.tiny(host, "spin", f"busy{n}", vcpus=2).create("-p") for n in range(count)]


def unpause(host, guests):
	host.check(domu.script(host, "; ".join(f"xl unpause {guest.domid}" for guest in guests)))


def finish(guests):
	for guest in guests:
		guest.destroy()


@pytest.mark.parametrize("weights", [[256, 256, 256, 256], [128, 256, 256, 512]], ids=["equal", "unequal"])
def test_cpu_time_by_weight(host, weights):
	guests = busy(host, len(weights))
	for guest, weight in zip(guests, weights):
		host.check(f"xl sched-credit2 -d {guest.domid} -w {weight}")
	unpause(host, guests)
	host.check("sleep 2")
	elapsed, each = measure(host)
	finish(guests)
	used = [each[guest.domid] for guest in guests]
	for share, weight in zip(used, weights):
		assert share / sum(used) == pytest.approx(weight / sum(weights), rel=0.1)
	# Two CPUs' worth of it, but for what Dom0 took.
	assert sum(used) + each[0] > 1.8 * elapsed


def test_a_cap_holds(host):
	guest = domu.tiny(host, "spin", "capped", vcpus=2).create("-p")
	host.check(f"xl sched-credit2 -d {guest.domid} -c 40; xl unpause {guest.domid}; sleep 1")
	elapsed, each = measure(host)
	guest.destroy()
	assert each[guest.domid] / elapsed == pytest.approx(0.4, rel=0.15)


def test_busy_guests_let_dom0_in(host):
	"""At the weight that everybody has."""
	guests = busy(host, 4)
	host.check("xl sched-credit2 -d 0 -w 256")
	unpause(host, guests)
	assert host.check("echo here") == "here"
	finish(guests)
