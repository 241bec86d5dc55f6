"""Where the passphrase of a key store comes from: a prompt, a file descriptor or a credential file.

Never from an argument or the environment: other processes can read those.
"""

import getpass
import os
import unicodedata
from collections.abc import Callable
from pathlib import Path

from mithaq.crypto.private_files import read_private
from mithaq.errors import KeyStoreError

PASSPHRASE_MAX = 1024
"""Bytes of a passphrase: more is a wrong file, not a passphrase."""

Passphrase = Callable[[], bytes]
"""Gives the passphrase when asked, so that it is asked for only if it is needed."""


def passphrase_from(
    *, fd: int | None = None, file: Path | None = None, prompt: str | None = None
) -> Passphrase:
    """A source of a passphrase; exactly one of the three must be given.

    Args:
        fd: an open file descriptor (``mithaq … 3< …``), read to its end and closed.
        file: a credential file that group and others may not use; one final newline is left out.
        prompt: what to show on the terminal; typing is not shown.

    Returns:
        A function that gives the passphrase in UTF-8, normalised to NFC: the same from every keyboard.

    Raises:
        KeyStoreError: none or several were given; when called: empty, too long, no UTF-8, or not private.
    """
    if sum(source is not None for source in (fd, file, prompt)) != 1:
        raise KeyStoreError("the passphrase needs one source", expected="one of descriptor, file and prompt")
    if fd is not None:
        return lambda: _normal(_read_descriptor(fd))
    if file is not None:
        return lambda: _normal(_read_file(file))
    return lambda: _normal(getpass.getpass(prompt or "").encode())


def _read_descriptor(fd: int) -> bytes:
    try:
        with os.fdopen(fd, "rb") as file:
            return file.read(PASSPHRASE_MAX + 2)
    except OSError as error:
        raise KeyStoreError("passphrase cannot be read", where=f"descriptor {fd}", got=error) from None


def _read_file(path: Path) -> bytes:
    try:
        return read_private(path, PASSPHRASE_MAX + 1)
    except FileNotFoundError:
        raise KeyStoreError("there is no such credential file", where=str(path)) from None


def _normal(raw: bytes) -> bytes:
    try:
        text = raw.removesuffix(b"\n").decode()
    except UnicodeDecodeError:
        raise KeyStoreError("passphrase is not UTF-8") from None
    passphrase = unicodedata.normalize("NFC", text).encode()
    if not 0 < len(passphrase) <= PASSPHRASE_MAX:
        raise KeyStoreError(
            "passphrase of a wrong length", expected=f"1 to {PASSPHRASE_MAX} bytes", got=len(passphrase)
        )
    return passphrase
