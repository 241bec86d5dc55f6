"""Alerts in the Common Alerting Protocol 1.2: its schema by hand, and the alerts that are about persons.

Elements in the order of the standard, values of its closed lists, times in its one form. A signature may
follow inside the alert (3.3.4.2); it is not checked: what was sent is proved by the log.

Problem codes: ``cap``; ``embedded`` for a resource inside of the alert.
"""

import re
from typing import NamedTuple

from mithaq.errors import PeerError
from mithaq.formats import strict_xml
from mithaq.formats.contacts import is_role
from mithaq.formats.seen import Seen
from mithaq.formats.strict_xml import Element

NAMESPACE = "urn:oasis:names:tc:emergency:cap:1.2"
"""The namespace of CAP 1.2."""

MISSING_PERSONS = frozenset({"CAE", "MEP"})
"""SAME event codes for a child abduction and for a missing endangered person."""

_SIGNATURES = "http://www.w3.org/2000/09/xmldsig#"
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[-+]\d\d:\d\d", re.ASCII)
_WORD = re.compile(r"[^\s,<&]+")
_ANY = re.compile(r".*\S.*", re.DOTALL)
_NUMBER = r"-?\d+(?:\.\d+)?"
_POLYGON = re.compile(rf"{_NUMBER},{_NUMBER}(?:\s+{_NUMBER},{_NUMBER}){{3,}}", re.ASCII)
_CIRCLE = re.compile(rf"{_NUMBER},{_NUMBER} {_NUMBER}", re.ASCII)
_INTEGER = re.compile(r"\d+", re.ASCII)
_DECIMAL = re.compile(_NUMBER, re.ASCII)


def _one_of(words: str) -> re.Pattern[str]:
    return re.compile("|".join(words.split()))


_CATEGORY = _one_of("Geo Met Safety Security Rescue Fire Health Env Transport Infra CBRNE Other")


class _Member(NamedTuple):
    """An element of the standard: how often (``1``, ``?``, ``*``, ``+``), what its text is, what is in it."""

    name: str
    often: str = "?"
    text: re.Pattern[str] | None = None
    inside: tuple["_Member", ...] = ()


_PAIR = (_Member("valueName", "1"), _Member("value", "1"))
_RESOURCE = (
    _Member("resourceDesc", "1", _ANY),
    _Member("mimeType", "1", re.compile(r"[\w.+-]+/[\w.+-]+(?:;.*)?", re.ASCII)),
    _Member("size", "?", _INTEGER),
    _Member("uri", "?", _ANY),
    _Member("derefUri", "?"),
    _Member("digest", "?", re.compile(r"[0-9A-Fa-f]{40}")),
)
_AREA = (
    _Member("areaDesc", "1", _ANY),
    _Member("polygon", "*", _POLYGON),
    _Member("circle", "*", _CIRCLE),
    _Member("geocode", "*", inside=_PAIR),
    _Member("altitude", "?", _DECIMAL),
    _Member("ceiling", "?", _DECIMAL),
)
_INFO = (
    _Member("language", "?", re.compile(r"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*")),
    _Member(
        "category", "+", _one_of("Geo Met Safety Security Rescue Fire Health Env Transport Infra CBRNE Other")
    ),
    _Member("event", "1", _ANY),
    _Member(
        "responseType", "*", _one_of("Shelter Evacuate Prepare Execute Avoid Monitor Assess AllClear None")
    ),
    _Member("urgency", "1", _one_of("Immediate Expected Future Past Unknown")),
    _Member("severity", "1", _one_of("Extreme Severe Moderate Minor Unknown")),
    _Member("certainty", "1", _one_of("Observed Likely Possible Unlikely Unknown")),
    _Member("audience"),
    _Member("eventCode", "*", inside=_PAIR),
    _Member("effective", "?", _TIME),
    _Member("onset", "?", _TIME),
    _Member("expires", "?", _TIME),
    _Member("senderName"),
    _Member("headline"),
    _Member("description"),
    _Member("instruction"),
    _Member("web", "?", _ANY),
    _Member("contact"),
    _Member("parameter", "*", inside=_PAIR),
    _Member("resource", "*", inside=_RESOURCE),
    _Member("area", "*", inside=_AREA),
)
_ALERT = (
    _Member("identifier", "1", _WORD),
    _Member("sender", "1", _WORD),
    _Member("sent", "1", _TIME),
    _Member("status", "1", _one_of("Actual Exercise System Test Draft")),
    _Member("msgType", "1", _one_of("Alert Update Cancel Ack Error")),
    _Member("source"),
    _Member("scope", "1", _one_of("Public Restricted Private")),
    _Member("restriction"),
    _Member("addresses"),
    _Member("code", "*"),
    _Member("note"),
    _Member("references"),
    _Member("incidents"),
    _Member("info", "*", inside=_INFO),
)


