#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Measures Graft and Debian's own Xen in turn, same guest, same QEMU command, and prints both and their ratio.

Under -icount shift=0 virtual time counts instructions, so figures repeat on any machine. Nothing here passes
or fails: the last column says what docs promise.
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts"))

import domu  # noqa: E402
import machine  # noqa: E402
import qemu  # noqa: E402

LIMIT = 1200  # seconds for any one step; counting instructions is slow
COUNTER_HZ = 62500000  # of the cortex-a57 that is measured
GUEST = "/usr/lib/graft-test/"
GUEST_PROGRAMS = ["bench-hypercall", "bench-evtchn", "bench-futex", "bench-nanosleep"]
DOMID_SELF = 0x7ff0
# Linux tests its ciphers in background threads while it boots, which is most of what it executes then. The clock
# counts the instructions of all CPUs, so who lets an idle CPU do that work beside looks slower than who lets it wait.
# What is measured is the boot alone.
BOOT_ALONE = "cryptomgr.notests=1"
PROGRAMS = ["bench-clock", "bench-hypercall", "bench-futex", "bench-evtchn", "bench-nanosleep", "bench-overlay"]
# name: (what it is, unit, what Graft must hold; numbers are of the unit, "xen" is Xen's own figure)
ROWS = {
	"hypercall": ("xen_version hypercall from Dom0's user space", "us", 1.1),
	"futex": ("futex round trip between two CPUs, median", "us", 25),
	"exit-hypercall": ("one vCPU, no kernel: a hypercall that only returns", "us", None),
	"exit-mmio-read": ("  read of an emulated register (GICD_IIDR)", "us", None),
	"exit-ipi-to-itself": ("  interrupt to itself, until the sender sees it done", "us", "xen"),
	"exit-timer-until-handler": ("  timer due, until its handler", "us", "xen"),
	"exit-timer-until-handled": ("  timer due, until the loop that waits sees it", "us", "xen"),
	"evtchn": ("event channel to oneself, notify to read, median", "us", 18),
	"nanosleep": ("clock_nanosleep 50 us: lateness, median", "us", 18),
	"total": ("Dom0's /init reached, from reset", "s", "xen"),
	"start": ("  until Dom0's clock begins: hypervisor, early kernel", "s", None),
	"init": ("  after that: kernel up to /init", "s", None),
	"memory": ("memory in no domain's hands, 3 GiB machine", "MiB", 10),
	"image": ("size of the image", "KiB", 384),
	"guest-shell": ("a stock guest: xl create until its shell", "s", None),
	"guest-create": ("  of that until xl is done", "s", None),
	"guest-hypercall": ("  in it: xen_version hypercall from user space", "us", None),
	"guest-evtchn": ("  event channel to itself, notify to read, median", "us", None),
	"guest-futex": ("  virtual interrupts between vCPUs: futex round trip", "us", None),
	"guest-switch": ("  both on one CPU: the same with context switches", "us", None),
	"guest-nanosleep": ("  timer interrupt: lateness of clock_nanosleep 50 us", "us", None),
	"overlay-add-1": ("add an overlay of 1 node", "us", 15),
	"overlay-add-10": ("add an overlay of 10 nodes", "us", 50),
	"overlay-add-100": ("add an overlay of 100 nodes", "us", 330),
	"overlay-add-1000": ("add an overlay of 1 000 nodes, 217 KB", "us", 3000),
	"overlay-add-2000": ("add an overlay of 2 000 nodes, 435 KB", "us", 6000),
	"overlay-linear": ("  2 000 nodes, in times of 1 000", "x", 2.1),
	"overlay-attach-1": ("attach the overlay of 1 node", "us", 12),
	"overlay-attach-10": ("  of 10 nodes", "us", None),
	"overlay-attach-100": ("  of 100 nodes", "us", 300),
	"overlay-attach-1000": ("  of 1 000 nodes", "us", 3000),
	"overlay-attach-2000": ("  of 2 000 nodes", "us", None),
	"overlay-remove-1": ("remove it while attached, 1 node", "us", 7),
	"overlay-remove-10": ("  10 nodes", "us", None),
	"overlay-remove-100": ("  100 nodes", "us", None),
	"overlay-remove-1000": ("  1 000 nodes", "us", 1500),
	"overlay-remove-2000": ("  2 000 nodes", "us", None),
	"overlay-detach-1": ("detach it, 1 node", "us", 12),
	"overlay-detach-1000": ("  1 000 nodes", "us", None),
	"overlay-late-idle": ("how late a timer is: by itself", "us", None),
	"overlay-late-add": ("  while 1 MiB of overlay is added on that CPU, worst", "us", 100),
	"overlay-late-attach": ("  attached", "us", 100),
	"overlay-late-detach": ("  detached", "us", 100),
	"overlay-late-remove": ("  removed", "us", 100),
}
# Debian's Xen has overlays off, so these were measured once: Xen 4.20.3 built with overlays, same guest, same QEMU
# command. Its attach and remove leave out what Graft's do (unmapping, unrouting).
XEN_ONCE = {
	"overlay-add-1": 868,
	"overlay-add-10": 3078,
	"overlay-add-100": 47550,
	"overlay-add-1000": 3251000,
	"overlay-add-2000": 12692000,
	"overlay-linear": 12692 / 3251,
	"overlay-attach-1": 17,
	"overlay-remove-1": 10,
}


