"""``mithaq stix``: what of a STIX file could be sent, without a node and without sending it."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, cast

from mithaq.cli import bundles
from mithaq.cli.answer import Answer, read_file
from mithaq.cli.bundles import Judged
from mithaq.cli.failure import reason, visible
from mithaq.cli.send import STIX_FILE_MAX
from mithaq.cli.session import Here, Session
from mithaq.domain.findings import Problem
from mithaq.errors import RefusedError
from mithaq.formats import stix_notices, stix_select
from mithaq.words import N_

NOTICES_SHOWN = 20
"""Notices of a kind that people are shown; programs are told all of them."""

_HEADS = {
    "unmarked": N_("Without a TLP mark: --tlp, or the default for the partner and the field, decides: {n}"),
    "id": N_("Identifiers that do not follow from the content, so that others will not know them again: {n}"),
}


def check(file: Path, /, *, session: Here) -> Answer:
    """Which objects of a STIX file would be refused, and why; it asks what send asks, and needs no node.

    What a text in force allows is not asked: that depends on the partner and the field.

    Args:
        file: a bundle, a TAXII envelope or one object, of STIX 2.1 or 2.0; - is standard input.
    """
    judged = bundles.judge(file, read_file(file, STIX_FILE_MAX))
    reasons = [judged.refused[place].parts() for place in sorted(judged.refused)]
    notices = sorted(_notices(judged), key=lambda each: (cast("int", each.index), each.path, each.id))
    objects = judged.source.objects
    upgraded = {i: names for i, names in judged.upgraded.changed.items() if i not in judged.refused}
    value: dict[str, Any] = {
        "file": str(file),
        "form": judged.source.form,
        "objects": len(objects),
        "passed": len(objects) - len(reasons),
        "contents": len(judged.bodies),
        "refused": reasons,
        "upgraded": [{"index": i, "id": objects[i]["id"], "added": names} for i, names in upgraded.items()],
        "notices": [each.parts() for each in notices],
    }
    lines = list(_lines(session, value, notices))
    return Answer(value, lines, RefusedError.exit_code if reasons else 0)


def _notices(judged: Judged) -> set[Problem]:
    """What is worth a notice, at its place in the file; what several contents repeat is told once."""
    return {
        stix_select.moved(each, origin.place, origin.inside)
        for content, origins in judged.bodies
        for each in stix_notices.notices(content)
        for origin in (origins[cast("int", each.index)],)
    }


def _lines(session: Session, value: dict[str, Any], notices: Sequence[Problem]) -> Iterator[str]:
    words = session.words
    yield words.plural("{n} object would pass.", "{n} objects would pass.", value["passed"])
    if value["upgraded"]:
        yield words("Upgraded from STIX 2.0: {n}", n=len(value["upgraded"]))
    if value["refused"]:
        yield words("Refused: {n}", n=len(value["refused"]))
        yield from (f"  {visible(reason(each))}" for each in value["refused"])
    for code, head in _HEADS.items():
        told = [each.parts() for each in notices if each.code == code]
        if told:
            yield words(head, n=len(told))
            yield from (f"  {visible(reason(each))}" for each in told[:NOTICES_SHOWN])
        if told[NOTICES_SHOWN:]:
            yield "  " + words("and {n} more", n=len(told) - NOTICES_SHOWN)
