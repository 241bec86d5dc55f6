"""The fold: what entries do, one after another (protocol section 11).

``feed`` takes the next entry of a log and gives its outcome. It is a pure function of the entries and the
notes that they name; it never raises on any bytes. Feed the entries of each log in order, and no ``held``
before the entries that it covers: every such order gives the same outcomes, values and digests.

A step in use (``replay`` does it for two whole logs in memory)::

    step = feed(pair, state, data, view)
    # store step.things by key, step.ref by leaf hash, step.outcome.data, step.state

What an entry does is found by its family: ``exchanged``, ``about``, or here for housekeeping; the life of
agreements is ``enacted``.

Codes of illegal entries are those of ``rules`` (exchange) and ``effect.CODES`` (the rest).
"""

from collections.abc import Callable
from typing import Any, cast

from mithaq.domain import national
from mithaq.domain.about import about
from mithaq.domain.effect import NOTHING, Effect
from mithaq.domain.enacted import enact
from mithaq.domain.entry import Entry, leaf_hash
from mithaq.domain.exchanged import exchange
from mithaq.domain.kinds import EXCHANGE_KINDS, KINDS, RANGES_MAX, Family
from mithaq.domain.moves import Sort
from mithaq.domain.outcome import EntryRef, LogState, Outcome, Result, Step
from mithaq.domain.party import LogName
from mithaq.domain.sight import Pair, Sight, View, log_name
from mithaq.domain.things import Thing
from mithaq.errors import PeerError

__all__ = [
    "RULES_VERSION",
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

RULES_VERSION = 2
"""``rules`` of a ``record`` entry: raised with every change of what an outcome can be."""


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
    effect: Effect = NOTHING,
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
        rules=effect.rules or state.rules,
        n=state.n,
    )
    return Step(outcome, state, effect.things, ref, entry)


def _judge(sight: Sight, entry: Entry) -> Effect | str:
    if not sight.state.card and entry.kind != "card":
        return "no-card"
    if KINDS[entry.kind].family is Family.EXCHANGE:
        return exchange(sight, entry)
    if KINDS[entry.kind].family is Family.ABOUT:
        return about(sight, entry)
    return _HOUSEKEEPING[entry.kind](sight, entry)


# --- housekeeping -----------------------------------------------------------------------------------------


def _verdict(sight: Sight, entry: Entry) -> Effect | str:
    accepted = entry.facts["result"] == "accepted"
    if accepted in ("codes" in entry.facts, "by" in entry.facts):
        return "codes"
    moved: list[Thing] = []
    for leaf in entry.re:
        judged = _judged(sight, leaf, accepted=accepted)
        if isinstance(judged, str):
            return judged
        moved.append(judged)
    return Effect(tuple(moved))


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


def _held(sight: Sight, entry: Entry) -> Effect | str:
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
    return Effect(changes=(("cut", str(size)), ("time", str(time))), cut=size, held_time=time)


def _ordered(ranges: list[dict[str, Any]], low: int, high: int) -> bool:
    """Whether ranges are not empty, rise, do not overlap, and lie from ``low`` to ``high``."""
    for each in ranges:
        if not low <= each["from"] < each["to"] <= high:
            return False
        low = each["to"]
    return True


def _card(sight: Sight, entry: Entry) -> Effect | str:
    digest = entry.facts["note"]
    card, before = sight.card(digest), sight.card(sight.state.card)
    if card is None:
        return "note"
    if before and card.serial <= before.serial:
        return "serial"
    return Effect(changes=(("card", digest),), card=digest)


def _keys(sight: Sight, entry: Entry) -> Effect | str:  # noqa: ARG001 - the shape of all of them
    return Effect(changes=(("keys", entry.leaf.hex()),))


def _rules(sight: Sight, entry: Entry) -> Effect | str:
    """What its author says that its national rules close; no exchange is more or less legal for it."""
    try:
        national.read(entry)
    except PeerError:
        return "closes"
    serial, digest = entry.facts["serial"], entry.facts["digest"]
    if serial <= sight.state.rules[0]:
        return "serial"
    return Effect(changes=(("rules", entry.leaf.hex()),), rules=(serial, digest))


def _record(sight: Sight, entry: Entry) -> Effect | str:
    own, partner = entry.facts["own"]["size"], entry.facts["partner"]["size"]
    return "record" if own > sight.state.size or partner > sight.state.cut else Effect()


_HOUSEKEEPING: dict[str, Callable[[Sight, Entry], Effect | str]] = {
    "held": _held,
    "verdict": _verdict,
    "card": _card,
    "keys": _keys,
    "agreement": enact,
    "rules": _rules,
    "record": _record,
}
