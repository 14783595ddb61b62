#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Copies of libxen-dev's headers with other values, to show what Graft depends on and what it does not.

  headers.py moved FROM TO              changes every value that Graft must not depend on
  headers.py broken FROM TO             changes every fact that Graft asserts (XEN_ABI)
  headers.py check FILE... -- COMPILER FLAG...
                                        compiles files with such facts against the broken copy that the flags name: each
                                        fact must be refused, by the sentence that names the package

A value must not matter when Graft's code names it nowhere but in assertions (numbers in OWN aside) and no structure is
laid out by it; the values in CHOSEN must not matter though Graft reads them, since the hypervisor and the toolstack of one package agree
on them at build time and an update may choose others.
"""
import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
SENTENCE = "libxen-dev 4.20 is needed"
CODE = ["lib", "dt", "core", "assign", "hypercall", "drivers", "arch", "include", "tools", "tests/unit", "tests/tools"]
COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.S)
ASSERTION = re.compile(r"^\s*(?:XEN_ABI|static_assert)\(.*?\);", re.S | re.M)
DEFINE = re.compile(r"^[ \t]*#[ \t]*define[ \t]+(\w+)((?:[ \t]+(?:[^\n\\]|\\\n|\\)*)?)$", re.M)
NUMBER = re.compile(r"\(*\s*(?:xen_mk_\w+\()?(?:-?(?:0[xX][0-9a-fA-F]+|\d+)[UuLl]*|1[UuLl]*\s*<<\s*\d+)\s*\)*")
# Numbers that Graft's code has of its own, the same as the headers'.
OWN = re.compile(r"__HYPERVISOR_\w+|RUNSTATE_\w+|DOMID_\w+")
# The guest's layout and first registers: a shift for each, of a whole page or of one interrupt.
CHOSEN = {
	r"PSR_GUEST64_INIT": "(({}) ^ 0x200)",
	r"PSR_GUEST32_INIT": "(({}) ^ 0x200)",
	r"SCTLR_GUEST_INIT": "(({}) ^ 0x1000)",
	r"GUEST_(?:PL011|GNTTAB|GICV3_\w+|MAGIC|ACPI|RAM\d)_BASE": "({} + 0x200000)",
	r"GUEST_RAM\d_SIZE": "({} - 0x200000)",
	r"GUEST_VPL011_SPI": "({} + 4)",
	r"GUEST_EVTCHN_PPI": "({} - 6)",
}


def words(text):
	return set(re.findall(r"\w+", text))


def sources():
	for folder in CODE:
		yield from sorted(path for path in (TOP / folder).rglob("*") if path.suffix in (".c", ".h", ".S"))


def code_words():
	"""What Graft's code names, assertions aside."""
	return set().union(*(words(ASSERTION.sub("", COMMENT.sub("", path.read_text()))) for path in sources()))


def facts(path):
	"""Lines of a source with facts about the headers."""
	lines = path.read_text().splitlines()
	return {number for number, line in enumerate(lines, 1) if re.match(r"(XEN_ABI|SAME)\(", line)}


def read(folder):
	return {path: path.read_text() for path in sorted(folder.rglob("*.h"))}


def copy(source, target):
	shutil.rmtree(target, ignore_errors=True)
	shutil.copytree(source, target)
	return read(target)


def kept_words(texts):
	"""Names whose values matter: the code's, those in structures and conditions, and all that these are made of."""
	bodies, kept = {}, code_words()
	for text in texts.values():
		plain = COMMENT.sub("", text)
		for name, body in DEFINE.findall(plain):
			bodies.setdefault(name, set()).update(words(body))
		kept |= words(DEFINE.sub("", plain))
	todo = list(kept)
	while todo:
		fresh = bodies.get(todo.pop(), set()) - kept
		kept |= fresh
		todo += fresh
	return kept


