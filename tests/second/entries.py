"""Canonical JSON and entries of the kinds that a receipt can hold (docs/protocol.md, 5)."""

import json
import re
from typing import Any

from second.words import (
    IDENTIFIER,
    LAST_SECOND,
    MEDIA_TYPE,
    Refused,
    is_hex,
    is_number,
    is_word,
    need,
    read_log,
)


def encode(value: Any, depth: int = 1) -> str:
    """Canonical JSON (5.1)."""
    need(depth <= 6 or not isinstance(value, dict | list), "too deep")
    match value:
        case str():
            need(all(" " <= character <= "~" for character in value), "not ASCII")
            return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
        case dict() if value:
            return (
                "{"
                + ",".join(f"{encode(name)}:{encode(value[name], depth + 1)}" for name in sorted(value))
                + "}"
            )
        case list() if value:
            return "[" + ",".join(encode(member, depth + 1) for member in value) + "]"
    need(is_number(value), "no value of canonical JSON")
    return str(value)


def members(value: Any, required: dict[str, Any], optional: dict[str, Any] | None = None) -> None:
    """An object of these members, each of its form."""
    forms = required | (optional or {})
    need(isinstance(value, dict) and required.keys() <= value.keys() <= forms.keys(), "other members")
    for name, member in value.items():
        need(forms[name](member), f"a {name} of another form")


def one_of(*words: str) -> Any:
    return lambda value: isinstance(value, str) and value in words


def listed(form: Any, most: int) -> Any:
    return lambda value: isinstance(value, list) and 1 <= len(value) <= most and all(map(form, value))


def shaped(required: dict[str, Any], optional: dict[str, Any] | None = None) -> Any:
    def form(value: Any) -> bool:
        members(value, required, optional)
        return True

    return form


def is_identifier(value: Any) -> bool:
    return is_word(value, IDENTIFIER)


def is_log(value: Any) -> bool:
    return bool(read_log(value))


def digest(value: Any) -> bool:
    return is_hex(value, 32)


STATUS = {"status": one_of("actual", "exercise")}
RANGE = {"from": is_number, "to": is_number}
ANSWERED = shaped({"item": lambda value: is_number(value, 1, 100), "status": one_of("answered")})
FACTS: dict[str, Any] = {
    "alert": shaped({"urgency": one_of("immediate", "expected", "future"), **STATUS}),
    "request": shaped({"urgency": is_identifier, "items": lambda value: is_number(value, 1, 100), **STATUS}),
    "reply": shaped({"items": listed(ANSWERED, 100), **STATUS}),
    "information": shaped(STATUS),
    "expertise": shaped(STATUS),
    "held": shaped(
        {
            "of": is_log,
            "size": lambda value: is_number(value, 1),
            "root": digest,
            "time": lambda value: is_number(value, 1),
        },
        {
            "missing": listed(
                shaped({**RANGE, "reason": one_of("absent", "size", "hash", "declined", "throttled")}), 1_000
            ),
            "came": listed(shaped(RANGE), 1_000),
        },
    ),
    "erasure": shaped({"reason": one_of("ended", "off-boarding", "order", "purpose-ended", "withdrawn")}),
    "verdict": shaped(
        {"result": one_of("accepted", "refused")},
        {"codes": listed(is_identifier, 16), "by": one_of("text", "sender", "receiver")},
    ),
}
"""Kinds that a receipt can hold: exchange, ``held``, ``verdict`` and ``erasure`` (5.2)."""

HOUSEKEEPING = {"held", "verdict"}
EXCHANGE = FACTS.keys() - HOUSEKEEPING - {"erasure"}
NAMING = {"reply", "verdict", "erasure"}
"""Those that name other entries."""
BODY = shaped(
    {
        "type": lambda value: is_word(value, MEDIA_TYPE),
        "size": lambda value: is_number(value, 0, 2**25),
        "objects": lambda value: is_number(value, 1),
        "commit": digest,
    }
)
BY = shaped(
    {
        "role": one_of("duty-officer", "analyst", "approver", "operator"),
        "number": lambda value: is_word(value, re.compile("[A-Z0-9-]{1,16}")),
    }
)
H = ("H0", "H1", "H2", "H3")
HANDLING = shaped(
    {"tlp": one_of("clear", "green", "amber", "amber+strict", "red")},
    {
        "pap": one_of("clear", "green", "amber", "red"),
        "h": lambda value: isinstance(value, list) and value == [code for code in H if code in value],
    },
)


def read_entry(data: bytes) -> dict[str, Any]:
    """An entry of a kind that a receipt can hold (5.2)."""
    need(1 <= len(data) <= 65_535, "no entry")
    try:
        value = json.loads(data.decode("ascii"))
    except (ValueError, RecursionError):
        raise Refused("no JSON") from None
    need(isinstance(value, dict) and encode(value).encode() == data, "not canonical")
    need(is_word(value.get("kind"), IDENTIFIER) and value["kind"] in FACTS, "no kind of a receipt")
    kind = value["kind"]
    required = {
        "v": lambda member: is_number(member, 1, 1),
        "log": is_log,
        "id": lambda member: is_hex(member, 16),
        "kind": is_identifier,
        "at": lambda member: is_number(member, 1),
        "facts": FACTS[kind],
    }
    if kind in NAMING:
        required["re"] = lambda member: listed(digest, 64)(member) and len(set(member)) == len(member)
    if kind not in HOUSEKEEPING:
        required |= {"agreement": digest, "field": is_identifier}
    if kind in EXCHANGE:
        required |= {"handling": HANDLING, "bodies": listed(BODY, 64)}
        required["keep_until"] = lambda member: is_number(member, 1, LAST_SECOND)
    members(value, required, {"by": BY})
    return value
