"""Which attributes of MISP are about a person: they are never carried, whatever else the event says.

The lists are wider than those by which ``plain_json`` refuses a document, since here an attribute is left
out and told, and the rest is carried. The doubtful case counts as a person.
"""

from collections.abc import Mapping
from typing import Any

from mithaq.formats.misp_values import flag, text
from mithaq.formats.plain_json import MISP_PERSONAL

ATTACKERS = frozenset({"email", "email-src"})
"""Accounts that an event can attest as attack infrastructure: by the flag that makes them an indicator."""

_TYPES = (MISP_PERSONAL - ATTACKERS) | {
    "aba-rtn",
    "bank-account-nr",
    "cc-number",
    "country-of-residence",
    "dns-soa-email",
    "email-body",
    "email-dst-display-name",
    "email-header",
    "email-reply-to",
    "email-src-display-name",
    "eppn",
    "iban",
    "issue-date-of-the-visa",
    "pgp-private-key",
    "pgp-public-key",
    "prtn",
    "target-external",
    "target-location",
    "target-machine",
    "target-org",
    "threat-actor",
    "whois-registrant-org",
}
_CATEGORIES = frozenset({"Person", "Targeting data", "Social network"})
_ATTACK = frozenset({"Artifacts dropped", "Network activity", "Payload delivery", "Payload installation"})
"""Categories in which an address is the attacker's; in others it is as often somebody else's."""


def about(attribute: Mapping[str, Any]) -> str:
    """Why an attribute counts as one about a person; empty if it does not."""
    kind, category = text(attribute.get("type")), text(attribute.get("category")).capitalize()
    if not isinstance(attribute.get("category", ""), str):
        return "a category that is no text"
    if category in _CATEGORIES:
        return f"the category {category} is of victims and persons"
    if kind in _TYPES:
        return f"an attribute of the type {kind}"
    if kind in ATTACKERS and not (flag(attribute.get("to_ids")) and category in _ATTACK):
        return "an address that is not marked for detection as an attacker's"
    return ""
