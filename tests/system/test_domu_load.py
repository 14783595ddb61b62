# SPDX-License-Identifier: Apache-2.0
"""Four guests of two vCPUs on two CPUs, all busy: CPU time goes by weight, and nobody is forgotten."""
import domu
import pytest

SECONDS = 15


# So that what is measured with does not wait for what is measured.
DOM0_FIRST = "xl sched-credit2 -d 0 -w 65535"


def busy(host, count):
	host.check(DOM0_FIRST)
	return [domu.tiny(host, "spin", f"busy{n}", vcpus=2).create("-p") for n in range(count)]


def unpause(host, guests):
	host.check(domu.script(host, "; ".join(f"xl unpause {guest.domid}" for guest in guests)))


def finish(host, guests):
	for guest in guests:
		guest.destroy()
	host.check("xl sched-credit2 -d 0 -w 256")


@pytest.mark.parametrize("weights", [[256, 256, 256, 256], [128, 256, 256, 512]], ids=["equal", "unequal"])
def test_cpu_time_by_weight(host, weights):
	guests = busy(host, len(weights))
	for guest, weight in zip(guests, weights):
		host.check(f"xl sched-credit2 -d {guest.domid} -w {weight}")
	unpause(host, guests)
	host.check("sleep 2")
	before = domu.info(host)[1]
	host.check(f"sleep {SECONDS}", limit=300)
	after = domu.info(host)[1]
	finish(host, guests)
	used = [after[guest.domid]["cpu_ns"] - before[guest.domid]["cpu_ns"] for guest in guests]
	for share, weight in zip(used, weights):
		assert share / sum(used) == pytest.approx(weight / sum(weights), rel=0.1)
	# Two CPUs' worth of it, but for what Dom0 took.
	dom0 = after[0]["cpu_ns"] - before[0]["cpu_ns"]
	assert sum(used) + dom0 > 1.8e9 * SECONDS


def test_a_cap_holds(host):
	guest = domu.tiny(host, "spin", "capped", vcpus=2).create("-p")
	host.check(f"xl sched-credit2 -d {guest.domid} -c 40; xl unpause {guest.domid}; sleep 1")
	before = domu.info(host)[1][guest.domid]["cpu_ns"]
	host.check(f"sleep {SECONDS}", limit=300)
	used = domu.info(host)[1][guest.domid]["cpu_ns"] - before
	guest.destroy()
	assert used / 1e9 / SECONDS == pytest.approx(0.4, rel=0.15)


def test_busy_guests_let_dom0_in(host):
	"""At the weight that everybody has."""
	guests = busy(host, 4)
	host.check("xl sched-credit2 -d 0 -w 256")
	unpause(host, guests)
	assert host.check("echo here", limit=30) == "here"
	finish(host, guests)
