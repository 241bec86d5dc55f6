"""TLP and PAP as STIX 2.1 markings, known by the ids that OASIS has fixed.

A marking is recognised by its id alone: what a marking-definition object in the same body claims about
itself counts for nothing, so nobody can send a lenient definition under a strict id, or the other way round.
An id that is not listed is a problem: a restriction that this node cannot read is one that it cannot keep.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from mithaq.domain import handling

TLP_EXTENSION = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"
"""The extension by which OASIS defines TLP 2.0 for STIX 2.1."""

PAP_EXTENSION = "extension-definition--f8d78575-edfd-406e-8e84-6162a8450f5b"
"""The extension by which OASIS publishes PAP for STIX 2.1."""

TLP_1 = {
    "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9": "clear",
    "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da": "green",
    "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82": "amber",
    "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed": "red",
}
"""TLP 1.0, built into STIX 2.1 (7.2.1.4). WHITE is today's CLEAR."""

TLP_2 = {
    "clear": "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487",
    "green": "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb",
    "amber": "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421",
    "amber+strict": "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003",
    "red": "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1",
}
"""TLP 2.0 by level: the ids to write."""

PAP = {
    "clear": "marking-definition--ad15a0cd-55b6-4588-a14c-a66105329b92",
    "green": "marking-definition--c43594d1-4b11-4c59-93ab-1c9b14d53ce9",
    "amber": "marking-definition--60f8932b-e51e-4458-b265-a2e8be9a80ab",
    "red": "marking-definition--740d36e5-7714-4c30-961a-3ae632ceee0e",
}
"""PAP by level: the ids to write."""

PAP_WHITE = "marking-definition--a3bea94c-b469-41dc-9cfe-d6e7daba7730"
"""The older name of PAP:CLEAR."""

_TLP_OF = TLP_1 | {marking: level for level, marking in TLP_2.items()}
_PAP_OF = {marking: level for level, marking in PAP.items()} | {PAP_WHITE: "clear"}
KNOWN = frozenset(_TLP_OF) | frozenset(_PAP_OF)
"""Every marking id that is understood."""


def strictest_tlp(markings: Iterable[str]) -> str | None:
    """The strictest TLP level among marking ids; None when there is none among them."""
    return _strictest(handling.TLP, _TLP_OF, markings)


def strictest_pap(markings: Iterable[str]) -> str | None:
    """The strictest PAP level among marking ids; None when there is none among them."""
    return _strictest(handling.PAP, _PAP_OF, markings)


def _strictest(scale: tuple[str, ...], level_of: Mapping[str, str], markings: Iterable[str]) -> str | None:
    found = {level_of[marking] for marking in markings if marking in level_of}
    return max(found, key=scale.index, default=None)


def level(marking: str) -> str | None:
    """What a marking id stands for, as in ``tlp:amber``; None when it is not listed."""
    if marking in _TLP_OF:
        return f"tlp:{_TLP_OF[marking]}"
    return f"pap:{_PAP_OF[marking]}" if marking in _PAP_OF else None


def claimed_level(definition: Mapping[str, Any]) -> str | None:
    """What a marking-definition object says of itself, in the words of ``level``; None for anything else.

    A partner's tools may show that object to people, so it must not contradict its id. Any other marking
    (a statement, a copyright) claims no level.
    """
    extensions = definition.get("extensions", {})
    for scheme, value in (
        ("tlp", definition.get("definition", {}).get("tlp")),
        ("tlp", extensions.get(TLP_EXTENSION, {}).get("tlp_2_0")),
        ("pap", extensions.get(PAP_EXTENSION, {}).get("pap")),
    ):
        if value is not None:
            return f"{scheme}:{'clear' if value == 'white' else value}"
    return None
