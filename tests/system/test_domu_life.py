# SPDX-License-Identifier: Apache-2.0
"""How guests end: power-off, restart, crash, from inside and by xl, and what xl then does by the guest's config."""
import re

import conftest
import domu
import pytest
from test_domu import wait_for


@pytest.mark.parametrize("end", ["off", "reset", "crash"])
def test_destroy(host, end):
	guest = domu.tiny(host, end, on_poweroff="destroy", on_reboot="destroy", on_crash="destroy").create("-p").unpause()
	guest.wait_gone()


@pytest.mark.parametrize("end, letters", [("off", "s"), ("reset", "s"), ("crash", "sc")])
def test_preserve(host, end, letters):
	guest = domu.tiny(host, end, on_poweroff="preserve", on_reboot="preserve", on_crash="preserve")
	guest.create("-p").unpause()
	wait_for(host, "the end", lambda: set(letters) & set(guest.state()))
	guest.destroy()
	assert not guest.exists()


def test_restart(host):
	"""A panic of the stock kernel, which on arm64 tells nobody but restarts, then its reboot, then its power-off."""
	guest = domu.Guest(host, extra="console=hvc0 quiet panic=1", on_reboot="restart", on_poweroff="destroy").boot()
	for command in ["echo c >/proc/sysrq-trigger", "reboot -f"]:
		guest.start(command)
		guest.wait_again().wait()
		assert guest.check("echo again") == "again"
	guest.start("poweroff -f")
	guest.wait_gone()


def test_rename_restart(host):
	guest = domu.tiny(host, "crash", on_crash="rename-restart").create("-p").unpause()
	wait_for(host, "the renamed one", lambda: f"{guest.name}-" in host.check("xl list"))
	assert re.search(rf"^{guest.name}-\S+\s+{guest.domid}\s.* \S*c\S* ", host.check("xl list"), re.M)
	# It would go on for ever.
	host.check("for i in $(seq 20); do killall -q -9 xl || break; sleep 0.3; done")


def test_xl_asks_the_guest(host):
	guest = domu.Guest(host).boot()
	host.check(f"xl reboot {guest.name}")
	guest.wait_again().wait()
	host.check(f"xl shutdown -w {guest.name}", domu.BOOT_LIMIT)
	guest.wait_gone()


@conftest.rounds(15, 50)
def test_cycles(host, rounds):
	"""Of creating and destroying, some of them with a kernel that came a good way."""
	tiny = domu.tiny(host, "spin", vcpus=2)
	config = tiny.write_config()
	text = f"for i in $(seq {rounds}); do xl create -q {config} && xl destroy {tiny.name} || exit 1; done"
	host.check(domu.script(host, f"xl create -q {config} && xl destroy {tiny.name}"))
	domu.wait_alone(host)
	before = domu.info(host)[0]
	host.check(domu.script(host, text), limit=1200)
	domu.wait_alone(host)
	domu.wait_free(host, before)
	for _ in range(2):
		guest = domu.Guest(host, "stock", vcpus=2).boot()
		guest.destroy()
	domu.wait_alone(host)
	domu.wait_free(host, before)
