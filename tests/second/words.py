"""Small forms that everything is made of (docs/protocol.md, 3.1, 5, 13), and the one way to refuse."""

import base64
import re
from typing import Any


class Refused(Exception):  # noqa: N818 - the receipt is refused, nothing is in error
    """Why nothing of it is to be believed."""


def need(holds: object, why: str) -> None:
    """Refuse unless it holds."""
    if not holds:
        raise Refused(why)


NUMBER_MAX = 2**53 - 1
TIME_MAX = 2**63 - 1
LAST_SECOND = 253_402_300_799
LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
ORIGIN = re.compile(rf"{LABEL}(\.{LABEL})+")
LOG = re.compile(r"([^/]+)/to/([^/]+)/([1-9][0-9]{0,5})")
IDENTIFIER = re.compile(r"[a-z][a-z0-9-]{0,31}")
MEDIA_TYPE = re.compile(
    r"[a-z0-9][a-z0-9.+-]{0,63}/[a-z0-9][a-z0-9.+-]{0,63}(;[a-z0-9-]{1,32}=[A-Za-z0-9.+-]{1,32}){0,3}"
)
URL = re.compile(
    r"(https://[a-z0-9]([a-z0-9.-]*[a-z0-9])?|http://localhost)(:[1-9][0-9]{0,4})?(/[A-Za-z0-9._~-]+)*"
)
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?")


def is_number(value: Any, low: int = 0, high: int = NUMBER_MAX) -> bool:
    return type(value) is int and low <= value <= high


def is_hex(value: Any, size: int) -> bool:
    return isinstance(value, str) and re.fullmatch(f"[0-9a-f]{{{2 * size}}}", value) is not None


def is_word(value: Any, form: re.Pattern[str]) -> bool:
    return isinstance(value, str) and form.fullmatch(value) is not None


def is_origin(value: Any) -> bool:
    return is_word(value, ORIGIN) and len(value) <= 100


def read_log(name: Any) -> tuple[str, str, str]:
    """Author, reader and number of a log (3.1)."""
    match = LOG.fullmatch(name) if isinstance(name, str) else None
    need(
        match and is_origin(match[1]) and is_origin(match[2]) and match[1] != match[2],
        f"no log: {name!r:.99}",
    )
    assert match
    return match[1], match[2], match[3]


def unbase64(text: bytes) -> bytes:
    """Canonical base64 (13)."""
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        raise Refused("not base64") from None
    need(base64.b64encode(data) == text, "base64 in another spelling")
    return data


def vec8(data: bytes) -> bytes:
    return bytes([len(data)]) + data


def decimal(text: bytes) -> int:
    need(re.fullmatch(rb"0|[1-9][0-9]{0,15}", text) and int(text) <= NUMBER_MAX, "not a number")
    return int(text)
