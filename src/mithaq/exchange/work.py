"""What entries cost their reader, counted before the one thread that writes is busy with them (protocol 7).

A few bytes of an entry can ask for much: sixty-four references, a hundred items, a note whose signatures are
verified. One pouch may ask for ``WORK_MAX`` looks at the store; its author cuts its batches likewise
(``pair``, ``packing``), so that no honest log is ever refused.
"""

import re
from collections.abc import Iterable
from typing import Any

import msgspec

from mithaq.domain.kinds import EXCHANGE_KINDS, NOTED_KINDS
from mithaq.errors import LimitError

WORK_MAX = 20_000
"""Looks that the entries of one pouch may cost: some two seconds of the thread that writes. A thousand
alerts, the most that an honest pouch carries, cost 12,000; so do two hundred verdicts on 64 alerts each."""
NOTE_WORK = 1_000
"""Looks that one note counts for: parsing a text and verifying its signatures take as long."""
EXCHANGE_WORK = 10
"""Looks that an exchange entry counts for beside what it names: it is judged, and what it opens is kept."""


class _Costly(msgspec.Struct):
    """The members of an entry that make work; whether they are well formed is not asked here."""

    kind: str = ""
    re: list[Any] = []
    bodies: list[Any] = []
    facts: dict[str, Any] = {}


_DIGEST = re.compile("[0-9a-f]{64}").fullmatch
_decode = msgspec.json.Decoder(_Costly).decode


def _read(data: bytes) -> _Costly | None:
    try:
        return _decode(data)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None  # then it is no entry, and has no effect


def work_of(data: bytes) -> int:
    """Looks that an entry costs; any bytes, those that are no entry cost one."""
    entry = _read(data)
    if entry is None:
        return 1
    items = entry.facts.get("items")
    answers = len(items) if isinstance(items, list) else 0  # pyright: ignore[reportUnknownArgumentType]
    members = 1 + len(entry.re) + len(entry.bodies) + answers
    return members + NOTE_WORK * (entry.kind in NOTED_KINDS) + EXCHANGE_WORK * (entry.kind in EXCHANGE_KINDS)


def check_work(entries: Iterable[bytes]) -> None:
    """Refuse entries that together cost more than ``WORK_MAX``.

    Raises:
        LimitError: they do.
    """
    work = sum(map(work_of, entries))
    if work > WORK_MAX:
        raise LimitError(
            "the entries of one pouch ask for too much work",
            expected=f"{WORK_MAX} looks at most",
            got=work,
            todo="send them in several pouches",
        )


def named(data: bytes) -> list[bytes]:
    """The leaf hashes that an entry names and that can be looked up together; none for what is no entry."""
    entry = _read(data)
    if entry is None:
        return []
    return [bytes.fromhex(leaf) for leaf in entry.re if isinstance(leaf, str) and _DIGEST(leaf)]
