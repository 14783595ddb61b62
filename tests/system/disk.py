# SPDX-License-Identifier: Apache-2.0
"""A disk whose first half holds what graft-stress (guest/graft-stress.c) expects there."""
import array

MASK = (1 << 64) - 1


def pattern(index):
	z = (index + 1) * 0x9E3779B97F4A7C15 & MASK
	z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & MASK
	z = (z ^ z >> 27) * 0x94D049BB133111EB & MASK
	return z ^ z >> 31


def make(path, size):
	"""size in bytes, a multiple of 128 KiB."""
	words = array.array("Q", map(pattern, range(size // 2 // 8)))
	with open(path, "wb") as file:
		file.write(words.tobytes())
		file.truncate(size)
	return str(path)


def check_untouched(path):
	"""The half that the guest may only read is as it was."""
	with open(path, "rb") as file:
		file.seek(0, 2)
		half = file.tell() // 2
		file.seek(0)
		return file.read(half) == array.array("Q", map(pattern, range(half // 8))).tobytes()
