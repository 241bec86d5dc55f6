"""One side of the exercise: its authority, its node's directory, and the process that serves it.

The node is asked through its own control socket, as its operator would; nothing here opens its store. The
authority's keys lie apart, and only files go between the two, as they would between two machines.
"""

import json
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

from mithaq.audit.cards import CARD_NOTE_MAX
from mithaq.crypto.notes import Note
from mithaq.crypto.passphrase import passphrase_from
from mithaq.crypto.private_files import create_private, make_directory
from mithaq.demo.exercise import mark
from mithaq.demo.rabat import RABAT
from mithaq.demo.sample import Sample
from mithaq.domain.agreement import Agreement
from mithaq.domain.card import Card
from mithaq.domain.declaration import Declaration, Declared
from mithaq.domain.lifecycle import Reading
from mithaq.domain.moment import Moment
from mithaq.domain.party import Origin
from mithaq.errors import ReachError, RefusedError, UsageError
from mithaq.exchange.authoring import Message
from mithaq.exchange.service import Service
from mithaq.node.authority import Authority
from mithaq.node.control import connect
from mithaq.node.directory import Directory

START = 15.0
"""Seconds in which a node must answer its operator."""
STOP = 15.0
"""Seconds in which it must end when asked to."""
MITHAQ = (sys.executable, "-m", "mithaq.cli")
"""The program, as a process of its own."""
LOOPBACK = "127.0.0.1"
_PAUSE = 0.05


