"""What nodes say in long random histories: every kind, told apart by a number, made again from it alone."""

from typing import Any

from mithaq.domain.handling import Handling
from mithaq.exchange.authoring import Message
from nodes import TEXT

STATUS = {"status": "exercise"}
FIELDS = {
    "alert": "civil-protection",
    "request": "migration",
    "reply": "migration",
    "information": "migration",
    "expertise": "civil-protection",
}


def content(number: int, ordinal: int, size: int) -> bytes:
    """Text of a size that no other number and ordinal has."""
    mark = f"exercise {number}.{ordinal} "
    return (mark + "x" * (size - len(mark))).encode()


def message(
    number: int, *, kind: str, sizes: list[int], keep_days: int, asked: str = "", item: int = 1
) -> Message:
    """One thing to say.

    Args:
        number: tells it apart.
        kind: an exchange kind.
        sizes: of its contents.
        keep_days: as in a message.
        asked: leaf hash of the request that a reply answers.
        item: which of its items.
    """
    more: dict[str, dict[str, Any]] = {
        "alert": {"urgency": "immediate"},
        "request": {"urgency": "normal", "items": 3},
        "reply": {"items": [{"item": item, "status": "answered"}]},
    }
    return Message(
        kind=kind,
        field=FIELDS[kind],
        contents=tuple((TEXT, content(number, n, size)) for n, size in enumerate(sizes)),
        handling=Handling("green"),
        facts=STATUS | more.get(kind, {}),
        keep_days=keep_days,
        re=(asked,) if asked else (),
    )
