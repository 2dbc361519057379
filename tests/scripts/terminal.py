# SPDX-License-Identifier: GPL-2.0-or-later
"""A program on a terminal, and the count of checks, for tests/scripts."""

import os
import pathlib
import pty
import select
import subprocess
import sys
import termios
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
MACHINE = subprocess.check_output(
    ["dpkg", "--print-architecture"], text=True).strip()
TRAPLINE = os.environ.get("TRAPLINE", f"{TOP}/build/{MACHINE}/trapline")
# Seconds; only a program that hangs reaches this limit.
PATIENCE = 20 * int(os.environ.get("TRAPLINE_TEST_PATIENCE", "8"))
PROMPT = "trapline> "
TAB, UP, CTRL_A, CTRL_C, CTRL_D = "\t", "\x1b[A", "\x01", "\x03", "\x04"

counts = [0, 0]


def check(what, good, seen=""):
    counts[0 if good else 1] += 1
    print("ok   " if good else "FAIL ", what, "" if good else repr(seen),
          flush=True)


def finish():
    print(f"{counts[0]} passed, {counts[1]} failed")
    sys.exit(1 if counts[1] else 0)


class Terminal:
    """trapline on a terminal of 24 lines."""

    def __init__(self, *words, **env):
        self.pid, self.fd = pty.fork()
        if not self.pid:
            termios.tcsetwinsize(0, (24, 80))
            os.environ.update(env)
            os.execv(TRAPLINE, [TRAPLINE, *words])
        self.text = ""
        self.seen = ""  # all of it

    def expect(self, what):
        """Wait for this text after the text that was last waited for."""
        end = time.monotonic() + PATIENCE
        while what not in self.text:
            ready = select.select([self.fd], [], [], end - time.monotonic())
            data = b""
            if ready[0]:
                try:
                    data = os.read(self.fd, 65536)
                except OSError:
                    pass
            if not data:
                print(f"no {what!r} in {self.text!r}")
                return None
            self.text += data.decode(errors="replace")
            self.seen += data.decode(errors="replace")
        before, self.text = self.text.split(what, 1)
        return before

    def type(self, keys):
        os.write(self.fd, keys.encode())

    def run(self, line):
        """Type a line. The text up to the next prompt; None: no prompt."""
        self.type(line + "\n")
        if self.expect("\n") is None:
            return None
        return self.expect(PROMPT)

    def end(self):
        """The exit status."""
        while True:
            try:
                if not os.read(self.fd, 65536):
                    break
            except OSError:
                break
        os.close(self.fd)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