def counter_offset(socket):
	"""Seconds by which Dom0's virtual counter lags behind the machine's, which starts at reset."""
	out = subprocess.run(["gdb-multiarch", "-q", "-batch", "-ex", "set architecture aarch64",
		"-ex", f"target remote {socket}", "-ex", "printf \"offset %lu\\n\", $CNTVOFF_EL2", "-ex", "detach"],
		capture_output=True, text=True, timeout=120, check=False).stdout
	found = re.search(r"^offset (\d+)", out, re.M)
	return int(found[1]) / COUNTER_HZ if found else None


def memory(booted):
	info = booted.check("xl info", LIMIT)
	free = int(re.search(r"^free_memory\s*: (\d+)", info, re.M)[1])
	return booted.config.memory - free - booted.config.dom0_memory


def run_programs(run, names, found, prefix=""):
	"""Figures that the programs print go into found; of repeated ones the worst."""
	for program in names:
		for name, value in re.findall(r"^bench (\S+) ([\d.]+) ", run(GUEST + program, LIMIT).output, re.M):
			found[prefix + name] = max(float(value), found.get(prefix + name, 0))


def measure_guest(booted):
	"""{name: figure} of a stock guest. Its vCPUs have a CPU each, and then one for both."""
	found, switch = {}, {}
	# In Dom0's memory: how fast the host's files are is none of the hypervisor's doing.
	booted.check("cp /mnt/share/Image /mnt/share/domu.cpio.lz4 /tmp", LIMIT)
	guest = domu.Guest(booted, "bench", vcpus=2, kernel="/tmp/Image", ramdisk="/tmp/domu.cpio.lz4",
		extra=f"console=hvc0 quiet xen_privcmd.unrestricted=1 {BOOT_ALONE}")
	clock = "read now idle </proc/uptime; echo $now"
	times = booted.check(domu.script(booted, f"{clock}; xl create -q {guest.write_config()}; {clock}; "
		f"{GUEST}graft-console $(xl domid bench) {LIMIT} wait '{domu.READY}' >/dev/null; {clock}"), LIMIT)
	start, created, ready = map(float, re.findall(r"^[\d.]+$", times, re.M))
	found["guest-create"], found["guest-shell"] = created - start, ready - start
	guest.find_domid()
	booted.check("xl vcpu-pin bench 0 0; xl vcpu-pin bench 1 1", LIMIT)
	run_programs(guest.run, [program if program != "bench-evtchn" else f"bench-evtchn {DOMID_SELF}"
		for program in GUEST_PROGRAMS], found, "guest-")
	booted.check("xl vcpu-pin bench 1 0", LIMIT)
	run_programs(guest.run, ["bench-futex"], switch)
	found["guest-switch"] = switch.get("futex")
	guest.destroy()
	return found


