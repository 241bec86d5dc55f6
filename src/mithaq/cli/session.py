"""What every command may need: the node's directory, its passphrase, the language, and the node itself."""

import functools
import os
from collections.abc import Generator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, cast

from cyclopts import Parameter

from mithaq.crypto.passphrase import Passphrase, passphrase_from
from mithaq.errors import ConfigError, KeyStoreError, ReachError
from mithaq.exchange.service import Service
from mithaq.node.control import Remote, connect
from mithaq.node.directory import Directory
from mithaq.words import Words

CREDENTIAL = "passphrase"
"""Name of the credential that systemd hands over (``LoadCredential=passphrase:…``)."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a passphrase comes from, as options say: a descriptor, a file, or neither."""

    fd: int | None = None
    file: Path | None = None

    def passphrase(self, prompt: str, *, new: bool = False) -> Passphrase:
        """The passphrase, asked for once.

        Without an option it is systemd's credential, or else typed; a new one is typed twice.

        Args:
            prompt: what the terminal shows.
            new: whether it will protect keys that are still to be made.

        Raises:
            KeyStoreError: both options were given; when called: it cannot be had.
        """
        file = self.file
        if self.fd is None and file is None:
            file = _credential()
        if self.fd is None and file is None:
            return functools.cache(_typed_twice(prompt) if new else passphrase_from(prompt=prompt))
        return functools.cache(passphrase_from(fd=self.fd, file=file))


def _credential() -> Path | None:
    directory = os.environ.get("CREDENTIALS_DIRECTORY")
    path = Path(directory) / CREDENTIAL if directory else None
    return path if path and path.exists() else None


def _typed_twice(prompt: str) -> Passphrase:
    def ask() -> bytes:
        first, second = (passphrase_from(prompt=each)() for each in (prompt, "the same again: "))
        if first != second:
            raise KeyStoreError("the two passphrases differ", todo="begin again")
        return first

    return ask


@dataclass(frozen=True, slots=True)
class Session:
    """One run of the program.

    Args:
        path: the node's directory, as an option or the environment says; None if neither does.
        source: where its passphrase comes from.
        words: the language.
        json: whether a program reads the answer, so that nothing else may be said.
    """

    path: Path | None
    source: Source
    words: Words
    json: bool = False

    @property
    def directory(self) -> Directory:
        """The node's directory.

        Raises:
            ConfigError: none was named.
        """
        if self.path is None:
            raise ConfigError("no node was named", todo="give --dir DIR, or set MITHAQ_DIR")
        return Directory(self.path.resolve())

    @property
    def running(self) -> bool:
        """Whether the node runs."""
        try:
            cast("Remote", connect(self.directory.control)).close()
        except ReachError:
            return False
        return True

    @contextmanager
    def service(self) -> Generator[Service]:
        """The node: the running one through its socket, else opened here.

        Raises:
            MithaqError: it is neither running nor to be opened.
        """
        directory = self.directory
        directory.config()
        try:
            service = connect(directory.control)
        except ReachError:
            with _opened(directory, self.source) as service:
                yield service
            return
        with closing(cast("Remote", service)):
            yield service


@contextmanager
def _opened(directory: Directory, source: Source) -> Generator[Service]:
    from mithaq.node.node import opened  # noqa: PLC0415 - the database is loaded only where it is opened

    with opened(directory.path, source.passphrase(f"passphrase of {directory.path}: ")) as service:
        yield service


Here = Annotated[Session, Parameter(parse=False)]
"""The session, given to every command by ``main``."""
