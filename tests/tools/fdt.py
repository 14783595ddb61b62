# SPDX-License-Identifier: Apache-2.0
"""Flattened device trees, read just enough to compare and to patch them."""
import struct

BEGIN, END, PROP, NOP, FINISH = 1, 2, 3, 4, 9


class Node:
	def __init__(self, name, parent):
		self.name, self.parent = name, parent
		self.props, self.children = {}, {}

	@property
	def path(self):
		if not self.parent:
			return "/"
		return self.parent.path.rstrip("/") + "/" + self.name

	def walk(self):
		yield self
		for child in self.children.values():
			yield from child.walk()

	def at(self, path):
		node = self
		for name in path.strip("/").split("/"):
			node = node.children[name] if name else node
		return node

	def cells(self, name):
		value = self.props[name]
		return list(struct.unpack(f">{len(value) // 4}I", value))

	def text(self, name):
		return self.props[name].rstrip(b"\0").decode()


def parse(blob):
	structure, strings = struct.unpack_from(">2I", blob, 8)
	at, node, root = structure, None, None
	while True:
		token, = struct.unpack_from(">I", blob, at)
		at += 4
		if token == BEGIN:
			end = blob.index(b"\0", at)
			node = Node(blob[at:end].decode(), node)
			if node.parent:
				assert node.name not in node.parent.children
				node.parent.children[node.name] = node
			root = root or node
			at = (end + 4) & ~3
		elif token == PROP:
			size, name = struct.unpack_from(">2I", blob, at)
			end = blob.index(b"\0", strings + name)
			node.props[blob[strings + name:end].decode()] = blob[at + 8:at + 8 + size]
			at = (at + 8 + size + 3) & ~3
		elif token == END:
			node = node.parent
		elif token == FINISH:
			return root


def phandles(root):
	return {node.cells("phandle")[0]: node.path for node in root.walk() if "phandle" in node.props}


def same(a, b):
	"""The first difference, or None: equal but for order and for numbers of phandles that lead to the same node."""
	of_a, of_b = phandles(a), phandles(b)
	nodes_a = {node.path: node for node in a.walk()}
	nodes_b = {node.path: node for node in b.walk()}
	if set(nodes_a) != set(nodes_b):
		return set(nodes_a) ^ set(nodes_b)
	for path, one in nodes_a.items():
		two = nodes_b[path]
		if set(one.props) != set(two.props):
			return path, set(one.props) ^ set(two.props)
		for name in one.props:
			if not same_value(one.props[name], two.props[name], of_a, of_b):
				return path, name
	return None


def same_value(a, b, of_a, of_b):
	if a == b:
		return True
	if len(a) != len(b) or len(a) % 4:
		return False
	return all(x == y or (x in of_a and of_a[x] == of_b.get(y))
		for x, y in zip(struct.unpack(f">{len(a) // 4}I", a), struct.unpack(f">{len(b) // 4}I", b)))
