"""``mithaq node status``: where every pair stands, and what to do about one that is behind."""

from typing import Annotated, Any

from cyclopts import Parameter

from mithaq.cli.answer import Answer, listing, moment, table
from mithaq.cli.session import Here
from mithaq.exchange.alarms import Alarm
from mithaq.exchange.lost import Lost
from mithaq.exchange.reading import Status
from mithaq.words import N_, Words

SHORT = 12
"""Hex digits of a leaf in a list, as elsewhere."""
COLUMNS = (N_("Reference"), N_("Index"), N_("Contents"), N_("Verdict"), N_("Until"))
"""Heads of the list of lost contents."""


def status(
    partner: str = "",
    /,
    *,
    lost: Annotated[
        bool, Parameter(negative=(), help="Also list contents of ours that are gone before their day.")
    ] = False,
    session: Here,
) -> Answer:
    """Where every pair stands, or one.

    Args:
        partner: its origin; all when left out.
    """
    with session.service() as service:
        found = [service.status(each.origin) for each in service.partners() if partner in ("", each.origin)]
        if partner and not found:
            service.partner(partner)
        alarms = [alarm for alarm in service.alarms() if partner in ("", alarm.partner)]
        gone = [service.lost(each.partner) if lost else [] for each in found]
    value: dict[str, Any] = {"origin": session.directory.config().origin, "running": session.running}
    lines, pairs = listing(value), list[dict[str, Any]]()
    for pair, contents in zip(found, gone, strict=True):
        pairs.append(_members(pair))
        lines += ["", *listing(pairs[-1]), *_behind(pair, session.words), *_lost(contents, session.words)]
        if lost:
            pairs[-1]["lost"] = [_members(each) for each in contents]
    for alarm in alarms:
        lines.append(f"{alarm.partner}: {session.words(alarm.sentence)} {alarm.evidence}".rstrip())
    return Answer(value | {"pairs": pairs, "alarms": [_members(alarm) for alarm in alarms]}, lines)


def _members(value: Status | Lost | Alarm) -> dict[str, Any]:
    return {name: getattr(value, name) for name in value.__slots__}


def _behind(pair: Status, words: Words) -> list[str]:
    """What a person has to know, and can do, while a store is behind its anchor."""
    if not (pair.anchored or pair.anchored_mirror):
        return []
    said = [
        words(
            "The store is older than what this node has signed. In this pair it signs nothing and serves no "
            "contents until the partner has given back what lacks."
        ),
        words(
            "Let the node run, or carry files: mithaq pouch write, and mithaq pouch answer with what comes "
            "back."
        ),
    ]
    if pair.own_size <= pair.have < pair.anchored:
        said.append(
            words(
                "The partner holds {have} of {anchored} entries: put a newer store back; if there is none, "
                "have the authority close the log by card (mithaq card rotate --close).",
                have=pair.have,
                anchored=pair.anchored,
            )
        )
    return said


def _lost(lost: list[Lost], words: Words) -> list[str]:
    rows = [
        (each.leaf[:SHORT], str(each.index), str(len(each.ordinals)), each.judged or "-", moment(each.until))
        for each in lost
    ]
    if not rows:
        return []
    heads = [words(head) for head in COLUMNS]
    return ["", words("Contents of ours that are gone before their day:"), *table([heads, *rows])]
