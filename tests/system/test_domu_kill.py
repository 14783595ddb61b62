# SPDX-License-Identifier: Apache-2.0
"""Whoever of the toolstack is killed, whenever: xl destroy afterwards cleans up."""
import domu
import pytest

CREATE = "setsid xl create -p {config} >/dev/null 2>&1 & sleep {delay}; {kill}; wait $! 2>/dev/null; true"
XL = "pkill -9 xl || killall -9 xl"
BIN = "/usr/lib/xen-4.20/bin/"
# Fractions of the time that xl takes when nobody disturbs it.
POINTS = [0.1, 0.25, 0.4, 0.55, 0.7, 0.85, 0.95]


def duration(host, command):
	out = host.check(domu.script(host, f"read a b </proc/uptime; {command} >/dev/null 2>&1; read c d </proc/uptime; "
		"echo $a $c"))
	start, end = map(float, out.splitlines()[-1].split())
	return end - start


def left(host):
	"""Ids of guests that the hypervisor knows, whatever xenstore says."""
	return [domid for domid in domu.info(host)[1] if domid != 0]


def clean_up(host):
	for domid in left(host):
		host.run(f"xl destroy {domid}", limit=120)  # which fails when a call of the killed one comes to its end first
	assert domu.wait_alone(host) == set()


def test_xl_killed_while_it_creates(host):
	guest = domu.Guest(host, "victim")
	config = guest.write_config()
	whole = duration(host, f"xl create -p {config}")
	clean_up(host)
	before = domu.info(host)[0]
	for point in POINTS:
		host.check(domu.script(host, CREATE.format(config=config, delay=f"{point * whole:.2f}", kill="kill -9 $!")),
			limit=120)
		clean_up(host)
	assert domu.info(host)[0] == before
	guest.boot()
	assert guest.check("echo alive") == "alive"


def test_xl_killed_while_it_destroys(host):
	guest = domu.Guest(host, "victim", memory=512)
	guest.create("-p")
	whole = duration(host, f"xl destroy {guest.domid}")
	clean_up(host)
	before = domu.info(host)[0]
	for point in POINTS[::2]:
		guest.create("-p")
		host.check(domu.script(host, f"setsid xl destroy {guest.domid} & sleep {point * whole:.2f}; kill -9 $!; true"))
		clean_up(host)
	assert domu.info(host)[0] == before


def test_xenconsoled_killed(host):
	guest = domu.Guest(host, "victim")
	config = guest.write_config()
	before = domu.info(host)[0]
	for delay in [0, 1]:
		host.check(domu.script(host, CREATE.format(config=config, delay=delay, kill="killall -9 xenconsoled")),
			limit=200)
		host.check(BIN + "xenconsoled --pid-file=/run/xen/xenconsoled.pid")
		clean_up(host)
	assert before - 3 <= domu.info(host)[0] <= before
	guest.boot()
	host.check("killall -9 xenconsoled")
	guest.destroy()
	host.check(BIN + "xenconsoled --pid-file=/run/xen/xenconsoled.pid")
	assert guest.boot().check("echo alive") == "alive"


@pytest.mark.parametrize("delay", [0, 1, None], ids=["early", "late", "after"])
def test_xenstored_killed(start, delay):
	"""It forgets everything, so nothing but destroying is left for the guests, and Dom0's kernel has lost it too."""
	machine = start(share=domu.default_share()).boot_quiet()
	guest = domu.Guest(machine, "victim")
	guest.create("-p").destroy()
	domu.wait_alone(machine)
	before = domu.info(machine)[0]
	if delay is None:
		guest.create()
		machine.check("killall -9 xenstored xenconsoled")
	else:
		machine.check(domu.script(machine, CREATE.format(config=guest.write_config(), delay=delay,
			kill="killall -9 xenstored xenconsoled") + "; sleep 1; killall -9 xl; true"), limit=200)
	machine.check(BIN + "xenstored --pid-file /run/xen/xenstored.pid")
	machine.check(BIN + "xen-init-dom0; true")
	machine.check(BIN + "xenconsoled --pid-file=/run/xen/xenconsoled.pid")
	clean_up(machine)
	assert before - 3 <= domu.info(machine)[0] <= before
