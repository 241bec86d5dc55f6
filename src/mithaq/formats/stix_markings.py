"""TLP, PAP and copyright as STIX 2.1 markings: known by fixed ids, or by what their definition says.

A marking means what its **fixed id** says, whether or not its definition comes along; a definition under such
an id must say the same, so nobody can send a lenient definition under a strict id. Any other id means what
its **definition in the same body** says, in one of the forms that producers write: the extensions of OASIS,
``definition_type`` and ``definition``, a statement that is nothing but ``TLP:…`` or ``PAP:…``, or OpenCTI's
members. Labels ``tlp:…`` and ``pap:…``, which tools write too, count like markings.
A statement of copyright restricts nothing that this node could break, and is understood too.

Anything else is a problem: a restriction that this node cannot read is one that it cannot keep. That holds
for national classifications (protocol 12), whether they come as an extension or as a sentence.

Meanings are words: ``tlp:amber``, ``pap:red``, ``copyright``.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

from mithaq.domain import handling

TLP_EXTENSION = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"
"""The extension by which OASIS defines TLP 2.0 for STIX 2.1."""

PAP_EXTENSION = "extension-definition--f8d78575-edfd-406e-8e84-6162a8450f5b"
"""The extension by which OASIS publishes PAP for STIX 2.1."""

OPENCTI_EXTENSION = "extension-definition--ea279b3e-5c71-4632-ac08-831c66a786ba"
"""OpenCTI's own members of every object; in a definition they say nothing of handling."""

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

OPENCTI = {
    "marking-definition--826578e1-40ad-459f-bc73-ede076f81f37": "tlp:amber+strict",
    "marking-definition--4cdff7eb-acb8-543f-8573-829eb9fe8b34": "pap:clear",
    "marking-definition--89484dde-e3d2-547f-a6c6-d14824429eb1": "pap:green",
    "marking-definition--a6f20d4d-0360-59b6-ba22-3b48707828b1": "pap:amber",
    "marking-definition--4e4e3b84-de45-53df-9d9b-b21207699fd8": "pap:red",
}
"""The ids that OpenCTI gives to levels for which STIX 2.1 itself has none."""

COPYRIGHT = "copyright"
"""The meaning of a marking that only says whose the text is."""

MITRE = {
    "marking-definition--fa42a846-8d90-4e51-bc29-71d5b4802168": COPYRIGHT,
    "marking-definition--17d82bb2-eeeb-4898-bda5-3ddbcd2b799d": COPYRIGHT,
}
"""The copyright of ATT&CK and of CAPEC, under which MITRE publishes every object of them."""

KNOWN: Mapping[str, str] = {
    **{marking: f"tlp:{level}" for marking, level in TLP_1.items()},
    **{marking: f"tlp:{level}" for level, marking in TLP_2.items()},
    **{marking: f"pap:{level}" for level, marking in PAP.items()},
    PAP_WHITE: "pap:clear",
    **OPENCTI,
    **MITRE,
}
"""Every fixed marking id and what it means."""

_LEVELS = frozenset(
    [*(f"tlp:{level}" for level in handling.TLP), *(f"pap:{level}" for level in handling.PAP)]
)
LABELS = ("tlp:", "pap:")
"""How a label begins that is a marking, in lower case."""

STATEMENT_MAX = 2_000
"""Characters of a copyright statement: MITRE's longest has 400; a longer one is terms of use to be read."""

_COPYRIGHT = re.compile(r"copyright|©|\(c\)", re.IGNORECASE)
_RESTRICTS = re.compile(
    r"\b(?:tlp|pap|classif\w*|declassif\w*|secret\w*|confiden\w*|restrict\w*|protected|official|sensitive"
    r"|nofor\w*|for\s+\w+\s+use|only|prohibit\w*|forbid\w*|(?:do|may|must|shall|can)\s*not|not\s+(?:for|to|be)|vs-nfd|geheim\w*|vertraulich\w*|dienstgebrauch"
    r"|confidentiel\w*|restreint\w*|diffusion|distribution|dissemin\w*)\b"
    r"|سري|محظور|مقيد",
    re.IGNORECASE,
)
"""Words by which a statement says more than whose the text is."""


def strictest_tlp(meanings: Iterable[str]) -> str | None:
    """The strictest TLP level among meanings; None when there is none among them."""
    return _strictest("tlp:", handling.TLP, meanings)


def strictest_pap(meanings: Iterable[str]) -> str | None:
    """The strictest PAP level among meanings; None when there is none among them."""
    return _strictest("pap:", handling.PAP, meanings)


def _strictest(scale: str, levels: tuple[str, ...], meanings: Iterable[str]) -> str | None:
    found = {each.removeprefix(scale) for each in meanings if each.startswith(scale)}
    return max(found, key=levels.index, default=None)


def has_tlp(meanings: Iterable[str]) -> bool:
    """Whether a TLP level is among the meanings: an object without one is unmarked."""
    return any(each.startswith("tlp:") for each in meanings)


def is_marking(label: str) -> bool:
    """Whether a label speaks of TLP or PAP."""
    return label[:4].lower() in LABELS


def of_label(label: str) -> str | None:
    """What such a label means; None when it is not understood."""
    return _level(label[:3], label)


def meaning(definition: Mapping[str, Any]) -> str | None:
    """What a marking-definition object says of itself; None when it is not understood.

    It may say so in several places (OpenCTI does); they must agree, for each reader looks into another.
    It never raises, whatever the types of the members.
    """
    said = set(_said(definition))
    return said.pop() if len(said) == 1 else None


def _said(definition: Mapping[str, Any]) -> Iterator[str | None]:
    """What each place of a definition says; None where it is not understood."""
    custom = definition.get("x_opencti_definition_type")
    if custom is not None:
        yield _level(custom, definition.get("x_opencti_definition"))
    extensions = _members(definition.get("extensions"))
    for name in extensions.keys() - {OPENCTI_EXTENSION}:
        yield _extension(name, _members(extensions[name]))
    kind, value = definition.get("definition_type"), _members(definition.get("definition"))
    if kind == "statement":
        if custom is None or value != {"statement": "custom"}:  # OpenCTI's way to say: look at my members
            yield _statement(value.get("statement"))
    elif kind is not None or value:
        yield _level(kind, next(iter(value.values())) if len(value) == 1 else None)


def _members(value: object) -> Mapping[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _extension(name: str, extension: Mapping[str, Any]) -> str | None:
    if name == TLP_EXTENSION:
        return _level("tlp", extension.get("tlp_2_0"))
    return _level("pap", extension.get("pap")) if name == PAP_EXTENSION else None


def _level(scale: object, value: object) -> str | None:
    """``tlp`` and ``Amber``, or ``TLP`` and ``TLP:AMBER``, as one of ``_LEVELS``."""
    if not isinstance(scale, str) or not isinstance(value, str):
        return None
    scale, value = scale.lower(), value.lower()
    value = value.removeprefix(f"{scale}:")
    level = f"{scale}:{'clear' if value == 'white' else value}"
    return level if level in _LEVELS else None


def _statement(text: object) -> str | None:
    """A level that stands alone, or a copyright and nothing that restricts."""
    if not isinstance(text, str) or len(text) > STATEMENT_MAX:
        return None
    scale, colon, _ = text.partition(":")
    level = _level(scale, text.strip()) if colon else None
    if level or not _COPYRIGHT.search(text) or _RESTRICTS.search(text):
        return level
    return COPYRIGHT
