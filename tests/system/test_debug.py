# SPDX-License-Identifier: Apache-2.0
"""Breakpoints, watchpoints and single steps of Dom0 and of a guest, by turns on one CPU."""
import re

import domu

PROGRAM = domu.TOOLS + "graft-debug"
ROUNDS = 20


def test_dom0_debugs(dom0):
	assert dom0.check(f"{PROGRAM} {ROUNDS}", limit=300) == "debug ok"


def test_dom0_and_a_guest_debug_at_once(host):
	guest = domu.Guest(host, "debugged").boot()
	host.check(f"xl vcpu-pin {guest.domid} all 0")
	guest.start(f"{PROGRAM} {ROUNDS} >/tmp/first; {PROGRAM} {ROUNDS} >/tmp/second; cat /tmp/first /tmp/second >/tmp/both")
	text = host.check(domu.script(host, f"for i in 1 2 3; do {PROGRAM} {ROUNDS} 0; done"), limit=300)
	assert re.fullmatch(r"(debug ok\s*){3}", text)
	assert guest.check("while ! [ -e /tmp/both ]; do sleep 0.2; done; cat /tmp/both", limit=300).split() == ["debug", "ok"] * 2
	guest.destroy()
