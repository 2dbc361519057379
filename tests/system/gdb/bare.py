# SPDX-License-Identifier: GPL-2.0-or-later
#
# A debugger that uses a bare socket. It can send bytes that gdb would not send,
# at times when gdb would not send them. It sends no packet twice.

import os
import socket

PORT = int(os.environ["TL_PORT"])
# Seconds. An answer takes some ms, so only a test that hangs reaches the limit.
LIMIT = 600


def packet(data):
	return b"$" + data + b"#%02x" % (sum(data) & 0xff)


class Debugger:
	def __init__(self):
		self.socket = socket.create_connection(
			("127.0.0.1", PORT), LIMIT)
		self.socket.settimeout(LIMIT)
		self.data = b""
		self.acks = True

	def byte(self):
		if not self.data:
			self.data = self.socket.recv(65536)
			if not self.data:
				raise OSError("hung up")
		byte, self.data = self.data[:1], self.data[1:]
		return byte

	def payload(self, begun=False):
		while not begun and self.byte() != b"$":
			pass
		data = b""
		while data[-3:-2] != b"#":
			data += self.byte()
		return data[:-3]

	def ask(self, data):
		"""Ask as gdb does: drop packets before the acknowledgement."""
		self.socket.sendall(packet(data))
		if not self.acks:
			return self.payload()
		while True:
			byte = self.byte()
			if byte == b"+":
				break
			if byte == b"$":
				while self.byte() != b"#":
					pass
		answer = self.payload()
		self.socket.sendall(b"+")
		return answer

	def greet(self):
		"""Begin a session; no packet for another debugger may come."""
		self.socket.sendall(b"+" + packet(b"qSupported:swbreak+"))
		first = self.byte() + self.byte()
		answer = self.payload(True) if first == b"+$" else first + self.data
		if not answer.startswith(b"PacketSize"):
			return "qSupported: %r" % answer
		self.socket.sendall(b"+")
		if self.ask(b"QStartNoAckMode") != b"OK":
			return "QStartNoAckMode"
		self.acks = False
		if not self.ask(b"?").startswith(b"T"):
			return "?"
		if len(self.ask(b"g")) < 500:
			return "g"
		return None

	def monitor(self, command):
		"""The output of a monitor command, and whether it is OK."""
		text = ""
		answer = self.ask(b"qRcmd," + command.encode().hex().encode())
		while answer.startswith(b"O") and answer != b"OK":
			text += bytes.fromhex(answer[1:].decode()).decode()
			answer = self.payload()
		return text, answer == b"OK"

	def session(self):
		"""Begin as gdb does; returns None, or the error."""
		try:
			return self.greet()
		except OSError as error:
			return str(error)

	def close(self):
		self.socket.close()

	def say(self, data):
		"""Send any data; it is no error if the stub has closed."""
		try:
			self.socket.sendall(data)
		except OSError:
			pass
