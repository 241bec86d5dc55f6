"""MISP's event JSON as it comes from outside: strictly read, and asked only for what it must be.

A file is one event (``{"Event": …}``), or what the search of MISP's interface answers
(``{"response": [{"Event": …}, …]}``). It is known by that structure, not by its name.

    >>> is_event(b'{"Event":{"uuid":"…","info":"…"}}')
    True
"""

from typing import Annotated, Any, cast

import msgspec

from mithaq.errors import LimitError, MalformedError
from mithaq.formats import strict_json
from mithaq.formats.strict_json import dicts

SIZE_MAX = 16 * 2**20
"""Bytes of a file of events: parsed JSON takes up to fifty times the memory of its bytes, and real events of
ten thousand attributes have eight million."""

NODES_MAX = 250_000
"""Braces and brackets, those in strings included, as many as a STIX bundle may have braces."""

EVENTS_MAX = 100
"""Events of a file: each makes objects of its own, and one entry carries a few thousand of them."""


class _Event(msgspec.Struct):
    uuid: str
    info: str


class _File(msgspec.Struct):
    event: _Event = msgspec.field(name="Event")


class _Answer(msgspec.Struct):
    response: Annotated[list[_File], msgspec.Meta(min_length=1)]


_SHAPE = (msgspec.json.Decoder(_File), msgspec.json.Decoder(_Answer))


def is_event(content: bytes) -> bool:
    """Whether the structure is that of a file of events. Never raises."""
    for decoder in _SHAPE:
        try:
            decoder.decode(content)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            continue
        return True
    return False


def parse(content: bytes) -> list[dict[str, Any]]:
    """The events of a file, in order.

    Raises:
        MalformedError: it is not strict JSON, or no file of events.
        LimitError: ``SIZE_MAX``, ``NODES_MAX``, ``EVENTS_MAX`` or ``strict_json.DEPTH_MAX`` is passed.
    """
    if len(content) > SIZE_MAX:
        raise LimitError("a MISP event is too large", expected=f"at most {SIZE_MAX} bytes", got=len(content))
    nodes = content.count(b"{") + content.count(b"[")
    if nodes > NODES_MAX:
        raise LimitError(
            "a MISP event holds too much", expected=f"at most {NODES_MAX} braces and brackets", got=nodes
        )
    value = strict_json.load("", content)
    if not isinstance(value, dict):
        raise MalformedError("not a MISP event", expected="an object with Event or response")
    top = cast("dict[str, Any]", value)
    strict_json.check_depth("", top)
    files: list[Any] = top["response"] if isinstance(top.get("response"), list) else [top]
    events = [each["Event"] for each in dicts(files) if isinstance(each.get("Event"), dict)]
    if not events or len(events) != len(files):
        raise MalformedError("not a MISP event", expected="Event with an event in it")
    if len(events) > EVENTS_MAX:
        raise LimitError("too many MISP events", expected=f"at most {EVENTS_MAX}", got=len(events))
    return events
