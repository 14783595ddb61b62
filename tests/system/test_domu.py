# SPDX-License-Identifier: Apache-2.0
"""Stock guests of stock xl: they boot, answer on their console, and leave nothing behind."""
import domu


def test_shell_answers(host):
	guest = domu.Guest(host, vcpus=2).boot()
	assert guest.check("echo $((6 * 7))") == "42"
	assert guest.run("false").status == 1
	assert guest.check("nproc") == "2"
	assert guest.check("cat /sys/hypervisor/type") == "xen"
	release = host.check("uname -r")
	assert guest.check("uname -r") == release
	guest.destroy()
	assert not guest.exists()
