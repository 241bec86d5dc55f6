"""Taking a partner's pouch: verify, hold, judge, and say so, in one transaction (protocol 6, 7 and 9).

1. The manifest is that of a known partner, signed by its log pair, before anything else is read.
2. Parts are read, contents checked and sealed: ``delivery``.
3. One transaction: entries under their verified head, the notes that they name (``noted``), contents and a
   verdict on every exchange entry that can be judged (``judging``), ``held`` with what is missing and what
   came, the cosignature with the same time.
"""

import contextlib
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from mithaq.crypto.keys import check_sealing
from mithaq.crypto.notes import Note
from mithaq.crypto.vkeys import ED25519_TYPE, key_id
from mithaq.domain.card import Card
from mithaq.domain.kinds import RANGES_MAX, RE_MAX
from mithaq.domain.ladder import Range, compact
from mithaq.domain.party import Origin, PublicPair, Role
from mithaq.domain.standing import Arrival
from mithaq.errors import ForgedError, LimitError, MalformedError, PeerError, StaleError
from mithaq.exchange import clocks, erasure
from mithaq.exchange.delivery import Delivery, Unpacking
from mithaq.exchange.identity import Identity
from mithaq.exchange.introduction import known_sealing
from mithaq.exchange.judging import Judging
from mithaq.exchange.manifest import verify as verify_manifest
from mithaq.exchange.noted import Noted
from mithaq.exchange.pair import Draft, Heard, Pair, TileView
from mithaq.exchange.partners import card_of, cards_before, find_partner, parse_card
from mithaq.exchange.ports import Clocks, Cosignature, Head, Partner, Store, Transaction
from mithaq.exchange.pouch import OpenPouch
from mithaq.exchange.rates import Rates
from mithaq.exchange.recovery import MirrorForkError, Recovery
from mithaq.tlog.checkpoint import Checkpoint
from mithaq.tlog.cosignature import (
    ED25519_COSIGNATURE,
    ML_DSA_COSIGNATURE,
    cosign,
    verify_cosignature,
)
from mithaq.tlog.head import HEAD_MAX
from mithaq.tlog.mirror import Advanced, Batch, LogForkError, Mirror, SetAside, advance

_QUIET = ("held", "record")
"""Kinds that alone make no ``held`` due (protocol 6)."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What a pouch did: the partner as it stands now.

    Args:
        partner: with what the pouch told of it.
        fresh: its ``n`` was the newest, so its ``have`` and ``want`` count (protocol 7).
        recovered: the pair was behind its anchor, and is not any more.
    """

    partner: Partner
    fresh: bool
    recovered: bool = False


def verify(store: Store, opened: OpenPouch) -> tuple[Partner, Card]:
    """Prove who sent a pouch; nothing after its manifest has been read.

    Returns:
        The partner, and the card whose log pair signed.

    Raises:
        MalformedError, LimitError: what was signed is no manifest.
        ForgedError: a stranger, or not signed by the partner's log pair.
    """
    partner = store.read(lambda tx: find_partner(tx, opened.log))
    card = card_of(partner)
    try:
        verify_manifest(opened.note, opened.log, card.pairs[Role.LOG])
    except ForgedError:
        if not partner.previous:
            raise
        # Until its first pouch under new node keys, a partner may not know that we have its new card.
        card = parse_card(partner.previous)
        verify_manifest(opened.note, opened.log, card.pairs[Role.LOG])
    return partner, card


