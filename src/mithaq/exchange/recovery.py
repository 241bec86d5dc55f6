"""Taking back what a pair lost with its store, from the partner's mirror (protocol 6).

A store behind its anchor lacks entries of its own log, and perhaps of the partner's. The partner gives the
own ones back as ``yours`` and sends its own again; neither can be folded without the other, for a ``held``
follows what it covers. So both are fed in turns, as far as they go: **entries wait for what they cover.**

What was said before is not said again. Only when the pair holds what the anchor says of both logs, and what
the partner says it holds of ours, in an answer to our own question, does it go on to sign.
"""

from collections.abc import Sequence

from mithaq.audit.cards import signers
from mithaq.crypto.notes import Note, require, verify
from mithaq.domain.card import Card
from mithaq.domain.entry import Entry
from mithaq.domain.kinds import KINDS
from mithaq.domain.party import LogName, Role
from mithaq.errors import ForgedError, ForkError, MalformedError, PeerError
from mithaq.exchange import contents, copies
from mithaq.exchange.delivery import Delivery
from mithaq.exchange.identity import Identity
from mithaq.exchange.manifest import NOTE_MAX, Manifest
from mithaq.exchange.pair import Heard, Pair
from mithaq.exchange.partners import card_of, cards_before
from mithaq.exchange.ports import Head, Partner, SealingRow, Transaction
from mithaq.exchange.signing import merge
from mithaq.tlog.checkpoint import Checkpoint
from mithaq.tlog.head import HEAD_MAX, verify_head
from mithaq.tlog.merkle import leaf_hash

UNHELD_MAX = 1_000
"""Entries of the partner that may wait for our ``held`` until a pair has recovered: what a single one can
name as missing (protocol 6)."""

Run = tuple[int, int, int]
"""Side, and which of its entries: from, up to and without."""


class MirrorForkError(ForkError):
    """The partner's log is not the one that we held before the loss.

    Args:
        evidence: what it signs now, and what we had signed.
    """

    def __init__(self, message: str, evidence: bytes, *, where: str) -> None:
        super().__init__(message, where=where, todo="keep the evidence, call the partner")
        self.evidence = evidence


def held_of(data: bytes, log: LogName) -> tuple[int, str]:
    """Size and root that an entry of ``log`` covers of the other one, if it is a ``held``; 0 for all else."""
    if b'"kind":"held"' not in data:
        return 0, ""
    try:
        entry = Entry.parse(data)
    except PeerError:
        return 0, ""
    if entry.kind != "held" or entry.log != log:
        return 0, ""
    return entry.facts["size"], entry.facts["root"]


def covered(data: bytes, log: LogName) -> int:
    """How much of the other log an entry of ``log`` covers; 0 for what is no ``held``."""
    return held_of(data, log)[0]


def in_turns(sizes: Sequence[int], covers: Sequence[Sequence[int]]) -> tuple[list[Run], list[int]]:
    """An order in which entries of two logs follow what they cover.

    Args:
        sizes: of both logs as they stand.
        covers: for each log, what each new entry covers of the other.

    Returns:
        Runs of entries, and how many of each log can be fed; the rest waits for what did not come.
    """
    runs, at, moved = list[Run](), [0, 0], True
    while moved:
        moved = False
        for side in (0, 1):
            start = at[side]
            reach = sizes[1 - side] + at[1 - side]
            while at[side] < len(covers[side]) and covers[side][at[side]] <= reach:
                at[side] += 1
            if at[side] > start:
                runs.append((side, start, at[side]))
                moved = True
    return runs, at


