"""The fold of ``agreement`` entries: the life of a text and of its relation (protocol 4 and 11).

Proposals and activations name the text; so does a suspension, for which the log key is enough. A resumption
and a notice of termination name a ``declaration`` of the author's authority; whoever takes the head has
verified its signature.
"""

from collections.abc import Callable

from mithaq.domain.agreement import Agreement
from mithaq.domain.declaration import Declaration, Declared
from mithaq.domain.effect import Effect
from mithaq.domain.entry import Entry
from mithaq.domain.lifecycle import Act, Side, activation_fault, in_force
from mithaq.domain.moment import DAY
from mithaq.domain.moves import Sort
from mithaq.domain.sight import Sight
from mithaq.domain.things import Thing, notice_key, suspension_key

TEXTS_MAX = 100
"""Agreements that one side can enter: amendments of a working life, and what the fold looks through."""


def enact(sight: Sight, entry: Entry) -> Effect | str:
    """What an ``agreement`` entry does, or the code of what makes it illegal."""
    act = entry.facts["act"]
    if "field" in entry.facts and act != "suspend":
        return "no-such-field"
    return _ACTS[act](sight, entry)


def _enter(sight: Sight, entry: Entry) -> Effect | str:
    """A proposal or an activation."""
    digest = entry.facts["note"]
    text = sight.agreement(digest)
    if text is None:
        return "note"
    thing = sight.view.thing(digest)
    if thing is None or not thing.value(sight.side):
        if sum(bool(each.value(sight.side)) for each in _texts(sight)) >= TEXTS_MAX:
            return "too-many-texts"
        thing = thing or Thing(digest, Sort.AGREEMENT, relation=text.relation, serial=text.serial)
    moved = thing.move(sight.side, entry.facts["act"], sight.state.size)
    if moved is None:
        return "no-such-step"
    fault = _activation(sight, entry, text) if entry.facts["act"] == Act.ACTIVATE else ""
    return fault or Effect((moved,))


def _activation(sight: Sight, entry: Entry, text: Agreement) -> str:
    """Why its author may not activate a text; empty if it may."""
    if sight.notice(text.relation):
        return "terminated"
    texts = sight.texts(text.relation)
    own = [life.serial for life in texts if life.sides[sight.side] is Side.ACTIVATED]
    force = in_force(texts)
    return activation_fault(
        text, at=entry.at, highest=max(own, default=0), force=force.digest if force else ""
    )


def _texts(sight: Sight) -> list[Thing]:
    return [thing for thing in sight.view.agreements() if thing.sort is Sort.AGREEMENT]


def _suspend(sight: Sight, entry: Entry) -> Effect | str:
    text = sight.agreement(entry.facts["note"])
    if text is None:
        return "note"
    if not _is_in_force(sight, text.relation, entry.facts["note"]):
        return "not-in-force"
    field = entry.facts.get("field", "")
    if field and field not in text.fields:
        return "no-such-field"
    if field and "life" in text.fields[field].protects:
        return "protects-life"
    key = suspension_key(text.relation, field)
    thing = sight.view.thing(key) or Thing(key, Sort.SUSPENSION, field=field, relation=text.relation)
    moved = thing.move(sight.side, "suspend", sight.state.size)
    return Effect((moved,)) if moved else "no-such-step"


def _resume(sight: Sight, entry: Entry) -> Effect | str:
    declaration = _declared(sight, entry, Declared.RESUME)
    if isinstance(declaration, str):
        return declaration
    ref = sight.seen(declaration.lifts)
    last = (ref.index, "suspended") if ref and ref.side == sight.side else None
    suspensions = (thing for thing in sight.view.agreements() if thing.sort is Sort.SUSPENSION)
    for thing in suspensions:
        if thing.relation == declaration.relation and thing.registers[sight.side][-1:] == (last,):
            moved = thing.move(sight.side, "resume", sight.state.size)
            return Effect((moved,)) if moved else "no-such-step"
    return "lifts"


def _terminate(sight: Sight, entry: Entry) -> Effect | str:
    declaration = _declared(sight, entry, Declared.TERMINATE)
    if isinstance(declaration, str):
        return declaration
    text = sight.agreement(declaration.agreement)
    if text is None or not _is_in_force(sight, declaration.relation, declaration.agreement):
        return "not-in-force"
    key = notice_key(text.relation)
    thing = sight.view.thing(key) or Thing(key, Sort.NOTICE, relation=text.relation)
    # Not from ``at`` alone: a notice that is dated back would have run when it comes.
    given = max(entry.at, sight.state.at, sight.state.held_time)
    moved = thing.move(sight.side, "terminate", sight.state.size, until=given + text.notice_days * DAY)
    return Effect((moved,)) if moved else "no-such-step"


def _declared(sight: Sight, entry: Entry, act: Declared) -> Declaration | str:
    declaration = sight.declaration(entry.facts["note"])
    return declaration if declaration and declaration.act is act else "note"


def _is_in_force(sight: Sight, relation: str, digest: str) -> bool:
    force = in_force(sight.texts(relation))
    return force is not None and force.digest == digest


_ACTS: dict[str, Callable[[Sight, Entry], Effect | str]] = {
    "propose": _enter,
    "activate": _enter,
    "suspend": _suspend,
    "resume": _resume,
    "terminate": _terminate,
}
