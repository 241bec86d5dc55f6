"""Resources of TAXII 2.1 as JSON. Objects go out as they came: nothing is parsed to be served."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from mithaq.exchange import timeline
from mithaq.exchange.account import Grant
from mithaq.exchange.collection import CONTENT_MAX, Collection, Root, Row
from mithaq.exchange.library import SPEC_VERSION
from mithaq.taxii.negotiation import TAXII

STIX = f"application/stix+json;version={SPEC_VERSION}"
encode = msgspec.json.encode


def discovery(title: str, prefix: str, root: Root) -> bytes:
    """4.1.1: this server, and the one root that an account is for."""
    url = f"{prefix}/{root.name}/"
    return encode({"title": title, "default": url, "api_roots": [url]})


def api_root(root: Root) -> bytes:
    """4.2.1."""
    return encode({"title": root.title, "versions": [TAXII], "max_content_length": CONTENT_MAX})


def collection(one: Collection, grant: Grant) -> dict[str, Any]:
    """5.2.1."""
    parts: dict[str, Any] = {
        "id": one.id,
        "title": one.title,
        "alias": one.alias,
        "can_read": grant.read,
        "can_write": grant.write,
        "media_types": [STIX],
    }
    return {name: value for name, value in parts.items() if value != ""}


def envelope(objects: Iterable[bytes], next_: str) -> bytes:
    """5.4.1: bytes of objects, as they came; empty where there are none, and nothing to go on to."""
    joined = b",".join(objects)
    if not joined and not next_:
        return b"{}"
    return _page(next_) + b'"objects":[' + joined + b"]}"


def manifest(rows: Sequence[Row], next_: str) -> bytes:
    """5.3.1."""
    records = [
        {
            "id": row.id,
            "date_added": timeline.written(row.added),
            "version": timeline.written(row.version),
            "media_type": STIX,
        }
        for row in rows
    ]
    return _page(next_) + b'"objects":' + encode(records) + b"}" if rows else b"{}"


def versions(rows: Sequence[Row], next_: str) -> bytes:
    """5.8.1."""
    times = encode([timeline.written(row.version) for row in rows])
    return _page(next_) + b'"versions":' + times + b"}" if rows else b"{}"


def _page(next_: str) -> bytes:
    return b'{"more":true,"next":"%b",' % next_.encode() if next_ else b'{"more":false,'


def added(rows: Sequence[Row]) -> dict[str, str]:
    """The headers that name the first and last time added of a page (5.4)."""
    if not rows:
        return {}
    return {
        "X-TAXII-Date-Added-First": timeline.written(rows[0].added),
        "X-TAXII-Date-Added-Last": timeline.written(rows[-1].added),
    }
