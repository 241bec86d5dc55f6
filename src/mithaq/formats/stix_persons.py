"""Which STIX objects are about persons; which accounts are attested as attack infrastructure (domain.md 4).

Recognition is of what STIX has a member for; free text is not read. Where an object leaves open whether it is
about a person, it counts as one: the class ``persons`` is shut, so the doubtful case stays outside.

**Always** about a person: an identity of any class but those of ``_NOT_A_PERSON``, or with contacts other
than role mailboxes and addresses of pages; named authors and contributors; a threat actor that is an
individual; a street address; the recipients in the headers of a message.

**Unless attested**: ``email-addr``, ``user-account`` (but for service accounts) and ``email-message``. The
sender attests them as attack infrastructure in the same body, by an object that is not refused itself:

1. an indicator whose STIX pattern compares the address, login or user id for equality with this value; not
   one that is revoked or whose types say that the account is somebody's (``_NOT_ATTACK``);
2. a relationship of ``_ATTESTING`` from an object of ``_ATTACKERS`` to the account or message;
3. such a relationship to observed data that holds it, unless it is the recipient of a message there;
4. a message is attested by its sender, and a sender by the message.

A sighting attests nothing: what is sighted is as often the victim's.
"""

import re
from typing import Any, NamedTuple, cast

from mithaq.domain.findings import Problem
from mithaq.formats.contacts import is_role
from mithaq.formats.strict_json import texts

ID_MAX = 300
"""Characters of an identifier in a problem: types have at most 250; a hostile one must not fill the store."""

_NOT_A_PERSON = ("class", "group", "organization", "system")
_CONTACTS_EXTENSION = "extension-definition--66e2492a-bbd3-4be6-88f5-cc91a017a498"
"""OASIS' extension of an identity by names, telephones and addresses of its contacts."""

ACCOUNTS = ("email-addr", "email-message", "user-account")
"""Types that are about a person unless they are attested."""

ACCOUNT_VALUES = ("value", "user_id", "account_login")
"""Members by which a pattern can name an account."""
_CONTRIBUTORS = "x_mitre_contributors"
"""The member in which ATT&CK thanks people, in objects of any type."""

_ATTACKERS = (
    "attack-pattern--",
    "campaign--",
    "indicator--",
    "infrastructure--",
    "intrusion-set--",
    "malware--",
    "threat-actor--",
    "tool--",
)
_ATTESTING = frozenset(
    {"based-on", "beacons-to", "communicates-with", "consists-of", "controls", "indicates", "uses"}
)
_NOT_ATTACK = frozenset({"attribution", "benign", "compromised"})
"""Types of an indicator that speak of a victim's or a known person's account (indicator-type-ov)."""