class Recovery:
    """What one pouch brings to a pair that is behind.

    Args:
        tx: the transaction.
        identity: this node.
        partner: who sent the pouch.
        pair: the two logs.
        said: its manifest, verified.
        delivery: what came.
    """

    def __init__(  # noqa: PLR0917 - what the work of a pouch has anyway
        self,
        tx: Transaction,
        identity: Identity,
        partner: Partner,
        pair: Pair,
        said: Manifest,
        delivery: Delivery,
    ) -> None:
        self._tx = tx
        self._identity = identity
        self._partner = partner
        self._pair = pair
        self._said = said
        self._delivery = delivery
        asked = tx.ledger.asked(pair.own)
        self._answers = bool(asked) and said.answers == asked
        self._runs: list[Run] = []
        self._entries: list[Sequence[bytes]] = [(), ()]

    def plan(self, theirs: Sequence[bytes]) -> Sequence[bytes]:
        """Decide what of this pouch can be taken now; changes nothing.

        Args:
            theirs: new entries of the partner, which its head proves as a whole.

        Returns:
            The same, or nothing where they have to wait for entries of ours.

        Raises:
            PeerError: ``yours`` are not ours.
        """
        own = self._given()
        self._check_mirror(own, theirs)
        if not self._arrange(own, theirs):
            theirs = ()
            self._arrange(own, theirs)
        return theirs

    def _arrange(self, own: Sequence[bytes], theirs: Sequence[bytes]) -> bool:
        """Order both; whether all of ``theirs`` can be taken."""
        side, pair = self._pair.side, self._pair
        self._entries = [own, theirs] if side == 0 else [theirs, own]
        sizes = [pair.frontier(each).size for each in (0, 1)]
        covers = [[covered(data, pair.log(each)) for data in self._entries[each]] for each in (0, 1)]
        self._runs, at = in_turns(sizes, covers)
        cut = max([pair.state.cut, *covers[side][: at[side]]])
        unheld = sizes[1 - side] + len(theirs) - cut
        return at[1 - side] == len(theirs) and (not theirs or unheld <= UNHELD_MAX)

    def _given(self) -> Sequence[bytes]:
        """Our own lost entries, proven to be ours; none from a pouch that is no answer to our question.

        Raises:
            MalformedError: they do not end where their head does.
            ForgedError: the head is not ours, does not follow from what we have, or is not what is anchored.
        """
        yours, frontier = self._delivery.yours, self._pair.frontier(self._pair.side)
        if yours is None or not self._answers or yours.start > frontier.size:
            return ()
        size = Checkpoint.parse(yours.head.text).size
        if yours.start + len(yours.entries) != size:
            raise MalformedError(
                "entries do not end where their head does",
                where="yours",
                expected=str(size),
                got=f"{len(yours.entries)} from {yours.start}",
            )
        self._verify_own(yours.head)
        new = yours.entries[frontier.size - yours.start :]
        self._check_roots(new, Checkpoint.parse(yours.head.text))
        return new

    def _check_roots(self, new: Sequence[bytes], head: Checkpoint) -> None:
        """Both the head's root and the anchored one must follow from what we have and what came."""
        own, frontier = self._pair.own, self._pair.frontier(self._pair.side)
        leaves = [leaf_hash(data) for data in new]
        for size, root in ((head.size, head.root), self._tx.logs.lacks(own) or (0, b"")):
            if not frontier.size < size <= head.size:
                continue
            got = frontier.append_many(leaves[: size - frontier.size])[0].root()
            if got != root:
                raise ForgedError(
                    "what is given back is not what we signed",
                    where=f"{own} at {size}",
                    expected=root.hex(),
                    got=got.hex(),
                )

    def _check_mirror(self, own: Sequence[bytes], theirs: Sequence[bytes]) -> None:
        """The partner's log must have the roots that we cosigned, and that our own entries say we held.

        Raises:
            MirrorForkError: it has another one there.
        """
        log, frontier = self._pair.own.other, self._pair.mirror_frontier
        said = dict(held_of(data, self._pair.own) for data in own)
        cosigned = self._tx.logs.lacks(log)
        leaves, start = [leaf_hash(data) for data in theirs], frontier.size
        roots = {(size, bytes.fromhex(root)) for size, root in said.items()}
        for size, root in sorted(roots | ({cosigned} if cosigned else set())):
            if not start < size <= start + len(leaves):
                continue
            frontier, _ = frontier.append_many(leaves[frontier.size - start : size - start])
            if frontier.root() != root:
                raise self._fork(
                    "the partner shows another history than we held", Checkpoint(str(log), size, root).text
                )

    def _verify_own(self, head: Note) -> None:
        """Prove that a head is ours: under the log pair of our card, or of one before it."""
        card = self._identity.card
        for each in (card, *cards_before(self._tx, card, self._delivery.notes)):
            try:
                verify_head(head, str(self._pair.own), each.pairs[Role.LOG])
            except ForgedError:
                continue
            return
        raise ForgedError("a head that we have not signed", where=str(self._pair.own))

    # --- taking -------------------------------------------------------------------------------------------

    def take(self) -> list[Heard]:
        """Feed both logs as planned; gives the partner's entries.

        Raises:
            PeerError: a note lacks that an entry of ours names.
            MirrorForkError: the partner's log is another one than we held.
        """
        self._keep_cards()
        heard = list[Heard]()
        for side, start, end in self._runs:
            entries = self._entries[side][start:end]
            if side == self._pair.side:
                self._keep_notes(entries)
                for each in self._pair.take(side, entries):
                    self._restored(each)
            else:
                taken = self._pair.take(side, entries)
                for each in taken:
                    self._want(each)
                heard += taken
        self._keep_heads()
        return heard

    def _keep_heads(self) -> None:
        yours, own, side = self._delivery.yours, self._pair.own, self._pair.side
        if yours and self._entries[side]:
            head = Checkpoint.parse(yours.head.text)
            if head.size == self._pair.frontier(side).size:
                self._tx.logs.restore_head(own, Head(head.size, head.root, bytes(yours.head)))

    def _fork(self, message: str, signed: bytes) -> MirrorForkError:
        """With what the partner signs now, and what we signed before."""
        log = self._pair.own.other
        came = self._delivery.head or Note.parse(self._newest_head(log), limit=HEAD_MAX)
        return MirrorForkError(message, b"\n".join((bytes(came), signed)), where=str(log))

    def _newest_head(self, log: LogName) -> bytes:
        size = self._pair.frontier(1 - self._pair.side).size
        return self._tx.logs.heads(log, size - 1, 1)[0].note

    def _restored(self, heard: Heard) -> None:
        """What an entry of ours did besides its place in the record."""
        entry, own = heard.step.entry, self._pair.own
        if entry is None or not heard.step.outcome.legal:
            # We never enter what is void at our cut: the partner's log is not the one that we saw.
            yours = self._delivery.yours
            assert yours
            raise self._fork("an entry of ours does not follow from the partner's log", bytes(yours.head))
        if entry.kind == "keys":
            self._restore_key(entry, heard.index)
        elif entry.kind == "verdict" and entry.facts["result"] == "refused":
            for leaf in entry.re:
                if ref := self._pair.entry(bytes.fromhex(leaf)):
                    self._tx.bodies.drop(own.other, ref.index)
        elif entry.kind == "erasure":
            for leaf in entry.re:  # what is back from a backup, and what is wanted again, goes once more
                copies.drop(self._tx, self._pair, leaf)

    def _restore_key(self, entry: Entry, index: int) -> None:
        """A sealing key that we announced counts only while its file is here."""
        public = bytes.fromhex(entry.facts["sealing"])
        if self._identity.has_sealing(public):
            self._tx.ledger.put_sealing_key(self._pair.own, SealingRow(public, index, entry.at))

    def _want(self, heard: Heard) -> None:
        """Contents that went with the store are wanted again, unless ended or erased by their author."""
        entry, log = heard.step.entry, self._pair.own.other
        if entry is None or not heard.step.outcome.legal:
            return
        if entry.kind == "erasure":
            for leaf in entry.re:
                copies.unwant(self._tx, self._pair, leaf)
        day = contents.day_of(entry.keep_until)  # of what has no contents the first of all days
        if day < contents.day_of(self._identity.now()):
            return
        rows = [(heard.index, at, bytes.fromhex(body.commit)) for at, body in enumerate(entry.bodies)]
        self._tx.bodies.want(log, rows, day)

    def _keep_notes(self, entries: Sequence[bytes]) -> None:
        """Keep what entries of ours name; their digest is in what we signed, so only lines are checked."""
        for data in entries:
            entry = Entry.parse(data)
            if not KINDS[entry.kind].note:
                continue
            name = str(entry.facts["note"])
            came, stored = self._delivery.notes.get(name), self._tx.ledger.note(name)
            if came:
                self._check_lines(came, card=entry.kind == "card")
                note = merge(Note.parse(stored, limit=NOTE_MAX), came) if stored else came
                self._tx.ledger.put_note(name, bytes(note))
            elif stored is None:
                raise MalformedError("an entry of ours names a note that did not come", got=name)

    def _keep_cards(self) -> None:
        """Keep the cards between the newest of both sides and the oldest: what comes next names them."""
        notes = self._delivery.notes
        for newest in (self._identity.card, card_of(self._partner)):
            for each in cards_before(self._tx, newest, notes):
                if each.digest in notes and self._tx.ledger.note(each.digest) is None:
                    self._check_lines(notes[each.digest], card=True)
                    self._tx.ledger.put_note(each.digest, bytes(notes[each.digest]))

    def _check_lines(self, note: Note, *, card: bool) -> None:
        if card:
            require(note, *signers(Card.parse(note.text)).values())
        else:
            known = (*signers(self._identity.card).values(), *signers(card_of(self._partner)).values())
            verify(note, known)

    # --- whether that was all -----------------------------------------------------------------------------

    def complete(self) -> bool:
        """Whether this was all, so that the pair may sign again: then it may from here on (protocol 6)."""
        pair, logs = self._pair, self._tx.logs
        if not self._answers or pair.frontier(pair.side).size < self._said.have[0]:
            return False
        for side in (0, 1):
            lacks = logs.lacks(pair.log(side))
            if lacks and pair.root(side, lacks[0]) != lacks[1]:
                return False
        logs.recovered(pair.own)
        self._tx.ledger.put_asked(pair.own, "")
        return True
