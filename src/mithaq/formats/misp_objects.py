"""Objects of MISP that are one observable or a few: their attributes put together by the template's names.

``file`` gathers digests, a name and a size; ``network-connection`` and ``ip-port`` are traffic; ``domain-ip``
a name and what it resolves to; ``x509`` a certificate. Of some templates the parts stand for themselves
(``SINGLE``) and are carried as attributes. Other templates have no place: a digest in an object of another
kind need not be a file's.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from mithaq.formats import misp_values
from mithaq.formats.misp_values import Thing, observable, port, traffic

PAIRS_MAX = 100
"""Pairs of addresses and ports that an object may stand for: real ones have a handful."""

SINGLE = {
    "asn": frozenset({"asn"}),
    "email": frozenset({"from", "from-domain", "ip-src", "received-header-ip", "return-path", "subject"}),
    "mutex": frozenset({"name"}),
    "sigma": frozenset({"sigma"}),
    "suricata": frozenset({"suricata"}),
    "url": frozenset({"url", "domain", "host", "ip"}),
    "virustotal-report": frozenset({"permalink"}),
    "vulnerability": frozenset({"id", "references", "summary", "description"}),
    "yara": frozenset({"yara"}),
}
"""By template: the relations whose attributes are carried one by one."""


class Part(NamedTuple):
    """One attribute of an object: where it stands, its relation, type and value."""

    path: str
    relation: str
    kind: str
    value: str
    detect: bool


class Built(NamedTuple):
    """What parts amount to: observables, and the parts without a place, with the reason."""

    things: list[Thing]
    lost: list[tuple[Part, str]]


def known(name: str) -> bool:
    """Whether there is a place for objects of this template as a whole."""
    return name in _BUILDERS


def build(name: str, parts: Sequence[Part]) -> Built:
    """The observables of an object of a known template."""
    return _BUILDERS[name](parts)


NO_PLACE = "STIX 2.1 has no place for this part"
_SECOND = "a second value where STIX 2.1 has one"


class _Sorter:
    """Parts by relation, each taken once; what nobody takes is lost."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self._left = list(parts)
        self.lost: list[tuple[Part, str]] = []

    def take(self, make: Callable[[Part], Any], *relations: str) -> list[Any]:
        """What ``make`` makes of the parts of these relations; those that are no value of theirs are lost."""
        made: list[Any] = []
        for part in [each for each in self._left if each.relation in relations]:
            self._left.remove(part)
            try:
                made.append(make(part))
            except ValueError as error:
                self.lost.append((part, f"not a value of {part.kind[:60]}: {error}"))
        return made

    def built(self, things: list[Thing]) -> Built:
        """The result, with what was left."""
        return Built(things, self.lost + [(part, NO_PLACE) for part in self._left])


def _thing(part: Part) -> Thing:
    made = observable(part.kind, part.value)
    if made is None:
        raise ValueError("another type than the template's")
    return made


def _port(part: Part) -> int:
    return port(part.value)


def _size(part: Part) -> int:
    if not (part.value.isascii() and part.value.isdigit() and len(part.value) <= 15):
        raise ValueError("expected a number of bytes")
    return int(part.value)


def _file(parts: Sequence[Part]) -> Built:
    sorter = _Sorter(parts)
    whole: Thing = {"type": "file", "hashes": {}}

    def put(part: Part) -> None:
        made = _thing(part)
        hashes = made.get("hashes", {})
        if made["type"] != "file" or whole["hashes"].keys() & hashes or ("name" in whole and "name" in made):
            raise ValueError(_SECOND)
        whole["hashes"] |= hashes
        whole.update({"name": made["name"]} if "name" in made else {})

    digests = [*misp_values.HASHES, "ssdeep", "tlsh"]
    sorter.take(put, *digests, "filename", "malware-sample")

    def put_size(part: Part) -> None:
        if "size" in whole:
            raise ValueError(_SECOND)
        whole["size"] = _size(part)

    def put_mime(part: Part) -> None:
        if "mime_type" in whole:
            raise ValueError(_SECOND)
        whole["mime_type"] = part.value

    if whole["hashes"] or "name" in whole:
        sorter.take(put_size, "size-in-bytes")
        sorter.take(put_mime, "mimetype")
    if not whole["hashes"]:
        del whole["hashes"]
    return sorter.built([whole] if len(whole) > 1 else [])


def _domain_ip(parts: Sequence[Part]) -> Built:
    sorter = _Sorter(parts)
    names = sorter.take(_thing, "domain", "hostname")
    found = sorter.take(_thing, "ip")
    if not names:
        return sorter.built(found)
    return sorter.built([name | ({"resolves_to_refs": found} if found else {}) for name in names])


def _ip_port(parts: Sequence[Part]) -> Built:
    sorter = _Sorter(parts)
    ends = [("dst", each) for each in sorter.take(_thing, "ip", "ip-dst", "hostname", "domain")]
    ends += [("src", each) for each in sorter.take(_thing, "ip-src")]
    if not ends:
        return sorter.built([])
    ports: dict[str, list[int]] = {"dst": [], "src": []}
    sides = {side for side, _ in ends}
    for side in sides:
        room = PAIRS_MAX // len(ends)

        def put(part: Part, side: str = side, room: int = room) -> None:
            if len(ports[side]) >= room:
                raise ValueError("too many pairs of addresses and ports")
            ports[side].append(_port(part))

        sorter.take(put, f"{side}-port")
    made = [traffic(side, end, each) for side, end in ends for each in (ports[side] or [None])]
    return sorter.built(made)


def _connection(parts: Sequence[Part]) -> Built:
    sorter = _Sorter(parts)
    made: Thing = {"type": "network-traffic"}
    versions: list[str] = []
    for side in ("src", "dst"):
        end = _first(sorter, _thing, f"ip-{side}", f"hostname-{side}")
        if end:
            made[f"{side}_ref"] = end
            versions.append(end["type"][:4])
        number = _first(sorter, _port, f"{side}-port")
        if number is not None:
            made[f"{side}_port"] = number
    if not versions:
        return sorter.built([])
    low = next((each for each in versions if each in ("ipv4", "ipv6")), "ip")
    more = [_first(sorter, lambda part: part.value.lower(), f"layer{layer}-protocol") for layer in (3, 4, 7)]
    return sorter.built([made | {"protocols": [more[0] or low, *filter(None, more[1:])]}])


def _first(sorter: _Sorter, make: Callable[[Part], Any], *relations: str) -> Any:
    """The first value of these relations; the others are told as second ones."""
    found: list[Any] = []

    def put(part: Part) -> None:
        if found:
            raise ValueError(_SECOND)
        found.append(make(part))

    sorter.take(put, *relations)
    return found[0] if found else None


def _certificate(parts: Sequence[Part]) -> Built:
    sorter = _Sorter(parts)
    whole: Thing = {"type": "x509-certificate", "hashes": {}}
    for kind in ("md5", "sha1", "sha256"):
        made = _first(sorter, _thing, f"x509-fingerprint-{kind}")
        whole["hashes"] |= made["hashes"] if made else {}
    if not whole["hashes"]:
        return sorter.built([])
    serial = _first(sorter, lambda part: part.value, "serial-number")
    return sorter.built([whole | ({"serial_number": serial} if serial else {})])


_BUILDERS: dict[str, Callable[[Sequence[Part]], Built]] = {
    "domain-ip": _domain_ip,
    "file": _file,
    "ip-port": _ip_port,
    "network-connection": _connection,
    "x509": _certificate,
}
