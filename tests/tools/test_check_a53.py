# SPDX-License-Identifier: Apache-2.0
"""scripts/check-a53 finds the sequences of Cortex-A53's errata 835769 and 843419 where they are, and nowhere else."""
import subprocess

import pytest

from conftest import TOP, run

CC = "aarch64-linux-gnu-gcc"

MULTIPLY = {
	"load": ("ldr x1, [x2]", "madd x3, x4, x5, x6"),
	"store": ("str x6, [x2]", "madd x3, x4, x5, x6"),
	"pair": ("stp x1, x6, [x2]", "msub x3, x4, x5, x6"),
	"prefetch": ("prfm pldl1keep, [x2]", "umaddl x3, w4, w5, x0"),
	"vector": ("ldr q6, [x2]", "smaddl x3, w4, w5, x6"),
	"base": ("ldr x1, [x6], #8", "madd x3, x4, x5, x6"),
}
NO_MULTIPLY = {
	"depends": ("ldr x6, [x2]", "madd x3, x4, x5, x6"),
	"depends-second": ("ldp x1, x4, [x2]", "madd x3, x4, x5, x6"),
	"32-bit": ("ldr x1, [x2]", "madd w3, w4, w5, w6"),
	"mul": ("ldr x1, [x2]", "mul x3, x4, x5"),
	"high": ("ldr x1, [x2]", "umulh x3, x4, x5"),
	"apart": ("ldr x1, [x2]", "nop", "madd x3, x4, x5, x6"),
}
ADRP = {
	"three": (0xff8, "adrp x0, start", "ldr x1, [x2]", "ldr x3, [x0, #8]"),
	"last-word": (0xffc, "adrp x0, start", "str x1, [x2]", "str x3, [x0]"),
	"four": (0xff8, "adrp x0, start", "stp x1, x4, [x2]", "add x4, x4, #1", "ldrb w3, [x0, #1]"),
	"vector": (0xffc, "adrp x0, start", "ldr x1, [x2]", "ldr q3, [x0, #16]"),
}
NO_ADRP = {
	"elsewhere": (0xff4, "adrp x0, start", "ldr x1, [x2]", "ldr x3, [x0, #8]"),
	"load-pair": (0xff8, "adrp x0, start", "ldp x1, x4, [x2]", "ldr x3, [x0, #8]"),
	"overwritten": (0xff8, "adrp x0, start", "ldr x0, [x2]", "ldr x3, [x0, #8]"),
	"other-base": (0xff8, "adrp x0, start", "ldr x1, [x2]", "ldr x3, [x4, #8]"),
	"branch": (0xff8, "adrp x0, start", "ldr x1, [x2]", "b start", "ldr x3, [x0, #8]"),
	"adr": (0xff8, "adr x0, start", "ldr x1, [x2]", "ldr x3, [x0, #8]"),
}


def check(tmp_path, offset, instructions):
	source, elf = tmp_path / "a.S", tmp_path / "a.elf"
	source.write_text(".text\n.balign 4096\n.globl start\nstart:\n\t.rept %d\n\tnop\n\t.endr\n%s\n\tret\n"
		% (offset // 4, "\n".join("\t" + line for line in instructions)))
	subprocess.run([CC, "-nostdlib", "-static", "-mno-fix-cortex-a53-843419", "-mno-fix-cortex-a53-835769",
		"-Wl,-e,start", "-Wl,--build-id=none", "-Wl,-Ttext=0x410000", source, "-o", elf], check=True)
	return run(TOP / "scripts/check-a53", elf)


def finds(done, erratum, address):
	return done.returncode == 1 and done.err.splitlines() == \
		[f"{done.args[1]}: {address:#x}: the sequence of Cortex-A53 erratum {erratum}"]


@pytest.mark.parametrize("lines", MULTIPLY.values(), ids=MULTIPLY)
def test_multiply_accumulate_behind_memory_is_found(tmp_path, lines):
	assert finds(check(tmp_path, 16, lines), 835769, 0x410010)


@pytest.mark.parametrize("lines", NO_MULTIPLY.values(), ids=NO_MULTIPLY)
def test_other_multiplications_pass(tmp_path, lines):
	assert check(tmp_path, 16, lines).returncode == 0


@pytest.mark.parametrize("lines", ADRP.values(), ids=ADRP)
def test_adrp_at_the_end_of_a_page_is_found(tmp_path, lines):
	assert finds(check(tmp_path, lines[0], lines[1:]), 843419, 0x410000 + lines[0])


@pytest.mark.parametrize("lines", NO_ADRP.values(), ids=NO_ADRP)
def test_other_adrp_pass(tmp_path, lines):
	assert check(tmp_path, lines[0], lines[1:]).returncode == 0


def test_a_file_without_code_is_refused(tmp_path):
	empty = tmp_path / "empty.o"
	subprocess.run([CC, "-c", "-x", "c", "/dev/null", "-o", empty], check=True)
	assert run(TOP / "scripts/check-a53", empty).returncode == 1
