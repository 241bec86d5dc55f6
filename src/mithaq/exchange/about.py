"""Saying something about exchange entries: acknowledgement, correction, withdrawal, hold … (protocol 5)."""

import dataclasses
from dataclasses import dataclass
from typing import Any

from mithaq.domain.entry import Entry
from mithaq.domain.shapes import hexadecimal
from mithaq.domain.things import Thing
from mithaq.errors import UsageError
from mithaq.exchange import copies, erasure, holding
from mithaq.exchange.identity import Identity
from mithaq.exchange.pair import Draft, Pair
from mithaq.exchange.ports import Partner, Transaction


@dataclass(frozen=True)
class About:
    """What somebody says about entries of either log.

    Args:
        kind: of the family about an exchange.
        re: leaf hashes in hex; all of one text and one field.
        facts: as the kind wants them.
        by: role and officer number of who acts, where a person does.
    """

    kind: str
    re: tuple[str, ...]
    facts: dict[str, Any] = dataclasses.field(default_factory=dict[str, Any])
    by: tuple[str, str] | None = None


def say(tx: Transaction, identity: Identity, partner: Partner, act: About) -> Entry:
    """Enter it, under the text and the field of what it is about, and do what it says with our own copy.

    A hold is carried out after (``holding``).

    Raises:
        RefusedError: it is not ours to say, or not now; nothing was erased.
        UsageError: it is about nothing that was exchanged.
        MalformedError: it is not of its kind's form.
        StaleError: contents are to be held over and are not all here.
    """
    pair = Pair.of(tx, identity, partner.own)
    if act.kind == "hold":
        holding.require_contents(tx, identity, pair, act.re)
    entry = _enter(identity, pair, act)
    if entry.kind == "erasure":
        erasure.refuse_unjudged(identity, pair, entry.re)
        for leaf in entry.re:
            copies.drop(tx, pair, leaf)
    elif entry.kind == "withdrawal":
        erasure.erase_withdrawn(tx, identity, pair, entry.re)
    return entry


def _enter(identity: Identity, pair: Pair, act: About) -> Entry:
    thing = _exchange(pair, act)
    draft = Draft(
        id=identity.random(16).hex(),
        kind=act.kind,
        agreement=thing.agreement,
        field=thing.field,
        by=act.by,
        re=act.re,
        facts=act.facts,
    )
    return pair.say(draft).entry


def _exchange(pair: Pair, act: About) -> Thing:
    for leaf in act.re:
        hexadecimal(32)(leaf, "re")
        thing = pair.thing(leaf)
        if thing is not None and thing.agreement:
            return thing
    raise UsageError("about nothing that was exchanged", where=act.kind, got=" ".join(act.re))
