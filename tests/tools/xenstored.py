# SPDX-License-Identifier: Apache-2.0
"""A XenStore that is not there: it speaks xenstored's protocol (xen/io/xs_wire.h) on a socket, and plays the guests
too."""
import errno
import os
import pathlib
import socket
import struct
import threading

DIRECTORY, READ, WRITE, MKDIR, RM, SET_PERMS, ERROR = 1, 2, 11, 12, 13, 14, 16
HEADER = struct.Struct("<IIII")
PAYLOAD_MOST = 4096
# As one that is not privileged is limited.
VALUE_MOST = 2048


class Connection:
	def __init__(self, link):
		self.link = link

	def send(self, kind, request, transaction, payload):
		self.link.sendall(HEADER.pack(kind, request, transaction, len(payload)) + payload)

	def receive(self):
		head = self.exactly(HEADER.size)
		if not head:
			return None
		kind, request, transaction, size = HEADER.unpack(head)
		assert size <= PAYLOAD_MOST
		return kind, request, transaction, self.exactly(size) if size else b""

	def exactly(self, size):
		data = b""
		while len(data) < size:
			part = self.link.recv(size - len(data))
			if not part:
				return None
			data += part
		return data


class Store:
	"""nodes: path -> value; permissions: path -> "n0 r7". before(kind, path): ahead of each message, which is not
	answered while it runs. listener(path, value or None): after a change from outside."""

	def __init__(self, folder):
		self.folder = pathlib.Path(folder)
		self.nodes, self.permissions = {"/": b""}, {"/": "n0"}
		self.connections, self.listener = [], lambda path, value: None
		self.before = lambda kind, path: None
		self.lock = threading.RLock()
		self.server = socket.socket(socket.AF_UNIX)
		self.server.bind(str(self.folder / "socket"))
		self.server.listen()
		self.acceptor = threading.Thread(target=self.accept, daemon=True)
		self.acceptor.start()

	@property
	def environment(self):
		return {"XENSTORED_RUNDIR": str(self.folder), "XENSTORED_PATH": str(self.folder / "socket")}

	def accept(self):
		while True:
			try:
				link, _ = self.server.accept()
			except OSError:
				return
			connection = Connection(link)
			self.connections.append(connection)
			threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

	def close(self):
		"""Nobody may be waiting on a file number that is given to the next."""
		self.server.shutdown(socket.SHUT_RDWR)
		self.acceptor.join()
		self.server.close()
		os.unlink(self.folder / "socket")
		self.hang_up()

	def hang_up(self):
		"""As when xenstored dies."""
		for connection in self.connections:
			try:
				connection.link.shutdown(socket.SHUT_RDWR)
			except OSError:
				pass

	def serve(self, connection):
		try:
			while message := connection.receive():
				kind, request, transaction, payload = message
				changed = []
				self.before(kind, payload.split(b"\0")[0].decode())
				try:
					with self.lock:
						answer = self.handle(connection, kind, payload, changed)
						connection.send(kind, request, transaction, answer)
				except OSError as error:
					if error.filename is None and error.errno in (errno.EPIPE, errno.ECONNRESET, errno.EBADF):
						return
					connection.send(ERROR, request, transaction, errno.errorcode[error.errno].encode() + b"\0")
				for path in changed:
					self.listener(path, self.nodes.get(path))
		except OSError:
			pass

	def handle(self, connection, kind, payload, changed):
		parts = payload.split(b"\0")
		path = parts[0].decode()
		assert path.startswith("/") and not path.endswith("/")
		if kind == READ:
			self.need(path)
			return self.nodes[path]
		if kind == DIRECTORY:
			self.need(path)
			below = {name[len(path) + 1:].split("/")[0] for name in self.nodes if name.startswith(path + "/")}
			return b"".join(name.encode() + b"\0" for name in sorted(below))
		if kind in (WRITE, MKDIR):
			if kind == MKDIR and path in self.nodes:
				return b"OK\0"
			self.make(path, payload[len(parts[0]) + 1:] if kind == WRITE else b"")
		elif kind == RM:
			self.need(path)
			self.drop(path)
		elif kind == SET_PERMS:
			self.need(path)
			self.permissions[path] = b" ".join(part for part in parts[1:] if part).decode()
			return b"OK\0"
		else:
			raise AssertionError(f"message {kind}")
		changed.append(path)
		return b"OK\0"

	def need(self, path):
		if path not in self.nodes:
			raise OSError(errno.ENOENT, "no such node", path)

	def make(self, path, value):
		assert len(value) <= VALUE_MOST
		above = path.rsplit("/", 1)[0] or "/"
		if above not in self.nodes:
			self.make(above, b"")
		self.nodes[path] = value
		self.permissions.setdefault(path, self.permissions[above])

	def drop(self, path):
		for name in [name for name in self.nodes if name == path or name.startswith(path + "/")]:
			del self.nodes[name], self.permissions[name]

	def write(self, path, value):
		"""As a guest does."""
		with self.lock:
			self.make(path, value if isinstance(value, bytes) else value.encode())

	def below(self, path):
		with self.lock:
			return {name[len(path) + 1:]: value for name, value in self.nodes.items() if name.startswith(path + "/")}


class Guest:
	"""Domain 7, "worker". answer(guest, sequence, verb, name, size): what its module does with a request."""

	HOME = "/local/domain/7"

	def __init__(self, store, answer=None):
		self.store, self.answer = store, answer
		self.asked, self.withdrawn, self.blobs, self.seen = [], 0, {}, None
		store.write(f"{self.HOME}/name", "worker")
		store.permissions[self.HOME] = "n0 r7"
		store.listener = self.listen
		if answer:
			store.write(f"{self.HOME}/data/device-tree-overlay/version", "1")

	def listen(self, path, value):
		if path != f"{self.HOME}/device-tree-overlay/request":
			return
		if value is None:
			self.withdrawn += 1
			return
		sequence, verb, name, *size = value.decode().split(" ")
		self.asked.append((verb, name, *size))
		if verb == "apply":
			self.seen = self.blob(name)
		if self.answer:
			self.answer(self, sequence, verb, name)

	def blob(self, name):
		pieces = self.store.below(f"{self.HOME}/device-tree-overlay/overlays/{name}")
		return b"".join(pieces[str(n)] for n in range(len(pieces)))

	def reply(self, text):
		self.store.write(f"{self.HOME}/data/device-tree-overlay/reply", text)
