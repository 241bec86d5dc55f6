"""JSON that is no STIX bundle: read strictly, and searched for objects that are about persons.

STIX objects without their bundle, and MISP's attributes, are known by their members wherever they stand; so
nobody gets a person past the check for persons by leaving the bundle away.

Problem code: ``json``.
"""

from typing import Any, NamedTuple, cast

from mithaq.errors import PeerError
from mithaq.formats import stix_persons, strict_json
from mithaq.formats.seen import Seen

SIZE_MAX = 4 * 2**20
"""Bytes of a document: parsed JSON takes up to fifty times the memory of its bytes."""
NODES_MAX = 200_000
"""Braces and brackets, those in strings included: each takes many times its bytes when it is parsed."""

MISP_PERSONAL = frozenset(
    {
        "date-of-birth",
        "email",
        "email-dst",
        "email-src",
        "first-name",
        "frequent-flyer-number",
        "full-name",
        "gender",
        "github-username",
        "identity-card-number",
        "jabber-id",
        "last-name",
        "middle-name",
        "nationality",
        "passenger-name-record-locator-number",
        "passport-country",
        "passport-expiration",
        "passport-number",
        "payment-details",
        "phone-number",
        "place-of-birth",
        "primary-residence",
        "redress-number",
        "special-service-request",
        "target-email",
        "target-user",
        "travel-details",
        "twitter-id",
        "visa-number",
        "whois-registrant-email",
        "whois-registrant-name",
        "whois-registrant-phone",
    }
)
"""Types of MISP attributes that name a person or an account (Person, Targeting data, Attribution)."""


class _Place(NamedTuple):
    """A place, as what it is in and its name there: cheap to make for each, and shown for few."""

    inside: "_Place | None"
    name: str | int


def look(seen: Seen, content: bytes) -> None:
    """Look into a JSON document."""
    if len(content) > SIZE_MAX or content.count(b"{") + content.count(b"[") > NODES_MAX:
        seen.problem("json", "", f"expected at most {SIZE_MAX} bytes and {NODES_MAX} braces and brackets")
        return
    try:
        level: list[tuple[_Place | None, Any]] = [(None, strict_json.load("", content))]
        for _ in range(strict_json.DEPTH_MAX):
            below: list[tuple[_Place | None, Any]] = []
            for path, value in level:
                members = (
                    cast("dict[str, Any]", value).items() if isinstance(value, dict) else enumerate(value)
                )
                if isinstance(value, dict):
                    _object(seen, path, cast("dict[str, Any]", value))
                below += [
                    (_Place(path, name), each) for name, each in members if isinstance(each, dict | list)
                ]
            level = below
            if not level:
                return
    except PeerError as error:
        seen.problem("json", error.where, error.message)
        return
    seen.problem("json", "", f"expected at most {strict_json.DEPTH_MAX} levels")


def _object(seen: Seen, place: _Place | None, item: dict[str, Any]) -> None:
    kind = item.get("type")
    if not isinstance(kind, str):
        return
    path = _shown(place)
    personal = stix_persons.always(item) if isinstance(item.get("id"), str) else None
    if personal:
        seen.person(f"{path}{personal.path}", personal.reason)
    elif kind in stix_persons.ACCOUNTS and item.get("is_service_account") is not True:
        seen.person(path, "an account outside of a bundle is attested by nobody")
    elif kind in MISP_PERSONAL and "value" in item:
        seen.person(path, f"an attribute of the type {kind}")


def _shown(place: _Place | None) -> str:
    names: list[str] = []
    while place:
        names.append(f".{str(place.name)[:60]}")
        place = place.inside
    return "".join(reversed(names))
