# SPDX-License-Identifier: GPL-2.0-or-later
#
# A debugger by a bare socket, that can say what gdb would not, and when it
# would not; but nothing twice.

import os
import socket

PORT = int(os.environ["TL_PORT"])
# Seconds; an answer takes some ms. Only what hangs runs into it.
PATIENCE = 300


def packet(data):
	return b"$" + data + b"#%02x" % (sum(data) & 0xff)


class Debugger:
	def __init__(self):
		self.socket = socket.create_connection(
			("127.0.0.1", PORT), PATIENCE)
		self.socket.settimeout(PATIENCE)
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
		"""As gdb does: packets before the ack are not for us."""
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
		"""Nothing of what another one was told comes before the answer."""
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
		"""What a monitor command says, and whether it is OK."""
		text = ""
		answer = self.ask(b"qRcmd," + command.encode().hex().encode())
		while answer.startswith(b"O") and answer != b"OK":
			text += bytes.fromhex(answer[1:].decode()).decode()
			answer = self.payload()
		return text, answer == b"OK"

	def session(self):
		"""What gdb begins with; None, or what went wrong."""
		try:
			return self.greet()
		except OSError as error:
			return str(error)

	def close(self):
		self.socket.close()

	def say(self, data):
		"""Whatever it is, and whether there is somebody or not."""
		try:
			self.socket.sendall(data)
		except OSError:
			pass
