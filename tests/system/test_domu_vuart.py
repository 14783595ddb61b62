# SPDX-License-Identifier: Apache-2.0
"""The emulated serial port of a guest (vuart = "sbsa_uart"), as an early console, a console and a terminal."""
import re

import domu
import interrupts
import machine as names

TEXT = "seq 1 3000"  # 14 KB: more than the ring holds, both ways


def terminal(guest):
	return f"{guest.domid}/vuart/0"


def read_until(guest, text, limit=domu.RUN_LIMIT):
	"""What the port says up to text; nothing of it comes twice."""
	result = guest.machine.run(f"{domu.TOOLS}graft-console {terminal(guest)} {limit} wait '{text}'", limit + 30)
	assert result.status == 0, result.output
	return result.output


def test_console(host):
	guest = domu.Guest(host, vuart="sbsa_uart", extra="earlycon=pl011,0x22000000 console=ttyAMA0 console=hvc0").boot()
	text = read_until(guest, "Run /init as init process")
	assert "Booting Linux on physical CPU" in text  # before any driver: the early console's
	assert re.search(r"ttyAMA0 MMIO32:0x0*22000000 .* is a SBSA", text)
	guest.check("stty -F /dev/ttyAMA0 raw -echo 2>/dev/null; dmesg -n 1")
	xl_console(host, guest)
	more_than_the_ring_holds(host, guest)
	# The PV console lived beside it all the time, and interrupts carried the bytes.
	assert interrupts.taken(guest, 32) > 0
	guest.destroy()
	assert not guest.exists()


def xl_console(host, guest):
	"""As a user has it: xl console shows what the guest writes, and what is typed arrives."""
	guest.check("(head -n 1 </dev/ttyAMA0 >/tmp/typed; echo heard it >/dev/ttyAMA0) >/dev/null 2>&1 &")
	guest.check("echo from-the-guest >/dev/ttyAMA0")
	host.type(f"xl console -t vuart {guest.name}; printf '@%s@\\n' left")
	host.expect(names.amid_log("from-the-guest"))
	host.child.send("from-dom0\n")
	host.expect(names.amid_log("heard it") + names.EOL_AMID_LOG)
	host.child.send("\x1d")
	host.expect(names.amid_log("@left@") + names.EOL_AMID_LOG)
	assert guest.check("cat /tmp/typed") == "from-dom0"


def more_than_the_ring_holds(host, guest):
	guest.check(f"(echo; echo BEGIN; {TEXT}; echo END) >/dev/ttyAMA0 &")
	host.check(f"{domu.TOOLS}graft-console {terminal(guest)} 300 wait END >/tmp/out", 330)
	assert host.check("sed '1,/BEGIN/d; /END/,$d' /tmp/out | md5sum") == host.check(f"{TEXT} | md5sum")
	size = int(host.check(f"{TEXT} | wc -c"))
	guest.check(f"head -c {size} </dev/ttyAMA0 2>/dev/null | md5sum >/tmp/sum &")
	tty = host.check(f"xenstore-read /local/domain/{terminal(guest)}/tty")
	host.check(f"stty -F {tty} raw -echo; {TEXT} >{tty}")
	guest.check("while [ ! -s /tmp/sum ]; do sleep 0.2; done", 300)
	assert guest.check("cat /tmp/sum") == host.check(f"{TEXT} | md5sum")


def test_nobody_listens(host):
	"""A guest that fills its port, without a daemon that empties it, harms itself at most, and can be destroyed."""
	guest = domu.Guest(host, vuart="sbsa_uart", extra="console=ttyAMA0 console=hvc0").boot()
	guest.check("(while :; do echo filling; done) >/dev/ttyAMA0 2>&1 &")
	assert guest.check("echo still here") == "still here"
	guest.destroy()
	assert not guest.exists()


def test_without(host):
	"""No vuart, no port: the early console's first write is an abort in the guest, and nobody else's."""
	host.xl_dmesg("-c")
	guest = domu.Guest(host, extra="earlycon=pl011,0x22000000 console=hvc0", on_crash="preserve").create()
	host.check("timeout 300 sh -c 'until xl dmesg | grep -q \"access to nothing at .*guest-physical 0x2200\"; "
		"do sleep 0.5; done'", 330)
	assert guest.exists()
	guest.destroy()
	assert not guest.exists()