class Seat:
    """One side.

    Args:
        root: a directory of its own, not there yet.
        origin: who it is, in ``.example``.
        sample: the text that says what it is called.
    """

    def __init__(self, root: Path, origin: Origin, sample: Sample = RABAT) -> None:
        self.root = root
        self.name = root.name
        self.origin = origin
        self.node = Directory(root / "node")
        self.port = _free_port()
        self.url = f"http://localhost:{self.port}"
        self.pid = 0
        self._sample = sample
        self._process: subprocess.Popen[bytes] | None = None
        self._service: Service | None = None

    # --- before it runs -----------------------------------------------------------------------------------

    def prepare(self) -> None:
        """Make the authority, the node, and the card that both have signed, as an operator would.

        Everything is done by programs of their own, so that both sides may do it at the same time.

        Raises:
            UsageError: a command said no.
        """
        make_directory(self.root)
        for name in ("authority", "node"):
            create_private(self._secret(name), secrets.token_hex(16).encode())
        authority = self.root / "authority"
        _run("authority", "init", authority, "--origin", self.origin, *self._unlocked("authority"))
        names = [f"--name={language}={text}" for language, text in self._names().items()]
        reach = ["--origin", self.origin, "--url", self.url, "--listen", f"{LOOPBACK}:{self.port}"]
        signed = ["--authority", authority, "--authority-passphrase-file", self._secret("authority")]
        _run("node", "init", self.node.path, *reach, *names, *signed, *self._unlocked("node"))

    def _names(self) -> dict[str, str]:
        party = self._sample.agreement(int(time.time())).party(self.origin)
        return {language: f"{name} ({mark(language)})" for language, name in party.name.items()}

    def _secret(self, name: str) -> Path:
        return self.root / f"{name}.passphrase"

    def _unlocked(self, name: str) -> list[object]:
        return ["--passphrase-file", self._secret(name)]

    # --- while it runs ------------------------------------------------------------------------------------

    @contextmanager
    def serving(self) -> Generator[None]:
        """Run the node as a process of its own, and end it as its operator would if it still runs.

        Raises:
            ReachError: it does not answer, or does not end well.
        """
        self.start()
        try:
            yield
        finally:
            self.stop()

    def start(self, program: Sequence[str] = MITHAQ) -> None:
        """Start the node.

        Args:
            program: what serves its directory, in the place of ``mithaq``.

        Raises:
            ReachError: it does not answer.
        """
        with (self.root / "node.log").open("ab") as log:
            command = [*program, "node", "serve", str(self.node.path), *map(str, self._unlocked("node"))]
            # A session of its own: Ctrl-C reaches the demo alone, which then ends both nodes in order.
            self._process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)  # noqa: S603
        self.pid = self._process.pid
        try:
            self._service = self._connected(self._process)
        except BaseException:
            self.stop()
            raise

    def _connected(self, process: "subprocess.Popen[bytes]") -> Service:
        end = time.monotonic() + START
        while True:
            try:
                return connect(self.node.control)
            except ReachError:
                if process.poll() is not None or time.monotonic() > end:
                    raise ReachError(
                        "the node does not start", where=self.origin, got=self._last_words()
                    ) from None
            time.sleep(_PAUSE)

    def stop(self) -> None:
        """End the node, if it runs.

        Raises:
            ReachError: it does not end well.
        """
        process, self._process, self._service = self._process, None, None
        if process is None:
            return
        process.terminate()
        try:
            code = process.wait(STOP)
        except subprocess.TimeoutExpired:
            process.kill()
            code = process.wait()
        if code:
            raise ReachError(
                "the node did not end well", where=self.origin, got=f"{code} {self._last_words()}"
            )

    def run(self, *arguments: object) -> None:
        """Run a command of the program on the node, which does not serve.

        Raises:
            UsageError: the command said no.
        """
        _run(*arguments, "--dir", self.node.path, *self._unlocked("node"))

    def _last_words(self) -> str:
        return (self.root / "node.log").read_text("utf-8", "replace").strip()[-200:]

    @property
    def service(self) -> Service:
        """The running node, asked through its control socket."""
        if self._service is None:
            raise ReachError("the node does not run", where=self.origin)
        return self._service

    @property
    def card(self) -> bytes:
        """Its signed card, as a file that goes to the partner."""
        return self.node.card.read_bytes()

    @property
    def fingerprint(self) -> str:
        """What its officer reads aloud."""
        return Card.parse(Note.parse(self.card, limit=CARD_NOTE_MAX).text).fingerprint

    def sign(self, text: bytes) -> bytes:
        """An agreement's text with the lines of this side's authority."""
        return bytes(self._authority.sign_agreement(text))

    def declare(self, act: Declared, text: Agreement, lifts: str = "") -> bytes:
        """What this side's authority declares about the text in force: a note with its lines."""
        declaration = Declaration(
            act=act,
            origin=self.origin,
            relation=text.relation,
            agreement=text.digest,
            lifts=lifts,
            issued=Moment(int(time.time())),
        )
        return bytes(self._authority.sign_declaration(declaration))

    @cached_property
    def _authority(self) -> Authority:
        # Opened here and never in a thread: two Argon2 at once in one process block each other in OpenSSL.
        return Authority(self.root / "authority", passphrase_from(file=self._secret("authority")))

    # --- what the stage looks at --------------------------------------------------------------------------

    def met(self, partner: Origin) -> bool:
        """Whether the partner's first key has arrived, so that contents can be sealed to it."""
        return bool(self.service.partner(partner).sealing)

    def in_force(self, partner: Origin, digest: str) -> bool:
        """Whether both sides have activated a text, as this node sees it."""
        texts = self.service.agreements(partner)
        return any(text.key == digest and text.reading == Reading.AGREED for text in texts)

    def halted(self, partner: Origin) -> bool:
        """Whether a suspension by either side holds, as this node sees it."""
        halts = self.service.halts(partner)
        return any(halt.value(side) == "suspended" for halt in halts for side in (0, 1))

    def note(self, digest: str) -> bytes:
        """A text with its signatures; empty as long as it is not here."""
        try:
            return self.service.note(digest)
        except UsageError:
            return b""

    def refused(self, partner: Origin, message: Message) -> tuple[str, ...]:
        """The codes with which this node refuses to send a message; none if it would send it."""
        try:
            self.service.send(partner, message)
        except RefusedError as error:
            return error.codes
        return ()

    def items(self, partner: Origin, leaf: str) -> tuple[str, ...]:
        """The states of the items of a request, from the record."""
        for line in map(json.loads, self.service.record_lines(partner).splitlines()):
            if line.get("leaf") == leaf:
                return tuple(line.get("items", ()))
        return ()


def _run(*arguments: object) -> None:
    """Run the program, as an operator would, to its end."""
    command = [*MITHAQ, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own program
    if done.returncode:
        raise UsageError("a command failed", where=" ".join(map(str, arguments[:2])), got=done.stderr.strip())


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return probe.getsockname()[1]
