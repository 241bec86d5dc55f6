"""The plain texts of the exercise: an alert about an event, a request and its reply about things.

Each is a body of ``text/plain;charset=utf-8`` with the mark of an exercise in each of its languages.
"""

import hashlib
from collections.abc import Sequence

from mithaq.demo.exercise import LANGUAGES, mark, texts

DIGEST = hashlib.sha256(b"EXERCISE\n").hexdigest()
"""The digest of the malware of the exercise: the SHA-256 of a word, so that nothing real is named."""


def alert_text(languages: Sequence[str] = LANGUAGES) -> bytes:
    """An alert about a container fire in a port."""
    return _text("alert", languages)


def request_text(languages: Sequence[str] = LANGUAGES) -> bytes:
    """A request of two items: a ship's certificate and a digest of malware."""
    return _text("request", languages)


def reply_text(languages: Sequence[str] = LANGUAGES) -> bytes:
    """The reply to ``request_text``."""
    return _text("reply", languages)


def _text(name: str, languages: Sequence[str]) -> bytes:
    parts = ["\n\n".join([mark(each), *texts(name, each)]) for each in languages]
    return ("\n\n\n".join(parts).replace("{digest}", DIGEST) + "\n").encode()
