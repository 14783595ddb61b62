# SPDX-License-Identifier: Apache-2.0
"""Whoever of the toolstack is killed, whenever: xl destroy afterwards cleans up."""
import domu
import pytest

CREATE = "setsid xl create -p {config} >/dev/null 2>&1 & sleep {delay}; {kill}; wait $! 2>/dev/null; true"
BIN = "/usr/lib/xen-4.20/bin/"
# Fractions of the time that xl takes when nobody disturbs it.
POINTS = [0.1, 0.25, 0.4, 0.55, 0.7, 0.85, 0.95]


def duration(host, command):
	out = host.check(domu.script(host, f"read a b </proc/uptime; {command} >/dev/null 2>&1; read c d </proc/uptime; "
		"echo $a $c"))
	start, end = map(float, out.splitlines()[-1].split())
	return end - start


def test_xl_killed_while_it_creates(host):
	guest = domu.Guest(host, "victim")
	config = guest.write_config()
	whole = duration(host, f"xl create -p {config}")
	domu.destroy_all(host)
	before = domu.info(host)[0]
	for point in POINTS:
		host.check(domu.script(host, CREATE.format(config=config, delay=f"{point * whole:.2f}", kill="kill -9 $!")),
			limit=300)
		domu.destroy_all(host)
	domu.wait_free(host, before)
	guest.boot()
	assert guest.check("echo alive") == "alive"


def test_xl_killed_while_it_destroys(host):
	guest = domu.Guest(host, "victim", memory=512)
	guest.create("-p")
	whole = duration(host, f"xl destroy {guest.domid}")
	domu.destroy_all(host)
	before = domu.info(host)[0]
	for point in POINTS[::2]:
		guest.create("-p")
		host.check(domu.script(host, f"setsid xl destroy {guest.domid} & sleep {point * whole:.2f}; kill -9 $!; true"))
		domu.destroy_all(host)
	domu.wait_free(host, before)


def test_xenconsoled_killed(host):
	guest = domu.Guest(host, "victim")
	config = guest.write_config()
	before = domu.info(host)[0]
	for delay in [0, 1]:
		host.check(domu.script(host, CREATE.format(config=config, delay=delay, kill="killall -9 xenconsoled")),
			limit=300)
		host.check(BIN + "xenconsoled --pid-file=/run/xen/xenconsoled.pid")
		domu.destroy_all(host)
	domu.wait_free(host, before)
	guest.boot()
	host.check("killall -9 xenconsoled")
	guest.destroy()
	host.check(BIN + "xenconsoled --pid-file=/run/xen/xenconsoled.pid")
	assert guest.boot().check("echo alive") == "alive"


@pytest.mark.parametrize("delay", [0, 1, None], ids=["early", "late", "after"])
def test_xenstored_killed(ready, delay):
	"""It forgets everything, so nothing but destroying is left for the guests, and Dom0's kernel has lost it too."""
	machine = ready(share=domu.default_share(), memory=4096)
	guest = domu.Guest(machine, "victim")
	guest.create("-p").destroy()
	domu.wait_alone(machine)
	before = domu.info(machine)[0]
	if delay is None:
		guest.create()
		machine.check("killall -9 xenstored xenconsoled")
	else:
		# An xl that comes when xenstored is dead waits for it for ever.
		machine.check(domu.script(machine, CREATE.format(config=guest.write_config(), delay=delay,
			kill="killall -9 xenstored xenconsoled; sleep 1; killall -9 xl")), limit=300)
	machine.check(BIN + "xenstored --pid-file /run/xen/xenstored.pid")
	machine.check(BIN + "xen-init-dom0; true")
	machine.check(BIN + "xenconsoled --pid-file=/run/xen/xenconsoled.pid")
	domu.destroy_all(machine)
	domu.wait_free(machine, before)
