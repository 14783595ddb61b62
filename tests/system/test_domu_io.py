# SPDX-License-Identifier: Apache-2.0
"""PV disks and networks: stock back ends in Dom0, stock front ends in the guest, Graft's grants between."""
import conftest
import domu


def test_disk(host):
	"""What the guest reads is what Dom0 wrote, and the other way round."""
	host.check("modprobe -a loop xen-blkback")
	host.check("dd if=/dev/urandom of=/tmp/disk bs=1M count=16")
	written = host.check("head -c 8388608 /tmp/disk | md5sum")
	guest = domu.Guest(host, disk=["format=raw,vdev=xvda,access=rw,target=/tmp/disk"]).boot()
	guest.check("timeout 30 sh -c 'until [ -b /dev/xvda ]; do sleep 0.2; done'")
	assert guest.check("dd if=/dev/xvda bs=1M count=8 2>/dev/null | md5sum") == written
	guest.check("head -c 8388608 /dev/urandom >/tmp/own; dd if=/tmp/own of=/dev/xvda bs=1M seek=8 conv=fsync 2>&1")
	own = guest.check("md5sum </tmp/own")
	host.check(f"xl block-detach {guest.name} xvda")
	guest.destroy()
	assert host.check("tail -c 8388608 /tmp/disk | md5sum") == own
	assert host.check("head -c 8388608 /tmp/disk | md5sum") == written
	host.check("rm /tmp/disk")


@conftest.rounds(3, 6)
def test_disks_come_and_go(host, rounds):
	"""And take nothing with them, once Dom0 has the tables for mapping their pages."""
	host.check("modprobe -a loop xen-blkback; dd if=/dev/urandom of=/tmp/disk bs=1M count=4")
	written = host.check("md5sum </tmp/disk")
	guest = domu.Guest(host).boot()
	before = None
	for _ in range(rounds):
		host.check(f"xl block-attach {guest.name} format=raw,vdev=xvda,access=ro,target=/tmp/disk")
		guest.check("timeout 30 sh -c 'until [ -b /dev/xvda ]; do sleep 0.2; done'")
		assert guest.check("md5sum </dev/xvda") == written
		host.check(f"xl block-detach {guest.name} xvda")
		before = before or domu.info(host)[0]
	domu.wait_free(host, before)
	guest.destroy()
	host.check("rm /tmp/disk")


def test_network(host):
	"""Through Dom0's bridge: small, large and many packets, whole."""
	host.run("killall httpd; ip link del xenbr0")  # of one that failed
	host.check("modprobe -a bridge xen-netback; brctl addbr xenbr0 && ip addr add 10.0.0.1/24 dev xenbr0 && "
		"ip link set xenbr0 up")
	guest = domu.Guest(host, vif=["bridge=xenbr0"]).boot()
	guest.check("timeout 30 sh -c 'until [ -e /sys/class/net/eth0 ]; do sleep 0.2; done'; "
		"ip addr add 10.0.0.2/24 dev eth0; ip link set eth0 up; "
		"timeout 100 sh -c 'until ping -c 1 -w 5 10.0.0.1; do sleep 0.2; done' >/dev/null")  # until the ends have met
	assert " 0% packet loss" in guest.check("ping -c 3 -w 30 10.0.0.1")
	assert " 0% packet loss" in guest.check("ping -c 3 -w 30 -s 6000 10.0.0.1")
	host.check("head -c 4194304 /dev/urandom >/tmp/sent; httpd -p 10.0.0.1:99 -h /tmp")
	got = guest.check("wget -q -O - http://10.0.0.1:99/sent | md5sum")
	assert got == host.check("md5sum </tmp/sent")
	guest.destroy()
	host.check("killall httpd; ip link del xenbr0; rm /tmp/sent")
