"""What a third party gets: files in one directory, and a process that has nothing but them.

The verifier is the program ``mithaq`` itself, started in that directory with no node, no network use and no
store: it reads the receipt, two cards, and the fingerprints that somebody heard.
"""

import subprocess
from pathlib import Path

from mithaq.crypto.private_files import make_directory
from mithaq.demo.seat import MITHAQ, Seat


class Proof:
    """The directory of one exercise.

    Args:
        directory: made here.
        seats: both sides, whose cards go into it.
    """

    def __init__(self, directory: Path, seats: tuple[Seat, Seat]) -> None:
        self._directory = directory
        self._seats = seats
        make_directory(directory)
        for seat in seats:
            self.put(f"{seat.name}.card", seat.card)

    def put(self, name: str, content: bytes) -> None:
        """One more file."""
        (self._directory / name).write_bytes(content)

    def verify(self, name: str) -> tuple[int, str]:
        """Exit code and words of a separate process that verifies the receipt of this name."""
        command = [*MITHAQ, "receipt", "verify", name]
        for seat in self._seats:
            command += ["--card", f"{seat.name}.card", "--fingerprint", seat.fingerprint]
        done = subprocess.run(command, cwd=self._directory, capture_output=True, text=True, check=False)  # noqa: S603
        return done.returncode, (done.stderr or done.stdout).strip()


def changed(content: bytes) -> bytes:
    """The same bytes with one of them changed, in the middle."""
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