def moved_body(name, body, kept):
	"""A definition's new value, None where it stays."""
	value = COMMENT.sub("", body).replace("\\\n", " ").strip()
	for pattern, change in CHOSEN.items():
		if re.fullmatch(pattern, name):
			return change.format(value)
	return f"({value} + 0x101)" if name not in kept and not OWN.fullmatch(name) and NUMBER.fullmatch(value) else None


def move(source, target):
	texts = copy(source, target)
	kept, count = kept_words(texts), 0

	def change(match):
		nonlocal count
		body = moved_body(match[1], match[2], kept)
		if body is None:
			return match[0]
		count += 1
		return f"#define {match[1]} {body}" + "\n" * match[0].count("\n")

	for path, text in texts.items():
		path.write_text(DEFINE.sub(change, text))
	print(f"headers: {count} values changed in {target}")


def fact_names():
	"""Structures and other names that facts are about."""
	text = "\n".join("\n".join(ASSERTION.findall(path.read_text())) for path in sources())
	numbers = re.findall(r"^\s*H\(\d+, *(\w+),", (TOP / "hypercall/list.h").read_text(), re.M)
	return set(re.findall(r"struct (\w+)", text)), words(text) | {f"__HYPERVISOR_{name}" for name in numbers}


def break_facts(source, target):
	structs, names = fact_names()
	for path, text in copy(source, target).items():
		text = re.sub(r"\bstruct (\w+)\s*\{", lambda m: m[0] + (" uint64_t moved_[3];" if m[1] in structs else ""), text)
		text = re.sub(r"(XEN_ERRNO\(\w+,\s*)(\d+)", r"\g<1>1000 + \2", text)
		text = re.sub(r"typedef uint64_t (xen_pfn_t|xen_ulong_t);", r"typedef uint32_t \1;", text)
		text = re.sub(r"typedef uint8_t xen_domain_handle_t\[16\]", "typedef uint8_t xen_domain_handle_t[24]", text)
		text = re.sub(r"(char (?:in|out)\[)", r"\g<1>1 + ", text)
		text = DEFINE.sub(lambda m: m[0] if m[1] not in names or not NUMBER.fullmatch(COMMENT.sub("", m[2]).strip())
			else f"#define {m[1]} ({COMMENT.sub('', m[2]).strip()} + 77)", text)
		path.write_text(text)


def numbered(path):
	"""Facts of the one file that makes them from a list."""
	listed = (TOP / "hypercall/list.h").read_text() if "HYPERCALL_LIST(CHECK_NUMBER)" in path.read_text() else ""
	return len(re.findall(r"^\s*H\(", listed, re.M))


def refused(path, command):
	"""How many facts the compiler refused with the sentence, and those that it did not refuse."""
	said = subprocess.run([*command, "-fsyntax-only", "-fmax-errors=0", str(path)], cwd=TOP, capture_output=True,
		text=True, check=False).stderr
	count = sum(SENTENCE in line and "error:" in line for line in said.splitlines())
	seen = {int(line) for name, line in re.findall(r"^([\w/.]+):(\d+):", said, re.M) if TOP / name == TOP / path}
	left = [f"{path}:{line}" for line in sorted(facts(TOP / path) - seen)]
	return count, left or ([f"{path}: a number"] if count < numbered(TOP / path) else [])


def check(paths, command):
	with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
		results = list(pool.map(lambda path: refused(path, command), paths))
	left = [f"{fact}: broken, and not refused by '{SENTENCE}'" for _, facts_left in results for fact in facts_left]
	count = sum(count for count, _ in results)
	print("\n".join(left) or f"headers: facts of {len(paths)} files, when broken, are refused by their sentence "
		f"({count} errors)")
	return 1 if left or not count else 0


def main():
	verb, *rest = sys.argv[1:]
	if verb == "check":
		middle = rest.index("--")
		return check(list(map(pathlib.Path, rest[:middle])), rest[middle + 1:])
	{"moved": move, "broken": break_facts}[verb](*map(pathlib.Path, rest))
	return 0


if __name__ == "__main__":
	sys.exit(main())