class Intake:
    """Takes the pouches of one node.

    Args:
        identity: this node.
        store: where it keeps things.
        rates: how much each partner may send.
    """

    def __init__(self, identity: Identity, store: Store, rates: Rates) -> None:
        self._identity = identity
        self._store = store
        self._rates = rates
        self._newest: dict[Origin, int] = {}

    def take(self, opened: OpenPouch, partner: Partner, card: Card, *, sent: int) -> Taken:
        """Take a pouch whose manifest has been verified.

        Args:
            opened: the pouch.
            partner: who sent it.
            card: under which it was signed.
            sent: the highest ``n`` of our own pouches so far, kept with the partner.

        Raises:
            PeerError: a part is not what it must be; nothing of this pouch was kept.
            LogForkError: the partner's log forks; the evidence is kept and the pair stops.
        """
        delivery = Unpacking(self._identity, self._store, partner, self._rates).unpack(opened)
        if self._idle(opened, partner, delivery):
            return Taken(partner, self._first_time(partner, opened.manifest.n))
        try:
            return self._store.write(lambda tx: _Work(tx, self._identity, opened, card, delivery).run(sent))
        except LogForkError as error:
            self._stop(partner, b"\n".join((bytes(error.evidence.first), bytes(error.evidence.second))))
            raise
        except MirrorForkError as error:
            self._stop(partner, error.evidence)
            raise

    def _stop(self, partner: Partner, evidence: bytes) -> None:
        """Keep the evidence as a note of its own, and stop the pair (protocol 6)."""
        name = hashlib.sha256(evidence).hexdigest()

        def work(tx: Transaction) -> None:
            tx.ledger.put_note(name, evidence)
            tx.ledger.put_partner(replace(find_partner(tx, partner.mirror), problem=f"fork {name}"))

        self._store.write(work)

    def _first_time(self, partner: Partner, n: int) -> bool:
        """Whether a question that costs no transaction is no replay of one since this node started."""
        newest = self._newest.get(partner.origin, partner.newest)
        self._newest[partner.origin] = max(n, newest)
        return n > newest

    def _idle(self, opened: OpenPouch, partner: Partner, delivery: Delivery) -> bool:
        """Whether there is nothing to keep: an empty question costs no transaction."""
        said = opened.manifest
        came = (
            delivery.head,
            delivery.entries,
            delivery.bodies,
            delivery.spoiled,
            delivery.cosignature,
            delivery.yours,
        )
        # The first pouch under a new card, even an empty one, ends the card before.
        if any(came) or partner.previous or said.n <= partner.newest or said.have[0] != partner.have:
            return False
        if any(log in self._store.behind for log in (partner.own, partner.mirror)):
            return False
        return said.have[1] == self._store.read(lambda tx: _own_root(tx, self._identity, partner))


