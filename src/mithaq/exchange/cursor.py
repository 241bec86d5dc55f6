"""``next``: where a client goes on reading, without memory on our side (docs/adr/0015).

It names the time added of the last row that was given out, and the filters under which. So it survives a
restart, holds in any process, and cannot skip or repeat: times added only rise.
"""

import base64
import hashlib

from mithaq.errors import MalformedError
from mithaq.exchange.collection import Filter

_SIZE = 8
_KIND = "next"


def write(wanted: Filter, last: int) -> str:
    """The text of ``next`` after a row; only letters, digits, hyphens and underscores."""
    data = last.to_bytes(_SIZE) + _after(wanted) + _matches(wanted)
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def read(text: str, wanted: Filter) -> int:
    """The time added after which to go on.

    ``added_after`` may be given again or left out; another one, or another filter, asks for something else.

    Raises:
        MalformedError: it is none of ours, or was given with other filters.
    """
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError:
        data = b""
    if len(data) != 3 * _SIZE:
        raise MalformedError("not a place to go on from", where=_KIND, todo="leave it out and begin again")
    last, after, matches = (data[at : at + _SIZE] for at in range(0, 3 * _SIZE, _SIZE))
    if matches != _matches(wanted) or (wanted.after and after != _after(wanted)):
        raise MalformedError("the filters are not those of the page before", where=_KIND)
    return int.from_bytes(last)


def _after(wanted: Filter) -> bytes:
    return wanted.after.to_bytes(_SIZE)


def _matches(wanted: Filter) -> bytes:
    parts = (wanted.ids, wanted.types, wanted.versions, wanted.spec_versions)
    text = "\n".join(" ".join(sorted(map(str, part))) for part in parts)
    return hashlib.sha256(text.encode()).digest()[:_SIZE]
