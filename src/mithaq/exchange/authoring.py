"""Saying something: a message becomes contents at rest and an entry in the own log (protocol 5 and 9).

Everything slow is done first, outside of any transaction: contents are examined, committed to and sealed,
and the signed text, then our national rules, are asked with what was found in them. Then one transaction
appends the entry, whose header is judged again at that cut, together with its contents.
"""

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from mithaq.domain import policy
from mithaq.domain.entry import Body, Entry
from mithaq.domain.findings import Findings
from mithaq.domain.handling import Handling
from mithaq.domain.lifecycle import in_force
from mithaq.domain.moment import DAY
from mithaq.domain.narrowing import Narrowing, judge
from mithaq.domain.party import LogName
from mithaq.domain.refusal import SENDER
from mithaq.domain.shapes import hexadecimal
from mithaq.errors import RefusedError, UsageError
from mithaq.exchange import contents, marking, national, onward
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
        handling: marks for all of them; None leaves it to the contents and the field's default (``marking``).
        facts: as the kind wants them.
        keep_days: how long both sides may keep the contents.
        re: leaf hashes in hex of what it answers.
        by: role and officer number of who acts, where a person does.
    """

    kind: str
    field: str
    contents: tuple[tuple[str, bytes], ...]
    handling: Handling | None
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
    tlp: str = ""
    pap: str = ""


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
        RefusedError: the signed text or our national rules do not allow it, or contents are not marked;
            nothing was written.
        BehindError: the pair has to recover first.
        UsageError: no text is in force.
        StoreError: our national rules are damaged.
        MalformedError, LimitError: the message is not of its kind's form.
    """
    store.read(lambda tx: tx.logs.check_whole(own))

    def look(tx: Transaction) -> tuple[str, int]:
        pair = Pair(tx, identity, own)
        return text_for(pair, message), pair.at

    agreement, at = store.read(look)
    draft, bodies = _prepare(identity, own, message, agreement, at)
    if draft.handling is None:
        found = [contents.findings(body) for body in bodies]
        decided = store.read(lambda tx: marking.handling(tx, own, message.field, found))
        draft = dataclasses.replace(draft, handling=decided)
    store.read(lambda tx: _judge(tx, identity, own, draft, bodies))

    def work(tx: Transaction) -> Sent:
        pair = Pair.of(tx, identity, own)
        # Again, because they may have been loaded meanwhile: no entry stands behind rules that it breaks.
        _judge_nationally(pair, draft.entry(own, pair.at), national.enforced(tx, identity, pair))
        logged = pair.say(draft)
        for ordinal, body in enumerate(bodies):
            tx.bodies.put(BodyKey(own, logged.index, ordinal), body)
        size = sum(body.size for body in bodies)
        marks = logged.entry.handling
        tlp, pap = (marks.tlp, marks.pap) if marks else ("", "")
        return Sent(logged.entry.leaf.hex(), logged.index, logged.entry.at, len(bodies), size, tlp, pap)

    return store.write(work)


def _prepare(
    identity: Identity, own: LogName, message: Message, agreement: str, at: int
) -> tuple[Draft, list[StoredBody]]:
    entry_id = identity.random(16).hex()
    keep_until = at + message.keep_days * DAY
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


def _judge(
    tx: Transaction, identity: Identity, own: LogName, draft: Draft, bodies: Sequence[StoredBody]
) -> None:
    pair = Pair(tx, identity, own)
    entry = draft.entry(own, pair.at)
    findings = [contents.findings(body) for body in bodies]
    owners = onward.owners(tx, identity, pair.own.reader, [body.mark for body in bodies])
    standing = dataclasses.replace(pair.sight.standing(entry), owners=owners)
    verdict = policy.judge(entry, findings, standing)
    if not verdict.accepted:
        raise RefusedError(
            f"the signed text does not allow this {entry.kind}",
            codes=verdict.codes,
            where=entry.field,
            todo="nothing was sent",
            reasons=tuple(_reasons(findings)),
        )
    _judge_nationally(pair, entry, national.closes(tx, identity, pair))


def _judge_nationally(pair: Pair, entry: Entry, closed: Sequence[Narrowing]) -> None:
    """Own rules, after those of the text: they only take away."""
    text = pair.sight.agreement(entry.agreement)
    codes = judge(entry, text, closed) if text else ()
    if codes:
        raise RefusedError(
            f"our national rules do not allow this {entry.kind}",
            codes=codes,
            where=entry.field,
            todo="nothing was sent",
            by=SENDER,
        )


def _reasons(findings: Sequence[Findings]) -> Iterator[dict[str, str | int]]:
    """What in the contents was refused, as far as their findings tell."""
    for ordinal, found in enumerate(findings):
        for problem in (*found.problems, *found.persons_at):
            yield {"content": ordinal} | problem.parts()
