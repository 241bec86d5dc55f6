"""The fold: what entries do, one after another (protocol section 11).

``feed`` takes the next entry of a log and gives its outcome. It is a pure function of the entries and the
notes that they name; it never raises on any bytes. Feed the entries of each log in order, and no ``held``
before the entries that it covers: every such order gives the same outcomes, values and digests.

A step in use (``replay`` does it for two whole logs in memory)::

    step = feed(pair, state, data, view)
    # store step.things by key, step.ref by leaf hash, step.outcome.data, step.state

Codes of illegal entries are those of ``rules`` (exchange) and ``CODES`` (the rest).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from mithaq.domain import policy
from mithaq.domain.agreement import Agreement
from mithaq.domain.entry import Entry, leaf_hash
from mithaq.domain.kinds import EXCHANGE_KINDS, KINDS, RANGES_MAX, Family
from mithaq.domain.lifecycle import Act, Side, activation_fault, in_force
from mithaq.domain.outcome import EntryRef, LogState, Outcome, Result, Step
from mithaq.domain.party import LogName
from mithaq.domain.sight import Pair, Sight, View, log_name
from mithaq.domain.things import Sort, Thing
from mithaq.errors import PeerError

__all__ = [
    "CODES",
    "RULES_VERSION",
    "TEXTS_MAX",
    "EntryRef",
    "LogState",
    "Outcome",
    "Pair",
    "Result",
    "Sight",
    "Step",
    "Thing",
    "View",
    "check_record",
    "feed",
    "log_name",
]

RULES_VERSION = 1
"""``rules`` of a ``record`` entry: raised with every change of what an outcome can be."""
TEXTS_MAX = 100
"""Agreements that one side can enter: amendments of a working life, and what ``feed`` looks through."""

CODES: dict[str, str] = {
    "no-card": "the log does not begin with its author's card",
    "repeated": "the same bytes stand in the log already",
    "note": "the note is not what the act needs: another kind, other parties, or not in its one form",
    "serial": "a lower or equal serial than one that this side entered before",
    "previous": "the text does not follow the one in force, as its author had seen it",
    "late": "activated after the time by which it had to be signed",
    "too-many-texts": "this side has entered as many agreements as it may",
    "no-such-step": "its author has done this already, or cannot do it now",
    "void-held": "not the other log, not its root at this size, or less than held before",
    "ranges": "ranges of missing or came entries that overlap, or lie where they cannot",
    "unseen": "it names an entry that its author had not seen",
    "not-due": "a verdict on something that is no exchange entry of the other side",
    "not-legal": "a void entry was accepted",
    "codes": "codes with an acceptance, or a refusal without",
    "no-request": "a reply to anything but one request of the other side",
    "no-item": "a reply to an item that the request does not have, or twice to one",
    "record": "digests of sizes that its author had not seen",
}
"""Why an entry is illegal, apart from the rules of the signed text."""


@dataclass(frozen=True, slots=True)
class _Effect:
    """What a legal entry does.

    Args:
        things: those that it opens or moves, whole.
        opened: key of the one that it opens.
        changes: what its outcome names besides.
        cut, held_time, card: what the state of its log becomes; empty where it stays.
    """

    things: tuple[Thing, ...] = ()
    opened: str = ""
    changes: tuple[tuple[str, str], ...] = ()
    cut: int = 0
    held_time: int = 0
    card: str = ""


_NOTHING = _Effect()


def feed(pair: Pair, state: LogState, data: bytes, view: View) -> Step:
    """Take the next entry of a log.

    Args:
        pair: the two parties, sorted.
        state: the log so far.
        data: the entry's bytes, any bytes.
        view: values of the pair; those that the author had not seen are not looked at.
    """
    leaf = leaf_hash(data)
    entry = _parse(log_name(pair, state.side, state.n), data)
    if entry is None:
        return _step(state, leaf, Outcome(Result.MALFORMED))
    if view.entry(leaf):
        return _step(state, leaf, Outcome(Result.ILLEGAL, "repeated"), entry=entry)
    effect = _judge(Sight(pair, state, view), entry)
    if isinstance(effect, str):
        return _step(state, leaf, Outcome(Result.ILLEGAL, effect), entry=entry, named=True)
    moved = tuple((thing.key, thing.value(state.side)) for thing in effect.things)
    outcome = Outcome(Result.DONE, changes=moved + effect.changes)
    return _step(state, leaf, outcome, entry=entry, named=True, effect=effect)


def check_record(entry: Entry, own: bytes | None, partner: bytes | None) -> bool:
    """Whether a ``record`` entry agrees with our values.

    Args:
        entry: of kind ``record``.
        own: our digest of its author's log at ``facts.own.size``.
        partner: our digest of the other log at ``facts.partner.size``; None where we have no such size.
    """
    said = (entry.facts["own"]["digest"], entry.facts["partner"]["digest"])
    return said == (own and own.hex(), partner and partner.hex())


def _parse(log: LogName, data: bytes) -> Entry | None:
    try:
        entry = Entry.parse(data)
    except PeerError:
        return None
    return entry if entry.log == log else None


def _step(
    state: LogState,
    leaf: bytes,
    outcome: Outcome,
    *,
    entry: Entry | None = None,
    named: bool = False,
    effect: _Effect = _NOTHING,
) -> Step:
    at = entry.at if entry and outcome.legal else 0
    ref = None
    if entry and named:
        ref = EntryRef(state.side, state.size, leaf, entry.kind, effect.opened, outcome.legal)
    state = LogState(
        side=state.side,
        size=state.size + 1,
        cut=effect.cut or state.cut,
        at=max(state.at, at),
        held_time=effect.held_time or state.held_time,
        digest=state.next_digest(leaf, outcome),
        card=effect.card or state.card,
        n=state.n,
    )
    return Step(outcome, state, effect.things, ref, entry)


def _judge(sight: Sight, entry: Entry) -> _Effect | str:
    if not sight.state.card and entry.kind != "card":
        return "no-card"
    if KINDS[entry.kind].family is Family.EXCHANGE:
        return _exchange(sight, entry)
    return _HOUSEKEEPING[entry.kind](sight, entry)


# --- exchange ---------------------------------------------------------------------------------------------


def _exchange(sight: Sight, entry: Entry) -> _Effect | str:
    if any(sight.seen(leaf) is None for leaf in entry.re):
        return "unseen"
    verdict = policy.judge(entry, None, sight.standing(entry))
    if verdict.codes:
        return verdict.codes[0]
    items = _answered(sight, entry) if entry.kind == "reply" else ()
    if isinstance(items, str):
        return items
    thing = Thing(
        key=entry.leaf.hex(),
        sort=Sort.EXCHANGE,
        side=sight.side,
        agreement=entry.agreement,
        field=entry.field,
        items=entry.facts["items"] if entry.kind == "request" else 0,
    ).move(sight.side, "send", sight.state.size)
    assert thing is not None
    return _Effect((thing, *items), opened=thing.key)


def _answered(sight: Sight, entry: Entry) -> tuple[Thing, ...] | str:
    """The items that a reply answers, moved; or why it cannot."""
    refs = [ref for leaf in entry.re if (ref := sight.seen(leaf)) and ref.kind == "request"]
    request = sight.view.thing(refs[0].thing) if len(refs) == 1 else None
    if request is None or request.side == sight.side:
        return "no-request"
    numbers = [answer["item"] for answer in entry.facts["items"]]
    items = [sight.item(request, number) for number in numbers]
    if None in items or len(set(numbers)) < len(numbers):
        return "no-item"
    moved = [item and item.move(sight.side, "answer", sight.state.size) for item in items]
    return "no-such-step" if None in moved else tuple(filter(None, moved))


# --- housekeeping -----------------------------------------------------------------------------------------


def _verdict(sight: Sight, entry: Entry) -> _Effect | str:
    accepted = entry.facts["result"] == "accepted"
    if accepted == ("codes" in entry.facts):
        return "codes"
    moved: list[Thing] = []
    for leaf in entry.re:
        judged = _judged(sight, leaf, accepted=accepted)
        if isinstance(judged, str):
            return judged
        moved.append(judged)
    return _Effect(tuple(moved))


def _judged(sight: Sight, leaf: str, *, accepted: bool) -> Thing | str:
    """A thing after a verdict on it. A void entry opened none: refusing it does, at most once."""
    ref = sight.seen(leaf)
    if ref is None:
        return "unseen"
    if ref.side == sight.side or ref.kind not in EXCHANGE_KINDS:
        return "not-due"
    if accepted and not ref.legal:
        return "not-legal"
    thing = sight.view.thing(leaf) or Thing(leaf, Sort.EXCHANGE, ref.side)
    return thing.move(sight.side, "accept" if accepted else "refuse", sight.state.size) or "no-such-step"


def _held(sight: Sight, entry: Entry) -> _Effect | str:
    facts, state = entry.facts, sight.state
    size = cast("int", facts["size"])
    if facts["of"] != str(entry.log.other) or size < state.cut:
        return "void-held"
    if sight.view.root(1 - state.side, size) != bytes.fromhex(facts["root"]):
        return "void-held"
    missing, came = facts.get("missing", []), facts.get("came", [])
    if len(missing) + len(came) > RANGES_MAX:
        return "ranges"
    # Ranges count from ``from`` up to and without ``to``, as sizes do.
    if not (_ordered(missing, state.cut, size) and _ordered(came, 0, state.cut)):
        return "ranges"
    time = max(state.held_time, facts["time"])
    return _Effect(changes=(("cut", str(size)), ("time", str(time))), cut=size, held_time=time)


def _ordered(ranges: list[dict[str, Any]], low: int, high: int) -> bool:
    """Whether ranges are not empty, rise, do not overlap, and lie from ``low`` to ``high``."""
    for each in ranges:
        if not low <= each["from"] < each["to"] <= high:
            return False
        low = each["to"]
    return True


def _card(sight: Sight, entry: Entry) -> _Effect | str:
    digest = entry.facts["note"]
    card, before = sight.card(digest), sight.card(sight.state.card)
    if card is None:
        return "note"
    if before and card.serial <= before.serial:
        return "serial"
    return _Effect(changes=(("card", digest),), card=digest)


def _keys(sight: Sight, entry: Entry) -> _Effect | str:  # noqa: ARG001 - the shape of all of them
    return _Effect(changes=(("keys", entry.leaf.hex()),))


def _agreement(sight: Sight, entry: Entry) -> _Effect | str:
    digest = entry.facts["note"]
    text = sight.agreement(digest)
    if text is None:
        return "note"
    thing = sight.view.thing(digest)
    if thing is None or not thing.value(sight.side):
        if sum(bool(each.value(sight.side)) for each in sight.view.agreements()) >= TEXTS_MAX:
            return "too-many-texts"
        thing = thing or Thing(digest, Sort.AGREEMENT, relation=text.relation, serial=text.serial)
    moved = thing.move(sight.side, entry.facts["act"], sight.state.size)
    if moved is None:
        return "no-such-step"
    fault = _activation(sight, entry, text) if entry.facts["act"] == Act.ACTIVATE else ""
    return fault or _Effect((moved,))


def _activation(sight: Sight, entry: Entry, text: Agreement) -> str:
    """Why its author may not activate a text; empty if it may."""
    texts = sight.texts(text.relation)
    own = [life.serial for life in texts if life.sides[sight.side] is Side.ACTIVATED]
    force = in_force(texts)
    return activation_fault(
        text, at=entry.at, highest=max(own, default=0), force=force.digest if force else ""
    )


def _record(sight: Sight, entry: Entry) -> _Effect | str:
    own, partner = entry.facts["own"]["size"], entry.facts["partner"]["size"]
    return "record" if own > sight.state.size or partner > sight.state.cut else _Effect()


_HOUSEKEEPING: dict[str, Callable[[Sight, Entry], _Effect | str]] = {
    "held": _held,
    "verdict": _verdict,
    "card": _card,
    "keys": _keys,
    "agreement": _agreement,
    "record": _record,
}
