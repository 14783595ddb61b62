# SPDX-License-Identifier: Apache-2.0
"""Debian's own toolstack works in Dom0, and what it shows is true."""
import re

import pytest

import qemu


def info(machine):
	"""xl info as a dictionary."""
	pairs = (line.split(":", 1) for line in machine.check("xl info").splitlines() if ":" in line)
	return {key.strip(): value.strip() for key, value in pairs}


def table(text):
	"""Rows of a listing with one heading line, split at blanks."""
	return [line.split() for line in text.splitlines()[1:]]


@pytest.mark.parametrize("daemon", ["xenstored", "xenconsoled"])
def test_daemon_runs(dom0, daemon):
	assert dom0.check(f"pidof {daemon}").isdigit()


def test_xen_init_dom0_wrote_xenstore(dom0):
	assert dom0.check("xenstore-read /local/domain/0/name") == "Domain-0"
	assert dom0.check("xenstore-read /local/domain/0/domid") == "0"


def test_xenstore(dom0):
	output = dom0.check("/usr/lib/xen-4.20/bin/test-xenstore -r 2", limit=300)
	assert "fail" not in output.lower()


def test_version_of_graft_is_in_the_extra_version_and_the_log(dom0, on_graft):
	version = (qemu.BUILD.parent / "VERSION").read_text().strip()
	assert info(dom0)["xen_extra"] == f".0-graft-{version}"
	assert f"Graft {version}, speaking Xen 4.20" in dom0.xl_dmesg()


def test_info_names_version_and_capabilities(dom0):
	found = info(dom0)
	assert found["xen_major"] == "4" and found["xen_minor"] == "20"
	assert re.match(r"4\.20\.", found["xen_version"])
	assert "xen-3.0-aarch64" in found["xen_caps"].split()
	assert {"hvm", "hap"} <= set(found["virt_caps"].split())
	assert found["xen_pagesize"] == "4096"


def test_info_counts_cpus(dom0):
	found = info(dom0)
	assert int(found["nr_cpus"]) == dom0.config.cpus
	assert int(found["cores_per_socket"]) * int(found["threads_per_core"]) * int(found["nr_nodes"]) >= 1
	assert int(found["max_cpu_id"]) >= dom0.config.cpus - 1


def test_info_counts_memory(dom0):
	found = info(dom0)
	total, free = int(found["total_memory"]), int(found["free_memory"])
	# Dom0 has its share, and what neither it nor "free" has is the hypervisor's own.
	assert total <= dom0.config.memory and total >= dom0.config.memory - 80
	assert 0 < free <= total - dom0.config.dom0_memory
	assert total - free - dom0.config.dom0_memory <= 128


def test_own_share_of_memory(dom0, on_graft):
	found = info(dom0)
	missing = dom0.config.memory - int(found["free_memory"]) - dom0.config.dom0_memory
	assert missing <= 16


def test_list_shows_dom0(dom0):
	name, domid, memory, vcpus, state, seconds = table(dom0.check("xl list"))[0]
	assert (name, domid, vcpus) == ("Domain-0", "0", str(dom0.config.cpus))
	assert abs(int(memory) - dom0.config.dom0_memory) <= 1
	assert "r" in state
	assert float(seconds) > 0


def test_list_counts_cpu_time(dom0):
	def seconds():
		return float(table(dom0.check("xl list"))[0][5])

	before = seconds()
	dom0.check("timeout 3 sh -c 'while :; do :; done'; true")
	assert 2 <= seconds() - before <= 300


def test_long_list(dom0):
	text = dom0.check("xl list -l")
	assert '"domid": 0' in text


def test_vcpu_list_shows_each_vcpu_on_a_cpu(dom0):
	rows = table(dom0.check("xl vcpu-list"))
	assert [row[2] for row in rows] == [str(n) for n in range(dom0.config.cpus)]
	assert all(row[3].isdigit() and int(row[3]) < dom0.config.cpus for row in rows)


def test_vcpu_time_grows(dom0):
	def seconds():
		return sum(float(row[5]) for row in table(dom0.check("xl vcpu-list")))

	before = seconds()
	dom0.check("timeout 2 sh -c 'while :; do :; done'; true")
	assert seconds() > before + 1


def test_dmesg_shows_the_hypervisor_log(dom0):
	dom0.check("xl debug-keys h")
	assert len(dom0.xl_dmesg().splitlines()) > 3


def test_uptime_advances(dom0):
	def uptime():
		name, domid, value = table(dom0.check("xl uptime"))[0]
		assert (name, domid) == ("Domain-0", "0")
		hours, minutes, seconds = value.split(":")
		return int(hours) * 3600 + int(minutes) * 60 + int(seconds)

	before = uptime()
	dom0.check("sleep 3")
	assert 3 <= uptime() - before <= 300


def test_debug_keys_reach_the_log(dom0):
	for _ in range(2):
		dom0.check("xl debug-keys h")
		assert "'h'" in dom0.xl_dmesg("-c")
		assert "'h'" not in dom0.xl_dmesg()


def test_scheduler_is_named(dom0):
	assert info(dom0)["xen_scheduler"] != ""
	assert dom0.check("xl cpupool-list").splitlines()[1].split()[0] == "Pool-0"


def test_xenhypfs_lists_what_there_is(dom0, on_graft):
	assert "buildinfo" in dom0.check("xenhypfs ls /")


def test_unknown_domain_is_refused(dom0):
	result = dom0.run("xl pause 77")
	assert "No such process" in result.output
	assert len(table(dom0.check("xl list"))) == 1
