"""Tags of MISP: handling, restrictions, names from galaxies, and everything else as labels.

TLP and PAP become markings. A tag of a taxonomy that restricts in another way (classifications, caveats,
information exchange policies), or a level that TLP and PAP do not have, cannot be kept by this node: what
bears it is left out. A tag ``misp-galaxy:<galaxy>="<name>"`` names a cluster (``misp_galaxy``).
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from mithaq.formats.stix_markings import PAP, TLP_2, is_marking, of_label, strictest_pap, strictest_tlp
from mithaq.formats.strict_json import dicts

TAG_MAX = 255
"""Characters of a tag in MISP's own table."""

_RESTRICTING = re.compile(
    r"(?:[a-z-]*-)?(?:classif|vs|ism)|(?:data-)?classification(?:-level)?|clearance|caveat|dissemination|nato"
    r"|iep\S*|tlp.*|pap(?:[^a-z].*)?",
    re.IGNORECASE,
)
"""Name spaces of taxonomies that say who may have something; and TLP in another spelling than its own."""
_WORDS = re.compile(
    r"(?<![a-z])(?:secret|top.?secret|confidential|restricted|official.?sensitive|noforn|eyes.?only"
    r"|(?:not|no).?for.?\w*|do.?not.?\w*|internal.?use)(?![a-z])",
    re.IGNORECASE,
)
_GALAXY = re.compile(r'misp-galaxy:([^\s="]{1,100})="(.{1,250})"\Z')


class Cluster(NamedTuple):
    """A cluster of a galaxy by name: ``threat-actor`` and ``Sofacy``."""

    galaxy: str
    value: str


class Tags(NamedTuple):
    """What the tags of one piece say.

    Attributes:
        marks: meanings of TLP and PAP, as ``tlp:amber``.
        restriction: the first tag that restricts in a way that cannot be kept; empty for none.
        labels: the other tags.
        clusters: the names from galaxies.
    """

    marks: frozenset[str]
    restriction: str
    labels: tuple[str, ...]
    clusters: tuple[Cluster, ...]


def names(piece: Mapping[str, Any]) -> list[str]:
    """The names of the tags of an event or attribute; what has no name says nothing."""
    return [name for each in dicts(piece.get("Tag")) if isinstance(name := each.get("name"), str) and name]


def read(tags: Iterable[str]) -> Tags:
    """Sort the tags of one piece."""
    marks: set[str] = set()
    labels: dict[str, None] = {}
    clusters: dict[Cluster, None] = {}
    restriction = ""
    for tag in tags:
        cluster = _GALAXY.match(tag)
        if cluster:
            clusters.setdefault(Cluster(cluster[1], cluster[2]))
        elif is_marking(tag.strip()):
            level = of_label(tag.strip().lower())
            if level:
                marks.add(level)
            restriction = restriction or ("" if level else tag)
        elif restricts(tag):
            restriction = restriction or tag
        else:
            labels.setdefault(tag)
    return Tags(frozenset(marks), restriction, tuple(labels), tuple(clusters))


def restricts(tag: str) -> bool:
    """Whether a tag says who may have something, by its name space or its words."""
    return bool(_RESTRICTING.fullmatch(tag.partition(":")[0].strip()) or _WORDS.search(tag))


def refs(marks: Iterable[str]) -> list[str]:
    """The ids of the strictest TLP and the strictest PAP among meanings."""
    said = list(marks)
    tlp, pap = strictest_tlp(said), strictest_pap(said)
    return ([] if tlp is None else [TLP_2[tlp]]) + ([] if pap is None else [PAP[pap]])
