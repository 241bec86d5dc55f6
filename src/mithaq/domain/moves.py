"""What each side can do with each sort of thing, and what people see of it: two tables (protocol 11).

An act moves only its author's register, by ``MOVES``. What people see is read from the pair of registers in
``READINGS``, which has a reading for every pair that can be reached; tests walk them all.
"""

from enum import StrEnum

from mithaq.domain import lifecycle
from mithaq.domain.lifecycle import Side
from mithaq.words import N_


class Sort(StrEnum):
    """The sorts of things."""

    AGREEMENT = "agreement"
    SUSPENSION = "suspension"
    NOTICE = "notice"
    EXCHANGE = "exchange"
    ITEM = "item"
    CONTENTS = "contents"
    FEEDBACK = "feedback"
    CONSENT = "consent"


LIFE = (Sort.AGREEMENT, Sort.SUSPENSION, Sort.NOTICE)
"""Sorts that say which agreements are in force and whether something new may begin."""


def _value(side: Side) -> str:
    """A side of ``lifecycle`` as the value of a register."""
    return "" if side is Side.UNSEEN else side.value


Table = dict[tuple[str, str], str]
"""(value before, act) to value after; an empty value is that of a register nobody has moved."""

_EITHER: Table = {
    (_value(before), act.value): _value(after) for (before, act), after in lifecycle.TRANSITIONS.items()
}

_SUSPENSION: Table = {
    ("", "suspend"): "suspended",
    ("suspended", "resume"): "resumed",
    ("resumed", "suspend"): "suspended",
}
_NOTICE: Table = {("", "terminate"): "given"}
_CONTENTS: Table = {
    ("", "hold"): "held over",
    ("held over", "hold"): "held over",
    ("", "erase"): "erased",
    ("held over", "erase"): "erased",
}
_AUTHOR: Table = {
    ("", "send"): "sent",
    ("sent", "correct"): "corrected",
    ("corrected", "correct"): "corrected",
    ("sent", "withdraw"): "withdrawn",
    ("corrected", "withdraw"): "withdrawn",
}
_READER: Table = {
    ("", "accept"): "accepted",
    ("", "refuse"): "refused",
    ("accepted", "acknowledge"): "acknowledged",
}
_FOUND = ("useful", "partly-useful", "not-useful")
_FEEDBACK: Table = {(before, after): after for before in ("", *_FOUND) for after in _FOUND if before != after}
_OWNER: Table = {
    ("", "grant"): "granted",
    ("", "refuse"): "refused",
    ("refused", "grant"): "granted",
    ("granted", "revoke"): "revoked",
    ("revoked", "grant"): "granted",
}

MOVES: dict[Sort, tuple[Table, Table]] = {
    Sort.AGREEMENT: (_EITHER, _EITHER),
    Sort.SUSPENSION: (_SUSPENSION, _SUSPENSION),
    Sort.NOTICE: (_NOTICE, _NOTICE),
    Sort.EXCHANGE: (_AUTHOR, _READER),
    Sort.ITEM: (
        {("", "ask"): "asked", ("asked", "withdraw"): "withdrawn"},
        {("", "receive"): "received", ("received", "answer"): "answered"},
    ),
    Sort.CONTENTS: (_CONTENTS, _CONTENTS),
    Sort.FEEDBACK: ({}, _FEEDBACK),
    Sort.CONSENT: (_OWNER, {("", "ask"): "asked"}),
}
"""Every step: the table of the side that ``Thing.side`` names, and that of its partner."""


def _either(readings: dict[tuple[str, str], str]) -> dict[tuple[str, str], str]:
    """Readings that are the same for either order of the two registers."""
    return readings | {(other, one): reading for (one, other), reading in readings.items()}


READINGS: dict[Sort, dict[tuple[str, str], str]] = {
    Sort.AGREEMENT: {
        (_value(one), _value(other)): reading.value
        for (one, other), reading in lifecycle.READINGS.items()
        if reading is not lifecycle.Reading.UNKNOWN
    },
    Sort.SUSPENSION: _either(
        {
            ("suspended", ""): N_("suspended"),
            ("suspended", "resumed"): N_("suspended"),
            ("suspended", "suspended"): N_("suspended by both"),
            ("resumed", ""): N_("resumed"),
            ("resumed", "resumed"): N_("resumed"),
        }
    ),
    Sort.NOTICE: _either(
        {
            ("given", ""): N_("notice of termination given"),
            ("given", "given"): N_("notice of termination given by both"),
        }
    ),
    Sort.EXCHANGE: {
        ("sent", ""): N_("sent"),
        ("sent", "accepted"): N_("accepted"),
        ("sent", "acknowledged"): N_("acknowledged"),
        ("sent", "refused"): N_("refused"),
        ("corrected", ""): N_("corrected"),
        ("corrected", "accepted"): N_("accepted, then corrected"),
        ("corrected", "acknowledged"): N_("acknowledged, then corrected"),
        ("corrected", "refused"): N_("refused"),
        ("withdrawn", ""): N_("withdrawn"),
        ("withdrawn", "accepted"): N_("withdrawn: to be erased"),
        ("withdrawn", "acknowledged"): N_("withdrawn: to be erased"),
        ("withdrawn", "refused"): N_("withdrawn"),
        ("", "refused"): N_("void and refused"),
    },
    Sort.ITEM: {
        ("asked", ""): N_("asked"),
        ("asked", "received"): N_("received"),
        ("asked", "answered"): N_("answered"),
        ("withdrawn", ""): N_("withdrawn"),
        ("withdrawn", "received"): N_("withdrawn"),
        ("withdrawn", "answered"): N_("withdrawn and answered: the answer is to be erased"),
    },
    Sort.CONTENTS: _either(
        {
            ("held over", ""): N_("held over by one side"),
            ("held over", "held over"): N_("held over by both sides"),
            ("held over", "erased"): N_("erased by one side, held over by the other"),
            ("erased", ""): N_("erased by one side"),
            ("erased", "erased"): N_("erased by both sides"),
        }
    ),
    Sort.FEEDBACK: {
        ("", "useful"): N_("useful"),
        ("", "partly-useful"): N_("partly useful"),
        ("", "not-useful"): N_("not useful"),
    },
    Sort.CONSENT: {
        ("", "asked"): N_("consent asked"),
        ("granted", ""): N_("consent granted"),
        ("granted", "asked"): N_("consent granted"),
        ("refused", ""): N_("consent refused"),
        ("refused", "asked"): N_("consent refused"),
        ("revoked", ""): N_("consent revoked"),
        ("revoked", "asked"): N_("consent revoked"),
    },
}
"""What people see for each pair of registers that can be reached, in the order of ``MOVES``."""
