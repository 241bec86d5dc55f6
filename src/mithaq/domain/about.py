"""The fold of entries about an exchange: acknowledgement, correction, erasure … (protocol 5 and 11).

Each names exchange entries that its author had seen, and says nothing more of their contents. It bears the
text and the field of what it is about, and is judged by them for good.
"""

from collections.abc import Callable

from mithaq.domain import policy
from mithaq.domain.effect import Effect
from mithaq.domain.entry import Entry
from mithaq.domain.kinds import EXCHANGE_KINDS
from mithaq.domain.moment import DAY
from mithaq.domain.moves import Sort
from mithaq.domain.sight import Sight
from mithaq.domain.terms import Onward
from mithaq.domain.things import Thing, consent_key, contents_key, feedback_key

HOLD_MAX = 366
"""Days of one hold: a supervisor that needs longer says so again, and both sides count it (protocol 8)."""


def about(sight: Sight, entry: Entry) -> Effect | str:
    """What such an entry does, or the code of what makes it illegal."""
    exchanges: list[Thing] = []
    for leaf in entry.re:
        exchange = _exchange(sight, leaf)
        if isinstance(exchange, str):
            return exchange
        exchanges.append(exchange)
    verdict = policy.judge(entry, None, sight.standing(entry))
    if verdict.codes:
        return verdict.codes[0]
    moved: list[Thing] = []
    for exchange in exchanges[:1] if entry.kind == "correction" else exchanges:
        thing = _KINDS[entry.kind](sight, entry, exchange)
        if isinstance(thing, str):
            return thing
        moved.append(thing)
    if entry.kind == "correction" and not _replaces(sight, exchanges):
        return "replacement"
    return Effect(tuple(moved))


def _exchange(sight: Sight, leaf: str) -> Thing | str:
    ref = sight.seen(leaf)
    if ref is None:
        return "unseen"
    thing = sight.view.thing(ref.thing) if ref.legal and ref.kind in EXCHANGE_KINDS else None
    return thing or "no-exchange"


def _move(sight: Sight, thing: Thing, act: str, until: int = 0) -> Thing | str:
    return thing.move(sight.side, act, sight.state.size, until) or "no-such-step"


def _part(sight: Sight, exchange: Thing, sort: Sort, key: str) -> Thing:
    """A thing that hangs on an exchange, as it stands."""
    new = Thing(key, sort, exchange.side, exchange.agreement, exchange.field)
    return sight.view.thing(key) or new


def _acknowledgement(sight: Sight, entry: Entry, exchange: Thing) -> Thing | str:  # noqa: ARG001
    return "not-yours" if exchange.side == sight.side else _move(sight, exchange, "acknowledge")


def _feedback(sight: Sight, entry: Entry, exchange: Thing) -> Thing | str:
    if exchange.side == sight.side:
        return "not-yours"
    if exchange.value(sight.side) not in {"accepted", "acknowledged"}:
        return "no-such-step"
    thing = _part(sight, exchange, Sort.FEEDBACK, feedback_key(exchange.key))
    return _move(sight, thing, entry.facts["usefulness"])


def _correction(sight: Sight, entry: Entry, exchange: Thing) -> Thing | str:  # noqa: ARG001
    return _move(sight, exchange, "correct") if exchange.side == sight.side else "not-yours"


def _replaces(sight: Sight, exchanges: list[Thing]) -> bool:
    """Whether what a correction names second, if anything, is a later exchange entry of the same author."""
    old, *new = exchanges
    return all(
        each.side == sight.side and each.registers[each.side][0][0] > old.registers[old.side][0][0]
        for each in new
    )


def _withdrawal(sight: Sight, entry: Entry, exchange: Thing) -> Thing | str:  # noqa: ARG001
    return _move(sight, exchange, "withdraw") if exchange.side == sight.side else "not-yours"


def _erasure(sight: Sight, entry: Entry, exchange: Thing) -> Thing | str:
    contents = _part(sight, exchange, Sort.CONTENTS, contents_key(exchange.key))
    if entry.at < contents.until[sight.side]:
        return "on-hold"
    return _move(sight, contents, "erase")


def _hold(sight: Sight, entry: Entry, exchange: Thing) -> Thing | str:
    if not entry.at < entry.facts["until"] <= entry.at + HOLD_MAX * DAY:
        return "hold"
    contents = _part(sight, exchange, Sort.CONTENTS, contents_key(exchange.key))
    return _move(sight, contents, "hold", entry.facts["until"])


def _consent(sight: Sight, entry: Entry, exchange: Thing) -> Thing | str:
    text, to = sight.agreement(exchange.agreement), entry.facts["to"]
    terms = text.fields.get(exchange.field) if text else None
    if terms is None or terms.onward is not Onward.CONSENT or to in sight.pair:
        return "no-consent"
    if (entry.facts["act"] == "ask") == (exchange.side == sight.side):
        return "not-yours"
    return _move(
        sight, _part(sight, exchange, Sort.CONSENT, consent_key(exchange.key, to)), entry.facts["act"]
    )


_KINDS: dict[str, Callable[[Sight, Entry, Thing], Thing | str]] = {
    "acknowledgement": _acknowledgement,
    "feedback": _feedback,
    "correction": _correction,
    "withdrawal": _withdrawal,
    "erasure": _erasure,
    "hold": _hold,
    "consent": _consent,
}
