# SPDX-License-Identifier: Apache-2.0
"""Stock guests of stock xl: they boot, answer on their console, and are what their config says."""
import re

import pytest

import domu
import machine as names


def rows(text):
	return [line.split() for line in text.splitlines()[1:]]


def wait_line(host, text):
	host.expect(names.amid_log(text) + names.EOL_AMID_LOG)


def leave(host, number):
	"""xl console sees Ctrl-] only when nothing comes with it."""
	host.child.send("\x1d")
	wait_line(host, f"left-{number}")


def test_shell_answers(host):
	guest = domu.Guest(host, vcpus=2).boot()
	assert guest.check("echo $((6 * 7))") == "42"
	assert guest.run("false").status == 1
	assert guest.check("nproc") == "2"
	assert guest.check("cat /sys/hypervisor/type") == "xen"
	assert guest.check("uname -r") == host.check("uname -r")
	guest.destroy()
	assert not guest.exists()


def count_cpus(count):
	return f"timeout 100 sh -c 'while [ $(nproc) != {count} ]; do sleep 0.2; done'"


def wait_for(host, what, condition, tries=200):
	for _ in range(tries):
		if condition():
			return
		host.check("sleep 0.3")
	pytest.fail(f"never came: {what}")


def test_create_with_console_and_leave_it_and_come_back(host):
	guest = domu.Guest(host)
	host.type(f"xl create -c {guest.write_config()}; echo left-$((1 + 1))")
	host.expect(names.amid_log(domu.READY), domu.BOOT_LIMIT)
	host.type("echo $((6 * 7))nd")
	wait_line(host, "42nd")
	leave(host, 2)
	guest.find_domid()
	assert guest.state() in ("r", "b", "")
	host.type(f"xl console {guest.name}; echo left-$((1 + 2))")
	host.type("echo $((6 * 8))th")
	wait_line(host, "48th")
	leave(host, 3)
	assert host.check("echo back") == "back"


def test_the_guest_is_what_its_config_says(host):
	guest = domu.Guest(host, memory=224, vcpus=2, maxvcpus=4, cpus="1", nr_spis=64, gic_version="v3",
		extra="console=hvc0 quiet answer=42").boot()
	assert "answer=42" in guest.check("cat /proc/cmdline")
	assert [row[2:4] for row in rows(host.check(f"xl list {guest.domid}"))] == [["224", "2"]]
	total = int(re.search(r"MemTotal:\s+(\d+)", guest.check("cat /proc/meminfo"))[1])
	assert 128 * 1024 < total < 224 * 1024
	affinity = [row[6] for row in rows(host.check(f"xl vcpu-list {guest.domid}"))]
	assert affinity == ["1"] * 4
	assert guest.check("cat /proc/device-tree/interrupt-controller*/compatible | tr '\\0' ' '").strip() == "arm,gic-v3"


def test_vcpus_come_and_go(host):
	"""The kernel takes one away by itself; that one may come back is for its user space to say."""
	guest = domu.Guest(host, vcpus=2, maxvcpus=3).boot()
	guest.check(count_cpus(2))
	host.check(f"xl vcpu-set --ignore-host {guest.domid} 3")
	guest.check("echo 1 >/sys/devices/system/cpu/cpu2/online; " + count_cpus(3))
	guest.check("taskset -c 2 true || taskset 4 true")
	host.check(f"xl vcpu-set {guest.domid} 1")
	guest.check(count_cpus(1))
	# The kernel counts one out before it has come to its end.
	wait_for(host, "two that are off",
		lambda: [row[4] for row in rows(host.check(f"xl vcpu-list {guest.domid}"))][1:] == ["--p", "--p"])


def test_the_sbsa_uart_says_what_is_written_there(host):
	guest = domu.Guest(host, vuart="sbsa_uart").boot()
	guest.check("printf 'by the uart\\n' >/dev/ttyAMA0")
	result = host.run(f"{domu.TOOLS}graft-console {guest.domid}/vuart/0 20 wait 'by the uart'")
	assert result.status == 0


def test_paused_is_paused(host):
	guest = domu.Guest(host).boot()
	host.check(f"xl pause {guest.name}")
	assert guest.state() == "p"
	before = domu.info(host)[1][guest.domid]["cpu_ns"]
	assert guest.run("true", limit=3).status == 124
	assert domu.info(host)[1][guest.domid]["cpu_ns"] == before
	host.check(f"xl unpause {guest.name}")
	assert "p" not in guest.state()
	assert guest.check("echo awake") == "awake"
	# Twice is once.
	host.check(f"xl pause {guest.name}; xl pause {guest.name}; xl unpause {guest.name}")
	guest.destroy()


def test_pinned_where_told(host):
	guest = domu.tiny(host, "spin", vcpus=2).create()
	for cpu in ["0", "1"]:
		host.check(f"xl vcpu-pin {guest.name} all {cpu}")
		assert [row[6] for row in rows(host.check(f"xl vcpu-list {guest.name}"))] == [cpu, cpu]
		wait_for(host, f"both on CPU {cpu}",
			lambda: [row[3] for row in rows(host.check(f"xl vcpu-list {guest.name}"))] == [cpu, cpu])
	assert host.run(f"xl vcpu-pin {guest.name} 0 7").status != 0
	host.check(f"xl vcpu-pin {guest.name} 0 all")
	assert "all" in host.check(f"xl vcpu-list {guest.name}")


def test_weight_and_cap_are_kept(host):
	guest = domu.tiny(host, "idle").create("-p")
	host.check(f"xl sched-credit2 -d {guest.name} -w 700 -c 30")
	assert host.check(f"xl sched-credit2 -d {guest.name} | tail -n 1").split()[-3:] == \
		[str(guest.domid), "700", "30"]
	assert host.run(f"xl sched-credit2 -d {guest.name} -w 0").status != 0


def test_save_and_migrate_are_refused_and_harm_nothing(host):
	guest = domu.Guest(host).boot()
	assert host.run(f"xl save {guest.name} /tmp/saved").status != 0
	assert host.run(f"xl migrate {guest.name} localhost").status != 0
	assert guest.check("echo unharmed") == "unharmed"
	assert guest.state() in ("r", "b", "")


def test_what_cannot_be_is_refused_and_leaves_nothing(host):
	refused = {"gic_version": "v2", "cpus": "7", "kernel": domu.SHARED + "tiny.S", "memory": 1 << 20, "vcpus": 4096,
		"nr_spis": 100000}
	for item, value in refused.items():
		guest = domu.tiny(host, "idle", **{item: value})
		assert guest.try_create("-p").status != 0, item
		domu.wait_alone(host)
