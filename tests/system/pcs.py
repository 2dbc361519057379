#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""pcs.py PORT STEPS TRACE ELF: single-step tests/guest/pcs.S through the stub,
and compare the PCs with QEMU's own trace of the same image (-one-insn-per-tb,
-d exec,nochain). The stub runs the exclusive sequence as one step, so the
instructions inside the sequence are removed from QEMU's list."""
import re
import socket
import subprocess
import sys
import time

port, steps, trace, elf = int(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:]


def label(name):
    out = subprocess.run(["readelf", "-sW", elf], capture_output=True,
                         text=True, check=True).stdout
    return int(re.search(r"([0-9a-f]{16}).* %s$" % name, out, re.M)[1], 16)


def reference():
    inside = range(label("excl") + 4, label("excl_end"))
    pcs = []
    for line in open(trace, errors="replace"):
        if line.startswith("Trace "):
            pcs.append(int(line.split("[")[1].split("/")[1], 16))
        elif line.startswith("Stopped execution"):
            pcs.pop()
    return [pc for pc in pcs if pc not in inside]


class Stub:
    def __init__(self):
        self.socket = socket.create_connection(("127.0.0.1", port), 300)
        self.file = self.socket.makefile("rb")

    def ask(self, body, ack=b""):
        self.socket.sendall(b"$%s#%02x" % (body, sum(body) & 0xff) + ack)
        while self.file.read(1) != b"$":
            pass
        answer = b""
        while not answer.endswith(b"#"):
            answer += self.file.read(1)
        self.file.read(2)
        return answer[:-1]


want = reference()[:steps + 1]
stub = Stub()
stub.ask(b"qSupported:swbreak+", b"+")
stub.ask(b"QStartNoAckMode", b"+")
answer = stub.ask(b"?")
got = []
began = time.time()
while True:
    pc = re.search(rb"20:([0-9a-f]{16});", answer)
    if not pc:
        break
    got.append(int.from_bytes(bytes.fromhex(pc[1].decode()), "little"))
    if len(got) == len(want):
        break
    answer = stub.ask(b"vCont;s:1")
elapsed = time.time() - began
stub.ask(b"D")
for n, (a, b) in enumerate(zip(got, want)):
    if a != b:
        print("step %d: PC 0x%x, QEMU's 0x%x, before 0x%x" %
              (n, a, b, want[n - 1] if n else 0))
        sys.exit(1)
print("%d steps, %d a second; %d of QEMU's" %
      (len(got) - 1, (len(got) - 1) / elapsed, len(want) - 1))
sys.exit(len(got) != len(want) or len(want) != steps + 1)
