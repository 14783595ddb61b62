# SPDX-License-Identifier: Apache-2.0
"""docs/overlays.md quotes messages: each is one that the sources have, with something in place of what varies."""
import re

import pytest

from conftest import TOP

FOLDERS = ("assign", "dt", "hypercall", "tools", "linux")
LITERAL = re.compile(r'"((?:[^"\\\n]|\\.)*)"')
CONVERSION = re.compile(r"%[-+ #0]*(?:\d+|\*)?(?:\.(?:\d+|\*))?(?:ll|l|z|h)?[a-zA-Z]|%p\w*")
# Numbers, names and paths of the example.
VARIES = re.compile(r"0x[0-9a-f]+|\bd\d+\b|\d+|/[\w@,/.-]*|\b[\w-]+\.dtbo\b|'[^']*'|`[^`]*`|…|\.\.\.|\bLABEL\b")
# What the kernel, the shell or errno says.
OTHERS = {"write error: Invalid argument"}


def pieces(text, varies):
	"""What stands between what varies, as lists of words."""
	return [words for part in varies.split(text) if (words := re.findall(r"\w+", part))]


def source_pieces():
	for folder in FOLDERS:
		for path in sorted((TOP / folder).glob("*.c")):
			text = re.sub(r'"\s*(?:PRI\w+)?\s*"', "", path.read_text())
			for literal in LITERAL.findall(text):
				yield from pieces(re.sub(r"\\.", " ", literal).replace("'%s'", "%s"), CONVERSION)


@pytest.fixture(scope="module")
def known():
	"""Whole pieces, and all runs of two words and more in them."""
	runs = set()
	for words in source_pieces():
		runs.add(tuple(words))
		runs.update(tuple(words[i:j]) for i in range(len(words)) for j in range(i + 2, len(words) + 1))
	return runs


def quotes():
	"""In the first or second column of the two tables of messages, what is no name of an error, rule or command."""
	text = (TOP / "docs/overlays.md").read_text()
	for title, columns in (("## What is refused, and why", slice(1, 2)), ("## When it does not work", slice(0, 1))):
		section = text.split(title)[1].split("\n## ")[0]
		for row in re.findall(r"^\| (.*) \|$", section, re.M):
			for cell in row.replace("\\|", "/").split(" | ")[columns]:
				yield from (quote for quote in re.findall(r"`([^`]+)`", cell) if " " in quote)


def is_known(words, known):
	return not words or any(tuple(words[:n]) in known and is_known(words[n:], known) for n in range(len(words), 0, -1))


@pytest.mark.parametrize("quote", sorted(set(quotes()) - OTHERS))
def test_message_is_in_the_sources(quote, known):
	for words in pieces(quote, VARIES):
		assert is_known(words, known), f"no source says '{' '.join(words)}'"


def test_each_rule_is_explained():
	rules = set(re.findall(r'^\t\{ "([\w-]+)", ', (TOP / "assign/rules.c").read_text(), re.M))
	told = (TOP / "docs/overlays.md").read_text().split("## What is refused, and why")[1].split("\n## ")[0]
	assert len(rules) > 12 and rules - set(re.findall(r"`([\w-]+)`", told)) == set()


def test_a_wrong_one_is_found(known):
	assert len(list(quotes())) > 25
	assert not is_known("the moon is full tonight".split(), known)
	assert not is_known("behind no cheese".split(), known)