class _Work:
    """The one transaction of a pouch."""

    def __init__(
        self, tx: Transaction, identity: Identity, opened: OpenPouch, card: Card, delivery: Delivery
    ) -> None:
        self._tx = tx
        self._identity = identity
        self._said = opened.manifest
        self._card = card
        self._delivery = delivery
        self._partner = find_partner(tx, opened.manifest.log)
        self._pair = Pair.of(tx, identity, self._partner.own)
        self._log = self._partner.mirror
        self._clocks = tx.ledger.clocks(self._partner.own)
        self._log_pair = card.pairs[Role.LOG]
        self._judging = Judging(tx, identity, self._pair, delivery)

    def run(self, sent: int) -> Taken:
        if any(map(self._tx.logs.lacks, (self._partner.own, self._log))):
            return self._recover(sent)
        held = self._pair.mirror_frontier.size
        advanced, new = self._advance()
        self._note(new)
        heard: list[Heard] = []
        if advanced and new:
            heard = self._pair.hear(advanced, self._head(), new)
        for each in heard:
            self._take_key(each)
        self._answer(held, heard)
        return self._settle(sent)

    def _answer(self, held: int, heard: Sequence[Heard]) -> None:
        """Judge and hold what has been taken over.

        Args:
            held: how much of the partner's log we held before.
            heard: entries that no ``held`` of ours covers.
        """
        now = self._identity.now()
        theirs = self._said.time if self._said.n > self._partner.newest else self._clocks.theirs
        self._keep_clocks(Clocks(theirs, clocks.credible([self._clocks.floor], now)))
        time = self._pair.held_time
        arrival = Arrival(time, self._clocks.floor)
        for each in heard:
            self._judging.arrive(each, arrival)
            self._take_time(each, time)
        self._judging.complete(held)
        self._hold(heard, time)
        self._speak()
        for leaves in self._judging.withdrawn:
            erasure.erase_withdrawn(self._tx, self._identity, self._pair, leaves)
        for leaves in self._judging.erased:
            erasure.give_up(self._tx, self._identity, self._pair, leaves)
        self._cosigned()

    def _note(self, new: Sequence[bytes]) -> None:
        noted = Noted(self._tx, self._identity, self._partner, self._card, self._delivery.notes)
        self._partner = noted.keep(new)

    def _head(self) -> Note:
        """The partner's head, with the lines of its log pair alone."""
        assert self._delivery.head
        return _only(self._delivery.head, str(self._log), ED25519_TYPE, self._log_pair)

    # --- after a loss -------------------------------------------------------------------------------------

    def _recover(self, sent: int) -> Taken:
        """The same in a pair that is behind its anchor: nothing is said before it is whole (protocol 6)."""
        recovery = Recovery(self._tx, self._identity, self._partner, self._pair, self._said, self._delivery)
        advanced, new = self._advance()
        new = recovery.plan(new)
        self._note(new)
        for each in recovery.take():
            self._take_key(each)
        if advanced and new:
            checkpoint = advanced.checkpoint
            head = Head(checkpoint.size, checkpoint.root, bytes(self._head()))
            self._tx.logs.put_head(self._log, head)
        if not recovery.complete():
            return self._settle(sent)
        unheld = self._pair.unheld()
        for each in unheld:
            self._tx.bodies.drop(self._log, each.index)  # wanted as if it had been held; judged anew
        self._cosign_again()
        self._answer(self._pair.state.cut, unheld)
        return replace(self._settle(sent), recovered=True)

    def _cosign_again(self) -> None:
        """Our newest cosignature may have gone with the store: it said what our newest ``held`` says."""
        state = self._pair.state
        newest = self._tx.logs.newest_cosignature(self._log)
        root = self._pair.root(1 - self._pair.side, state.cut)
        if state.cut and root and (newest is None or newest.size < state.cut):
            self._cosign(Checkpoint(str(self._log), state.cut, root), state.held_time)

    # --- entries ------------------------------------------------------------------------------------------

    def _advance(self) -> tuple[Advanced | None, list[bytes]]:
        """What the head proves that is new; nothing where the pouch starts too far on or is old."""
        delivery, frontier = self._delivery, self._pair.mirror_frontier
        if delivery.head is None:
            if delivery.entries:  # contents would be checked against entries that nothing proves
                raise MalformedError("entries without their head", where=str(self._log))
            return None, []
        heads = self._tx.logs.heads(self._log, frontier.size - 1, 1) if frontier.size else []
        held = Note.parse(heads[0].note, limit=HEAD_MAX) if heads else None
        mirror = Mirror(str(self._log), frontier, held)
        batch = Batch(delivery.head, delivery.start, delivery.entries)
        self._log_pair = self._signer(delivery.head)
        try:
            result = advance(mirror, batch, self._log_pair, TileView(self._tx, self._log))
        except StaleError:
            return None, []
        if isinstance(result, SetAside):
            return None, []
        return result, delivery.entries[frontier.size - delivery.start :]

    def _signer(self, head: Note) -> PublicPair:
        """Under which log pair to verify a head: that of the card which signed the pouch.

        What we had cosigned before a loss may stand under an earlier one: its author signs again only what we
        have not said that we hold.
        """
        newest = self._card.pairs[Role.LOG]
        cosigned = self._tx.logs.lacks(self._log)
        if cosigned and Checkpoint.parse(head.text).size <= cosigned[0]:
            for each in (self._card, *cards_before(self._tx, self._card, self._delivery.notes)):
                pair = each.pairs[Role.LOG]
                if head.line(str(self._log), key_id(str(self._log), ED25519_TYPE + pair.ed25519)):
                    return pair
        return newest

    def _take_key(self, heard: Heard) -> None:
        entry = heard.step.entry
        if entry and entry.kind == "keys" and heard.step.outcome.legal:
            # One cannot seal to a key that fails its checks: the one before stays in use.
            with contextlib.suppress(PeerError):
                key = bytes.fromhex(entry.facts["sealing"])
                check_sealing(key, known_sealing(self._tx, self._identity))
                self._partner = replace(self._partner, sealing=key)

    def _take_time(self, heard: Heard, time: int) -> None:
        """What the author may not go back behind in its next pouches (docs/adr/0014)."""
        entry = heard.step.entry
        if entry and entry.kind == "held" and heard.step.outcome.legal:
            times = self._clocks.floor, entry.facts["time"]
            self._keep_clocks(replace(self._clocks, floor=clocks.credible(times, time)))

    def _keep_clocks(self, known: Clocks) -> None:
        if known != self._clocks:
            self._clocks = known
            self._tx.ledger.put_clocks(self._partner.own, known)

    # --- what we say --------------------------------------------------------------------------------------

    def _hold(self, heard: Sequence[Heard], time: int) -> None:
        due = any(not each.step.entry or each.step.entry.kind not in _QUIET for each in heard)
        if not due and not self._judging.came:
            return
        frontier = self._pair.mirror_frontier
        facts: dict[str, object] = {
            "of": str(self._log),
            "size": frontier.size,
            "root": frontier.root().hex(),
            "time": time,
        }
        missing, came = compact(self._judging.missing), compact((index, "") for index in self._judging.came)
        if len(missing) + len(came) > RANGES_MAX:
            raise LimitError("too many gaps in one pouch", expected=f"{RANGES_MAX} ranges", got=len(missing))
        facts |= _ranges("missing", missing) | _ranges("came", came)
        self._pair.say(Draft(self._identity.random(16).hex(), "held", facts=facts))
        if heard:
            self._cosign(Checkpoint(str(self._log), frontier.size, frontier.root()), time)

    def _cosign(self, checkpoint: Checkpoint, time: int) -> None:
        lines = cosign(checkpoint, self._identity.mirror_name, self._identity.mirror, time)
        signed = b"".join(bytes(line) for line in lines)
        self._tx.logs.put_cosignature(self._log, Cosignature(checkpoint.size, checkpoint.root, time, signed))

    def _speak(self) -> None:
        for (by, codes), leaves in self._judging.verdicts.items():
            refused = {"result": "refused", "by": by, "codes": list(codes)}
            facts = refused if codes else {"result": "accepted"}
            for at in range(0, len(leaves), RE_MAX):
                re = tuple(leaves[at : at + RE_MAX])
                self._pair.say(Draft(self._identity.random(16).hex(), "verdict", re=re, facts=facts))

    # --- what they say of us ------------------------------------------------------------------------------

    def _cosigned(self) -> None:
        """Keep the partner's cosignature of our head, if it is one of a head that we signed."""
        note = self._delivery.cosignature
        if note is None:
            return
        own = self._partner.own
        checkpoint = Checkpoint.parse(note.text)
        root = self._pair.root(self._pair.side, checkpoint.size)
        if checkpoint.origin != str(own) or root != checkpoint.root:
            raise ForgedError("a cosignature of a head that is not ours", where=str(own), got=checkpoint.size)
        name = f"{self._partner.origin}/mirror"
        pair = self._card.pairs[Role.MIRROR]
        time = verify_cosignature(checkpoint, note.lines, name, pair)
        signed = b"".join(map(bytes, _only(note, name, ED25519_COSIGNATURE, pair).lines))
        self._tx.logs.put_cosignature(own, Cosignature(checkpoint.size, checkpoint.root, time, signed))

    def _settle(self, sent: int) -> Taken:
        said = self._said
        fresh = said.n > self._partner.newest
        if fresh:
            root = self._pair.root(self._pair.side, said.have[0])
            if root is not None and root != said.have[1]:
                raise ForgedError(
                    "the partner holds another log", where=str(self._partner.own), got=said.have[0]
                )
            have = self._holds()
            self._partner = replace(self._partner, newest=said.n, have=have)
        if self._partner.previous and self._card.digest == card_of(self._partner).digest:
            self._partner = replace(self._partner, previous=b"")
        self._partner = replace(self._partner, sent=max(self._partner.sent, sent))
        self._tx.ledger.put_partner(self._partner)
        return Taken(self._partner, fresh)

    def _holds(self) -> int:
        """How much of our log the partner stores; more than we have only while we have to recover."""
        behind = any(map(self._tx.logs.lacks, (self._partner.own, self._log)))
        return self._said.have[0] if behind else min(self._said.have[0], self._pair.state.size)


def _own_root(tx: Transaction, identity: Identity, partner: Partner) -> bytes | None:
    """The root of our log at the size that the partner has."""
    pair = Pair(tx, identity, partner.own)
    return pair.root(pair.side, partner.have)


def _only(note: Note, name: str, ed25519: bytes, pair: PublicPair) -> Note:
    """A verified head or cosignature with the two lines of its pair alone.

    A receipt may bear no line that nobody vouches for (9): one more, kept with it, would make it worthless.
    """
    keys = {key_id(name, ed25519 + pair.ed25519), key_id(name, ML_DSA_COSIGNATURE + pair.ml_dsa)}
    return Note(note.text, tuple(line for line in note.lines if line.name == name and line.key_id in keys))


def _ranges(name: str, ranges: list[Range]) -> dict[str, object]:
    return {name: [each.members() for each in ranges]} if ranges else {}
