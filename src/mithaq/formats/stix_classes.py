"""Which STIX objects carry data of the classes ``technical`` and ``persons`` (protocol 4, domain.md 4).

Recognition of persons is basic: it finds what STIX has a member for. Free text is not read. Where an
object leaves open whether it is about a person, it counts as one: the class ``persons`` is shut, so the
doubtful case stays outside.
"""

from typing import Any, cast

OBSERVABLES = frozenset(
    {
        "artifact",
        "autonomous-system",
        "directory",
        "domain-name",
        "email-addr",
        "email-message",
        "file",
        "ipv4-addr",
        "ipv6-addr",
        "mac-addr",
        "mutex",
        "network-traffic",
        "process",
        "software",
        "url",
        "user-account",
        "windows-registry-key",
        "x509-certificate",
    }
)
"""The cyber-observable objects of STIX 2.1 (section 6)."""

TECHNICAL = OBSERVABLES | {"indicator", "malware-analysis", "observed-data"}
"""Types that carry addresses, domains, accounts or hashes, in members or in a pattern."""

PERSONAL = frozenset(
    {"email-addr", "identity", "note", "observed-data", "opinion", "threat-actor", "user-account"}
)
"""Types that can be about a person; only these are looked at by ``about_person``."""

_NOT_A_PERSON = ("class", "group", "organization", "system")


def about_person(item: dict[str, Any]) -> bool:
    """Whether an object is, or may be, about a person.

    An identity counts unless its class says that it is something else; an account or address counts when it
    shows a name; a note or opinion when it names its authors; a threat actor when it is an individual;
    observed data of the older form when it holds such an object.
    """
    match item.get("type"):
        case "identity":
            return item.get("identity_class") not in _NOT_A_PERSON
        case "email-addr" | "user-account":
            return "display_name" in item
        case "note" | "opinion":
            return "authors" in item
        case "threat-actor":
            return item.get("resource_level") == "individual"
        case "observed-data":
            inner = item.get("objects")
            held = cast("dict[str, Any]", inner).values() if isinstance(inner, dict) else ()
            return any(isinstance(one, dict) and about_person(cast("dict[str, Any]", one)) for one in held)
        case _:
            return False