def measure_exits(hypervisor):
	"""{name: figure} of tests/guest/costs, a kernel that is Dom0 and powers off."""
	config = qemu.Config(hypervisor=hypervisor, icount=0, cpus=1, kernel=str(qemu.SHARE / "costs"), initrd=None,
		memory=2048, dom0_memory=512)
	with machine.Machine(config, f"bench-exits-{hypervisor}") as booted:
		booted.expect(r"cost timer-until-handled \d+ ns", LIMIT)
		costs = re.findall(r"cost (\S+) (\d+) ns", booted.child.before + booted.child.after)
	return {f"exit-{name}": int(ns) / 1000 for name, ns in costs}


def measure(hypervisor):
	"""{name: figure} of one hypervisor."""
	print(f"graft: measuring {hypervisor} (some minutes)", file=sys.stderr, flush=True)
	found = {"image": os.path.getsize(qemu.HYPERVISORS[hypervisor]) / 1024}
	with tempfile.TemporaryDirectory() as scratch:
		socket = f"{scratch}/gdb"
		config = qemu.Config(hypervisor=hypervisor, icount=0, share=domu.default_share(), bootargs=BOOT_ALONE,
			extra=["-gdb", f"unix:{socket},server=on,wait=off"])
		with machine.Machine(config, f"bench-{hypervisor}") as booted:
			found["init"] = float(booted.expect(r"/init reached after ([\d.]+) s", LIMIT)[1])
			booted.boot_quiet()
			found["memory"] = memory(booted)
			run_programs(booted.run, PROGRAMS, found)
			found.update(measure_guest(booted))
			offset = counter_offset(socket)
	found.update(measure_exits(hypervisor))
	if offset is not None and "ahead" in found:
		found["start"] = found["ahead"] + offset
		found["total"] = found["start"] + found["init"]
	if "overlay-add-2000" in found:
		found["overlay-linear"] = found["overlay-add-2000"] / found["overlay-add-1000"]
	return found


def show(value):
	return "-" if value is None else f"{value:.2f}" if value < 100 else f"{value:.0f}"


def show_ratio(ratio):
	return f"{ratio:.2f}" if ratio >= 0.01 else f"1/{1 / ratio:.0f}"


def print_table(graft, xen):
	line = "{:<56} {:>9} {:>9} {:>6}  {}"
	print(line.format("", "Graft", "Xen", "ratio", "Graft must hold"))
	for name, (what, unit, goal) in ROWS.items():
		mine, theirs, once = graft.get(name), xen.get(name), ""
		if theirs is None and name in XEN_ONCE:
			theirs, once = XEN_ONCE[name], "*"
		ratio = show_ratio(mine / theirs) if mine is not None and theirs else "-"
		limit = theirs if goal == "xen" else goal
		word = "" if limit is None or mine is None else \
			f"<= {show(limit)}: {'yes' if mine <= limit else 'NO'}"
		print(line.format(f"{what} [{unit}]", show(mine), show(theirs) + once, ratio, word))
	print("* fixed: Xen 4.20.3 built with overlays, measured once")


def main():
	figures = {}
	for hypervisor in ["graft", "xen"]:
		try:
			figures[hypervisor] = measure(hypervisor)
		except machine.MachineError as error:
			print(f"graft: {hypervisor} could not be measured: {error}", file=sys.stderr)
			figures[hypervisor] = {}
	print_table(figures["graft"], figures["xen"])
	return 0 if all(figures.values()) else 1


if __name__ == "__main__":
	sys.exit(main())
