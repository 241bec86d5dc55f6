"""Saying something: a message becomes contents at rest and an entry in the own log (protocol 5 and 9).

Everything slow is done first, outside of any transaction: contents are examined, committed to and sealed,
and the signed text is asked with what was found in them. Then one transaction appends the entry, whose header
is judged again at that cut, together with its contents.
"""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mithaq.domain import policy
from mithaq.domain.entry import Body
from mithaq.domain.handling import Handling
from mithaq.domain.lifecycle import in_force
from mithaq.domain.moment import DAY
from mithaq.domain.party import LogName
from mithaq.domain.shapes import hexadecimal
from mithaq.errors import RefusedError, UsageError
from mithaq.exchange import contents
from mithaq.exchange.contents import Place
from mithaq.exchange.identity import Identity
from mithaq.exchange.pair import Draft, Pair
from mithaq.exchange.ports import BodyKey, Store, StoredBody, Transaction


@dataclass(frozen=True)
class Message:
    """What somebody wants to say.

    Args:
        kind: an exchange kind.
        field: a field of the signed text.
        contents: media type and bytes of each content, in order.
        handling: marks for all of them.
        facts: as the kind wants them.
        keep_days: how long both sides may keep the contents.
        re: leaf hashes in hex of what it answers.
        by: role and officer number of who acts, where a person does.
    """

    kind: str
    field: str
    contents: tuple[tuple[str, bytes], ...]
    handling: Handling
    facts: dict[str, Any] = dataclasses.field(default_factory=dict[str, Any])
    keep_days: int = 30
    re: tuple[str, ...] = ()
    by: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of it: its entry, durable and signed, though not yet received by anybody."""

    leaf: str
    index: int
    at: int
    bodies: int
    size: int


def text_for(pair: Pair, message: Message) -> str:
    """The text that a new entry names: that of what it answers, else the one in force with this field.

    Raises:
        UsageError: no text is in force between the two.
        MalformedError: ``re`` names something else than leaf hashes.
    """
    for leaf in message.re:
        hexadecimal(32)(leaf, "re")
        ref = pair.entry(bytes.fromhex(leaf))
        thing = pair.thing(ref.thing) if ref and ref.thing else None
        if thing:
            return thing.agreement
    digests: list[str] = []
    for relation in sorted({thing.relation for thing in pair.agreements()}):
        life = in_force(pair.sight.texts(relation))
        text = pair.sight.agreement(life.digest) if life else None
        if life and text:
            digests.append(life.digest)
            if message.field in text.fields:
                return life.digest
    if not digests:
        raise UsageError(
            "no text is in force with this partner",
            where=pair.own.reader,
            todo="propose an agreement, have both authorities sign it, and activate it on both sides",
        )
    return digests[0]


def send(identity: Identity, store: Store, own: LogName, message: Message) -> Sent:
    """Say it: when this returns, the entry is durable and under a signed head.

    Raises:
        RefusedError: the signed text does not allow it; nothing was written.
        BehindError: the pair has to recover first.
        UsageError: no text is in force.
        MalformedError, LimitError: the message is not of its kind's form.
    """
    store.read(lambda tx: tx.logs.check_whole(own))
    agreement = store.read(lambda tx: text_for(Pair(tx, identity, own), message))
    draft, bodies = _prepare(identity, own, message, agreement)
    store.read(lambda tx: _judge(Pair(tx, identity, own), draft, bodies, identity.now()))

    def work(tx: Transaction) -> Sent:
        logged = Pair.of(tx, identity, own).say(draft)
        for ordinal, body in enumerate(bodies):
            tx.bodies.put(BodyKey(own, logged.index, ordinal), body)
        size = sum(body.size for body in bodies)
        return Sent(logged.entry.leaf.hex(), logged.index, logged.entry.at, len(bodies), size)

    return store.write(work)


def _prepare(
    identity: Identity, own: LogName, message: Message, agreement: str
) -> tuple[Draft, list[StoredBody]]:
    entry_id = identity.random(16).hex()
    keep_until = identity.now() + message.keep_days * DAY
    made = [
        contents.new(identity, Place(own, entry_id, ordinal), media_type, content, keep_until)
        for ordinal, (media_type, content) in enumerate(message.contents)
    ]
    rows: tuple[Body, ...] = tuple(row for row, _ in made)
    draft = Draft(
        id=entry_id,
        kind=message.kind,
        agreement=agreement,
        field=message.field,
        by=message.by,
        re=message.re,
        handling=message.handling,
        keep_until=keep_until,
        facts=message.facts,
        bodies=rows,
    )
    return draft, [stored for _, stored in made]


def _judge(pair: Pair, draft: Draft, bodies: Sequence[StoredBody], now: int) -> None:
    entry = draft.entry(pair.own, now)
    findings = [contents.findings(body) for body in bodies]
    verdict = policy.judge(entry, findings, pair.sight.standing(entry))
    if not verdict.accepted:
        raise RefusedError(
            f"the signed text does not allow this {entry.kind}",
            codes=verdict.codes,
            where=entry.field,
            todo="nothing was sent",
        )