_NAMED = re.compile(
    r"\b(?:email-addr:value|email-message:(?:from|sender)_ref\.value|user-account:(?:user_id|account_login))"
    r"\s*=\s*'((?:[^'\\]|\\.)*)'"
)
_RECIPIENT_HEADERS = frozenset(
    {"to", "cc", "bcc", "delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "x-forwarded-to"}
)


class Personal(NamedTuple):
    """A member by which an object is about a person, as a path inside the object, and why."""

    path: str
    reason: str


def always(item: dict[str, Any]) -> Personal | None:
    """The first member by which an object is about a person whatever else the body says; None if none is.

    It never raises, whatever the types of the members: a member of a wrong type counts as one that names.
    """
    if item.get(_CONTRIBUTORS):
        return Personal(f".{_CONTRIBUTORS}", "it names who contributed")
    match item.get("type"):
        case "identity":
            return _identity(item)
        case "note" | "opinion" if "authors" in item:
            return Personal(".authors", "it names its authors")
        case "threat-actor" if item.get("resource_level") == "individual":
            return Personal(".resource_level", "it is an individual")
        case "location" if "street_address" in item:
            return Personal(".street_address", "a street address is somebody's")
        case "email-message" if _names_recipients(item.get("additional_header_fields")):
            return Personal(".additional_header_fields", "its headers name recipients")
        case _:
            return None


def _identity(item: dict[str, Any]) -> Personal | None:
    if item.get("identity_class") not in _NOT_A_PERSON:
        return Personal(".identity_class", f"expected one of {', '.join(_NOT_A_PERSON)}")
    extensions = item.get("extensions")
    if isinstance(extensions, dict) and _CONTACTS_EXTENSION in extensions:
        return Personal(".extensions", "it names contacts")
    contacts = item.get("contact_information", "")
    if contacts != "" and not (isinstance(contacts, str) and is_role(contacts)):
        return Personal(".contact_information", "expected role mailboxes or pages only")
    return None


def _names_recipients(headers: object) -> bool:
    names = cast("dict[str, object]", headers) if isinstance(headers, dict) else {}
    return any(name.lower() in _RECIPIENT_HEADERS for name in names)


class _Account(NamedTuple):
    """An account or message: in which object and where, the object's id, and the values that name it."""

    i: int
    path: str
    name: str
    values: frozenset[str]


class Persons:
    """Who is in a body: objects are added one by one, since parsed JSON takes up so much memory."""

    def __init__(self) -> None:
        self._found: list[Problem] = []
        self._accounts: list[_Account] = []
        self._named: set[str] = set()
        self._attested: set[str] = set()
        self._observed: dict[str, list[str]] = {}
        self._recipients: set[str] = set()
        self._senders: dict[str, frozenset[str]] = {}

    def add(self, i: int, item: dict[str, Any], *, refused: bool) -> None:
        """Take the i-th object in; one that is refused attests nothing."""
        kind = item.get("type")
        personal = always(item) if kind != "indicator" or _CONTRIBUTORS in item else None
        if personal:
            self._found.append(_problem(i, item["id"], personal))
        elif kind in ACCOUNTS:
            self._add_account(i, "", item["id"], item)
        elif kind == "observed-data":
            self._add_inner(i, item)
        if kind == "email-message":
            self._add_message(item)
        if not refused:
            self._attest(kind, item)

    def _add_inner(self, i: int, item: dict[str, Any]) -> None:
        """Observed data of the older form holds its objects itself; they are attested by their values."""
        inner = item.get("objects")
        for name, held in (cast("dict[str, Any]", inner) if isinstance(inner, dict) else {}).items():
            if not isinstance(held, dict):
                continue
            one = cast("dict[str, Any]", held)
            personal = always(one)
            path = f".objects.{name[:60]}"
            if personal:
                self._found.append(_problem(i, item["id"], personal, path))
            elif one.get("type") in ACCOUNTS:
                self._add_account(i, path, item["id"], one)

    def _add_account(self, i: int, path: str, name: str, item: dict[str, Any]) -> None:
        if item.get("is_service_account") is not True:
            values = frozenset(texts([item.get(member) for member in ACCOUNT_VALUES]))
            self._accounts.append(_Account(i, path, name, values))

    def _add_message(self, item: dict[str, Any]) -> None:
        for member in ("to_refs", "cc_refs", "bcc_refs"):
            self._recipients.update(texts(item.get(member)))
        senders = (item.get("from_ref"), item.get("sender_ref"))
        self._senders[item["id"]] = frozenset(texts([*senders]))

    def _attest(self, kind: object, item: dict[str, Any]) -> None:
        match kind:
            case "indicator":
                self._named.update(named_accounts(item))
            case "relationship" if item["relationship_type"] in _ATTESTING:
                if item.get("revoked") is not True and item["source_ref"].startswith(_ATTACKERS):
                    self._attested.add(item["target_ref"])
            case "observed-data":
                self._observed[item["id"]] = texts(item.get("object_refs"))
            case _:
                pass

    def found(self) -> list[Problem]:
        """Every object that is about a person, in order."""
        attested = set(self._attested)
        for name, held in self._observed.items():
            if name in self._attested:
                attested.update(set(held) - self._recipients)
        for name, senders in self._senders.items():
            if name in attested:
                attested |= senders - self._recipients
        attested |= {each.name for each in self._accounts if not each.path and each.values & self._named}
        attested |= {name for name, senders in self._senders.items() if senders & attested}
        reason = Personal("", "expected an account that the body attests as attack infrastructure")
        accounts = [
            _problem(each.i, each.name, reason, each.path)
            for each in self._accounts
            if not each.values & self._named and (each.path or each.name not in attested)
        ]
        return sorted([*self._found, *accounts], key=lambda each: cast("int", each.index))


def _problem(i: int, name: str, personal: Personal, inside: str = "") -> Problem:
    path = f"objects[{i}]{inside}{personal.path}"
    return Problem("persons", path, f"data about a person: {personal.reason}", i, name[:ID_MAX])


def named_accounts(indicator: dict[str, Any]) -> list[str]:
    """The addresses, logins and user ids that an indicator attests; none where it attests nothing."""
    pattern = indicator.get("pattern")
    if (
        not isinstance(pattern, str)
        or not ("email-" in pattern or "user-account" in pattern)
        or indicator.get("pattern_type") != "stix"
        or indicator.get("revoked") is True
        or not _NOT_ATTACK.isdisjoint(texts(indicator.get("indicator_types")))
    ):
        return []
    return [_unescaped(literal) for literal in _NAMED.findall(pattern)]


def _unescaped(literal: str) -> str:
    return re.sub(r"\\(.)", r"\1", literal, flags=re.DOTALL)
