"""The fold of exchange entries: what somebody says to a partner under the signed text (protocol 5 and 11)."""

from mithaq.domain import policy
from mithaq.domain.effect import Effect
from mithaq.domain.entry import Entry
from mithaq.domain.moves import Sort
from mithaq.domain.sight import Sight
from mithaq.domain.things import Thing


def exchange(sight: Sight, entry: Entry) -> Effect | str:
    """What an exchange entry does, or the code of what makes it illegal."""
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
    return Effect((thing, *items), opened=thing.key)


def _answered(sight: Sight, entry: Entry) -> tuple[Thing, ...] | str:
    """The items that a reply answers, moved; or why it cannot."""
    refs = [ref for leaf in entry.re if (ref := sight.seen(leaf)) and ref.kind == "request"]
    request = sight.view.thing(refs[0].thing) if len(refs) == 1 else None
    if request is None or request.side == sight.side:
        return "no-request"
    if sight.value(request, request.side) == "withdrawn":
        return "withdrawn"
    numbers = [answer["item"] for answer in entry.facts["items"]]
    items = [sight.item(request, number) for number in numbers]
    if None in items or len(set(numbers)) < len(numbers):
        return "no-item"
    moved = [item and item.move(sight.side, "answer", sight.state.size) for item in items]
    # What its asker did is read from the request: kept here, it would depend on what arrived first.
    own = [item and item.of(sight.side) for item in moved]
    return "no-such-step" if None in moved else tuple(filter(None, own))
