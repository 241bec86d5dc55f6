"""What a legal entry does, and why one is illegal: what the parts of the fold give back (protocol 11)."""

from dataclasses import dataclass

from mithaq.domain.things import Thing

CODES: dict[str, str] = {
    "no-card": "the log does not begin with its author's card",
    "repeated": "the same bytes stand in the log already",
    "note": "the note is not what the act needs: another kind, other parties, or not in its one form",
    "serial": "a lower or equal serial than one that this side entered before",
    "closes": "what national rules close, in another form than theirs",
    "previous": "the text does not follow the one in force, as its author had seen it",
    "terminated": "activated after notice of termination, which is final",
    "not-in-force": "it names another text than the one in force, as its author had seen it",
    "no-such-field": "the field to be suspended is not in the text, or the act takes no field",
    "protects-life": "a field that protects life is never suspended",
    "lifts": "a resumption that does not name its author's newest suspension of that field",
    "late": "activated after the time by which it had to be signed",
    "too-many-texts": "this side has entered as many agreements as it may",
    "no-such-step": "its author has done this already, or cannot do it now",
    "void-held": "not the other log, not its root at this size, or less than held before",
    "ranges": "ranges of missing or came entries that overlap, or lie where they cannot",
    "unseen": "it names an entry that its author had not seen",
    "not-due": "a verdict on something that is no exchange entry of the other side",
    "not-legal": "a void entry was accepted",
    "codes": "codes with an acceptance, or a refusal without them or without whose rules they are",
    "no-exchange": "it is about something that is no legal exchange entry",
    "not-yours": "about an entry of the wrong side: one corrects one's own, and acknowledges the other's",
    "replacement": "what takes the place of a corrected entry is not a later exchange entry of its author",
    "withdrawn": "an answer to a request that was withdrawn, as its author had seen it",
    "no-consent": "the field knows no onward release, or the recipient is one of the two parties",
    "on-hold": "erased before the end of its author's own hold",
    "hold": "a hold that ends before it begins, or is longer than a hold may be",
    "no-request": "a reply to anything but one request of the other side",
    "no-item": "a reply to an item that the request does not have, or twice to one",
    "record": "digests of sizes that its author had not seen",
}
"""Why an entry is illegal, apart from the rules of the signed text."""


@dataclass(frozen=True, slots=True)
class Effect:
    """What a legal entry does.

    Args:
        things: those that it opens or moves, whole.
        opened: key of the one that it opens.
        changes: what its outcome names besides.
        cut, held_time, card, rules: what the state of its log becomes; empty where it stays.
    """

    things: tuple[Thing, ...] = ()
    opened: str = ""
    changes: tuple[tuple[str, str], ...] = ()
    cut: int = 0
    held_time: int = 0
    card: str = ""
    rules: tuple[int, str] | None = None


NOTHING = Effect()
"""The effect of an entry that is only counted."""