def is_alert(root: Element) -> bool:
    """Whether an XML document is, or says it is, such an alert."""
    return (root.space, root.name) == (NAMESPACE, "alert")


def look(seen: Seen, content: bytes) -> None:
    """Look into an alert."""
    try:
        root = strict_xml.parse(content)
    except PeerError as error:
        seen.problem("xml", error.where, error.message)
        return
    if not is_alert(root):
        seen.problem("cap", "", f"expected alert of {NAMESPACE}")
        return
    root.children = [each for each in root.children if each.space != _SIGNATURES]
    _check(seen, "alert", root, _ALERT)
    _needs(seen, root)
    _about_persons(seen, root)


def _check(seen: Seen, path: str, element: Element, members: tuple[_Member, ...]) -> None:
    """The members of an element, in their order and number, and what stands in each."""
    places = {member.name: i for i, member in enumerate(members)}
    counts = dict.fromkeys(places, 0)
    last = 0
    for child in element.children:
        place = places.get(child.name) if child.space == NAMESPACE else None
        if place is None or place < last:
            seen.problem(
                "cap", f"{path}.{child.name[:60]}", "expected the elements of CAP 1.2 in their order"
            )
            continue
        last = place
        _member(seen, f"{path}.{child.name}[{counts[child.name]}]", child, members[place])
        counts[child.name] += 1
    for member in members:
        low, high = {"1": (1, 1), "?": (0, 1), "*": (0, None), "+": (1, None)}[member.often]
        if counts[member.name] < low or (high and counts[member.name] > high):
            seen.problem("cap", f"{path}.{member.name}", f"expected {low} to {high or 'any number'} of them")


def _member(seen: Seen, path: str, child: Element, member: _Member) -> None:
    if member.inside:
        _check(seen, path, child, member.inside)
    elif child.children or (member.text and not member.text.fullmatch(child.text.strip())):
        seen.problem("cap", path, f"expected a value of CAP 1.2, got {child.text.strip()[:60]!r}")
    if member.name == "derefUri":
        seen.problem("embedded", path, "expected no files inside; send each as a content of its own")


def _needs(seen: Seen, root: Element) -> None:
    """What must stand because of another value (3.2.1)."""
    values = {child.name: child.text.strip() for child in root.children}
    for scope, needed in (("Restricted", "restriction"), ("Private", "addresses")):
        if values.get("scope") == scope and not values.get(needed):
            seen.problem("cap", f"alert.{needed}", f"expected it with the scope {scope}")
    if values.get("msgType") in ("Update", "Cancel", "Ack", "Error") and not values.get("references"):
        seen.problem("cap", "alert.references", f"expected them with {values.get('msgType')}")


def _about_persons(seen: Seen, root: Element) -> None:
    for element in root.walk():
        text = element.text.strip()
        if element.name == "addresses" and text:
            seen.person("alert.addresses", "it names recipients")
        elif element.name == "contact" and text and not is_role(text):
            seen.person("alert.info.contact", "expected role mailboxes or pages only")
        elif element.name == "eventCode":
            values = {child.text.strip() for child in element.children if child.name == "value"}
            if values & MISSING_PERSONS:
                seen.person("alert.info.eventCode", "it is about a missing person")
