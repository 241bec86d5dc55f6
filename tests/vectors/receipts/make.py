"""Makes the receipts beside it, most of which must be refused.

    PYTHONPATH=tests python tests/vectors/receipts/make.py

A case is a function whose docstring becomes the case's README; what it returns are its files: ``receipt``,
and ``a.card``, ``b.card`` or ``fingerprints`` where they are not those beside this page. All keys come from
fixed labels (``tests/signed_texts.py``); proofs that the project would not make are put together by hand.
"""

import dataclasses
import json
import shutil
from collections.abc import Callable
from pathlib import Path

from mithaq.audit.receipt import Receipt
from mithaq.crypto.keys import SigningPair
from mithaq.crypto.notes import Note, NoteLine
from mithaq.domain.entry import Body, Entry, commit
from mithaq.domain.handling import Handling
from mithaq.domain.moment import DAY
from mithaq.domain.party import LogName, Origin
from mithaq.tlog.checkpoint import Checkpoint
from mithaq.tlog.cosignature import cosign
from mithaq.tlog.head import sign_head
from mithaq.tlog.merkle import Frontier, leaf_hash
from mithaq.tlog.proof import TlogProof
from mithaq.tlog.tiles import append, inclusion_proof, root_at
from signed_texts import NOW, A, B, Keys, card, following, keys

HERE = Path(__file__).parent
C = Origin("spoc.c.example")
KA, KB, EVE = keys("a"), keys("b"), keys("eve")
CARD_A, CARD_B = card(KA, A), card(KB, B)
SIGNED_A, SIGNED_B = bytes(KA.sign(CARD_A)), bytes(KB.sign(CARD_B))
TOLD, ANSWERS = LogName(A, B), LogName(B, A)
TIME, LATER = NOW + 60, NOW + 120
CONTENT, SALT, TYPE = b"flood", bytes(range(32)), "text/plain"

Files = dict[str, bytes]
CASES: dict[str, tuple[Callable[[], Files], str | None]] = {}


def case(error: str | None) -> Callable[[Callable[[], Files]], Callable[[], Files]]:
    def add(make: Callable[[], Files]) -> Callable[[], Files]:
        CASES[make.__name__.replace("_", "-")] = (make, error)
        return make

    return add


class Log:
    """A log in tiles, of which every size can be signed."""

    def __init__(self, name: LogName, author: Keys, mirror: SigningPair, entries: list[Entry]) -> None:
        self.name, self.author, self.mirror, self.entries = name, author, mirror, entries
        self._tiles: dict[tuple[int, int], bytes] = {}
        update = append(Frontier(), [entry.leaf for entry in entries], self)
        self._tiles = {(tile.level, tile.index): tile.hashes for tile in update.tiles}

    def tile(self, level: int, index: int) -> bytes:
        return self._tiles.get((level, index), b"")

    def at(self, size: int) -> Checkpoint:
        return Checkpoint(str(self.name), size, root_at(size, self))

    def head(self, size: int, *lines: NoteLine, pair: SigningPair | None = None) -> Note:
        note = sign_head(self.at(size), pair or self.author.log, NOW)
        return Note(note.text, note.lines + lines)

    def cosigned(self, size: int, time: int, pair: SigningPair | None = None) -> tuple[NoteLine, ...]:
        return cosign(self.at(size), f"{self.name.reader}/mirror", pair or self.mirror, time)

    def proof(self, index: int, size: int, *lines: NoteLine, pair: SigningPair | None = None) -> TlogProof:
        path = inclusion_proof(index, size, self)
        return TlogProof(index, path, self.head(size, *lines, pair=pair), self.entries[index].data)


def alert(number: int, log: LogName = TOLD) -> Entry:
    name = f"{number:032x}"
    body = Body(TYPE, len(CONTENT), 1, commit(log, name, 0, TYPE, SALT, CONTENT))
    return Entry(
        log,
        name,
        "alert",
        NOW + number,
        agreement="ab" * 32,
        field="civil-protection",
        handling=Handling("green"),
        keep_until=NOW + 10 * DAY,
        facts={"urgency": "immediate", "status": "exercise"},
        bodies=(body,),
    )


def keys_entry(number: int, log: LogName) -> Entry:
    return Entry(log, f"{number:032x}", "keys", NOW, facts={"sealing": "cd" * 1216})


def alerts(log: LogName = TOLD, author: Keys = KA) -> Log:
    return Log(log, author, KB.mirror, [keys_entry(0, log), *(alert(n, log) for n in range(1, 5))])


LOG = alerts()
KEYS, MISSED, ALERT, NEXT, LAST = LOG.entries


def held(size: int, time: int = TIME, *, log: LogName = ANSWERS, **changes: object) -> Entry:
    facts = {"of": str(log.other), "size": size, "root": LOG.at(size).root.hex(), "time": time, **changes}
    return Entry(log, f"{size:032x}", "held", time, facts=facts)


def verdict(*judged: Entry, codes: tuple[str, ...] = (), log: LogName = ANSWERS, **facts: object) -> Entry:
    refused = {"result": "refused", "codes": list(codes), "by": "text"}
    said = refused if codes else {"result": "accepted"}
    names = tuple(entry.leaf.hex() for entry in judged)
    return Entry(log, "ee" * 16, "verdict", TIME, re=names, facts=said | facts)


def erasure(*erased: Entry, log: LogName = ANSWERS) -> Entry:
    names = tuple(entry.leaf.hex() for entry in erased)
    about = {"agreement": "ab" * 32, "field": "civil-protection", "re": names}
    return Entry(log, "dd" * 16, "erasure", LATER, facts={"reason": "order"}, **about)


def answers(*entries: Entry, name: LogName = ANSWERS) -> Log:
    return Log(name, KB, KA.mirror, list(entries))


MISSING = {"missing": [{"from": 1, "to": 2, "reason": "absent"}]}
CAME = {"came": [{"from": 1, "to": 2}]}
REPLY = answers(
    held(3, **MISSING),
    verdict(ALERT),
    held(5, LATER, **CAME),
    verdict(MISSED, codes=("media-type",)),
)


def told(*lines: NoteLine, index: int = 2, size: int = 3) -> TlogProof:
    """The proof of the alert, under the head of size 3 that the reader cosigned when it said ``held``."""
    return LOG.proof(index, size, *(lines or LOG.cosigned(size, TIME)))


def receipt(
    entry: TlogProof | None = None,
    held: TlogProof | None = None,
    verdict: TlogProof | None = None,
    erasure: TlogProof | None = None,
) -> Files:
    return {"receipt": bytes(Receipt(entry or told(), held, verdict, erasure))}


def answered(*said: Entry, entry: TlogProof | None = None) -> Files:
    """A receipt whose ``held`` and ``verdict`` are these."""
    log = answers(*said)
    proofs = [log.proof(index, len(said)) for index in range(len(said))]
    return receipt(entry, *proofs)


def good() -> Files:
    return receipt(told(), REPLY.proof(0, 2), REPLY.proof(1, 2))


def parts() -> tuple[bytes, bytes, bytes]:
    """The three proofs of the good receipt."""
    whole = Receipt.parse(good()["receipt"])
    assert whole.held
    assert whole.verdict
    return bytes(whole.entry), bytes(whole.held), bytes(whole.verdict)


def container(*rungs: tuple[str, bytes]) -> Files:
    """A file of these rungs, whatever they are."""
    pieces = [b"%s %d\n%s" % (name.encode(), len(data), data) for name, data in rungs]
    return {"receipt": b"".join((b"mithaq-receipt/1\n", *pieces))}


def changed(old: bytes, new: bytes) -> Files:
    data = good()["receipt"]
    assert old in data
    return {"receipt": data.replace(old, new, 1)}


# What holds


@case(None)
def accepted() -> Files:
    """Said, cosigned, held and accepted."""
    return good()


@case(None)
def accepted_with_cosigned_answers() -> Files:
    """The author has cosigned the reader's heads as well."""
    lines = REPLY.cosigned(2, LATER)
    return receipt(told(), REPLY.proof(0, 2, *lines), REPLY.proof(1, 2, *lines))


@case(None)
def refused() -> Files:
    """The entry was missing at first, came later, and was refused with a code."""
    return receipt(told(index=1), REPLY.proof(2, 4), REPLY.proof(3, 4))


@case(None)
def refused_by_the_receiver() -> Files:
    """The signed text allows it, the reader's national rules do not: its contents were never wanted."""
    return answered(held(3), verdict(ALERT, codes=("field",), by="receiver"))


@case(None)
def came_at_an_equal_size() -> Files:
    """The content came when nothing new stood in the log: ``held`` has the cosigned size, a later time."""
    log = answers(held(3, **MISSING), held(3, LATER, **CAME))
    return receipt(told(index=1), log.proof(1, 2))


@case(None)
def accepted_and_erased() -> Files:
    """Accepted; and the reader has said since that it erased the contents."""
    return answered(held(3), verdict(ALERT), erasure(ALERT, NEXT))


@case(None)
def held_only() -> Files:
    """There is no verdict yet."""
    return receipt(told(), REPLY.proof(0, 1))


@case(None)
def judged_and_not_held() -> Files:
    """The entry is void, and was refused at once; its contents never came."""
    log = answers(held(3, **MISSING), verdict(MISSED, codes=("not-in-force",)))
    return receipt(told(index=1), None, log.proof(1, 2))


@case(None)
def said_only() -> Files:
    """The author's head, without a cosignature: the entry was sent, and no more."""
    return receipt(LOG.proof(2, 5))


@case(None)
def under_an_older_card() -> Files:
    """The log pair that signed has been replaced since; the newer card is ``b-newer.card``."""
    fresh = KB.but(log=keys("b renewed").log)
    newer = bytes(fresh.sign(following(CARD_B, fresh)))
    return good() | {"b-newer.card": newer}


# The entry and its head


@case("ForgedError")
def entry_changed() -> Files:
    """One character of the entry's base64: another entry, whose leaf is not in the log."""
    extra = Receipt.parse(good()["receipt"]).entry
    data = extra.extra.replace(b'"status":"exercise"', b'"status":"actual"')
    return receipt(TlogProof(extra.index, extra.path, extra.head, data), REPLY.proof(0, 2), REPLY.proof(1, 2))


@case("ForgedError")
def entry_at_another_index() -> Files:
    """The proof of entry 1, said to be entry 0, whose path is as long."""
    proof = told(index=1)
    return receipt(TlogProof(0, proof.path, proof.head, proof.extra))


@case("ForgedError")
def entry_of_another_log() -> Files:
    """An entry of the author's log to somebody else, in this log's tree under this log's head."""
    return receipt(Log(TOLD, KA, KB.mirror, [alert(1, LogName(A, C))]).proof(0, 1))


@case("ForgedError")
def entry_of_housekeeping() -> Files:
    """A well proved ``keys`` entry: nothing that was said to anybody."""
    return receipt(told(index=0))


@case("ForgedError")
def entry_about_an_exchange() -> Files:
    """A well proved ``erasure``: it speaks of an exchange and is none."""
    log = Log(TOLD, KA, KB.mirror, [erasure(ALERT, log=TOLD)])
    return receipt(log.proof(0, 1, *log.cosigned(1, TIME)))


@case("MalformedError")
def entry_of_unknown_form() -> Files:
    """Well proved bytes that are no entry."""
    checkpoint = Checkpoint(str(TOLD), 1, leaf_hash(b"anything"))
    return receipt(TlogProof(0, (), sign_head(checkpoint, KA.log, NOW), b"anything"))


@case("ForgedError")
def head_by_a_stranger() -> Files:
    """The head is signed by a pair that no card names."""
    return receipt(LOG.proof(2, 3, *LOG.cosigned(3, TIME), pair=EVE.log))


@case("ForgedError")
def head_by_copied_key_ids() -> Files:
    """A stranger's signatures under the key ids of the author's log pair."""
    head = LOG.head(3, pair=EVE.log)
    ids = [line.key_id for line in LOG.head(3).lines]
    lines = [NoteLine(line.name, known, line.signature) for line, known in zip(head.lines, ids, strict=True)]
    proof = told()
    return receipt(TlogProof(proof.index, proof.path, Note(head.text, tuple(lines)), proof.extra))


@case("ForgedError")
def head_by_the_reader() -> Files:
    """The reader signs a head of the author's log: a receipt for something that was never said."""
    return receipt(LOG.proof(2, 3, *LOG.cosigned(3, TIME), pair=KB.log))


# The cosignature


@case("ForgedError")
def cosignature_of_another_party() -> Files:
    """Cosigned by a stranger's mirror under the reader's name."""
    return receipt(told(*LOG.cosigned(3, TIME, EVE.mirror)), REPLY.proof(0, 2))


@case("ForgedError")
def cosignature_by_the_author() -> Files:
    """The author's own mirror pair under the reader's name: it proves delivery to itself."""
    return receipt(told(*LOG.cosigned(3, TIME, KA.mirror)), REPLY.proof(0, 2))


@case("ForgedError")
def cosignature_of_another_name() -> Files:
    """A stranger's good cosignature under its own name, instead of the reader's."""
    return receipt(told(*cosign(LOG.at(3), f"{C}/mirror", EVE.mirror, TIME)), REPLY.proof(0, 2))


@case("ForgedError")
def cosignature_of_another_size() -> Files:
    """The reader's cosignature of size 5 below the head of size 3."""
    return receipt(told(*LOG.cosigned(5, TIME)), REPLY.proof(0, 2))


@case("ForgedError")
def cosignature_times_differ() -> Files:
    """Two good lines with timestamps one second apart."""
    one, _ = LOG.cosigned(3, TIME)
    _, other = LOG.cosigned(3, TIME + 1)
    return receipt(told(one, other), REPLY.proof(0, 2))


@case("ForgedError")
def cosignature_halved() -> Files:
    """The Ed25519 line alone."""
    return receipt(told(LOG.cosigned(3, TIME)[0]), REPLY.proof(0, 2))


@case("ForgedError")
def cosignature_missing() -> Files:
    """``held`` is there, and the head that it speaks of was not cosigned."""
    return receipt(LOG.proof(2, 3), REPLY.proof(0, 2))


@case("ForgedError")
def cosignature_missing_under_a_verdict() -> Files:
    """A verdict, and no cosignature."""
    return receipt(LOG.proof(2, 3), None, REPLY.proof(1, 2))


@case("ForgedError")
def lines_of_nobody() -> Files:
    """A line of an unknown key below a good head: bytes that nobody vouches for could be anything."""
    stray = NoteLine(f"{C}/mirror", b"none", bytes(72))
    return receipt(LOG.proof(2, 3, *LOG.cosigned(3, TIME), stray), REPLY.proof(0, 2))


# Held


@case("ForgedError")
def held_of_a_smaller_size() -> Files:
    """``held`` of size 2 does not cover entry 2."""
    return answered(held(2))


@case("ForgedError")
def held_without_the_contents() -> Files:
    """``held`` names the entry as missing."""
    return answered(held(3, missing=[{"from": 2, "to": 3, "reason": "absent"}]))


@case("ForgedError")
def held_of_another_log() -> Files:
    """``held`` in the reader's log, of another log of the author."""
    return answered(held(3, of=str(LogName(A, B, 2))))


@case("ForgedError")
def held_in_a_log_to_somebody_else() -> Files:
    """The reader told a third party that it holds something, in the log for that party."""
    log = LogName(B, C)
    said = answers(held(3, log=log, of=str(TOLD)), name=log)
    return receipt(told(), said.proof(0, 1))


@case("ForgedError")
def held_in_the_author_s_log() -> Files:
    """The author says in its own log that its log is held."""
    entry = Entry(TOLD, "03" * 16, "held", TIME, facts=held(3).facts)
    return receipt(told(), Log(TOLD, KA, KB.mirror, [entry]).proof(0, 1))


@case("ForgedError")
def held_by_a_stranger() -> Files:
    """``held`` in the reader's log, under a head that a stranger signed."""
    return receipt(told(), REPLY.proof(0, 1, pair=EVE.log))


@case("ForgedError")
def held_of_another_root() -> Files:
    """``held`` of the cosigned size with another root: one of the two is a lie."""
    return answered(held(3, root="00" * 32))


@case("ForgedError")
def held_at_another_time() -> Files:
    """``held`` of the cosigned size, one second after the cosignature."""
    return answered(held(3, TIME + 1))


@case("ForgedError")
def held_is_a_verdict() -> Files:
    """Swapped proofs: the verdict stands where ``held`` belongs, and the other way round."""
    return receipt(told(), REPLY.proof(1, 2), REPLY.proof(0, 2))


# Verdicts


@case("ForgedError")
def verdict_about_another_entry() -> Files:
    """An accepted verdict on another entry."""
    return answered(held(3), verdict(NEXT))


@case("ForgedError")
def verdict_by_the_author() -> Files:
    """The author accepts its own entry, in its own log."""
    entry = verdict(ALERT, log=TOLD)
    return receipt(told(), REPLY.proof(0, 2), Log(TOLD, KA, KB.mirror, [entry]).proof(0, 1))


@case("ForgedError")
def verdict_accepts_with_codes() -> Files:
    """Accepted, and with codes: void for the record."""
    return answered(held(3), verdict(ALERT, codes=("media-type",), result="accepted"))


@case("ForgedError")
def verdict_refuses_without_codes() -> Files:
    """Refused, and without a code: void for the record."""
    return answered(held(3), verdict(ALERT, result="refused"))


@case("ForgedError")
def verdict_without_whose_rules() -> Files:
    """Refused, without a word on whose rules did it: void for the record."""
    entry = verdict(ALERT, result="refused")
    return answered(held(3), dataclasses.replace(entry, facts=entry.facts | {"codes": ["media-type"]}))


@case("ForgedError")
def verdict_accepts_by_somebody() -> Files:
    """Accepted, and by somebody's rules: void for the record."""
    return answered(held(3), verdict(ALERT, by="sender"))


# Erasures


@case("ForgedError")
def erasure_of_another_entry() -> Files:
    """The reader has erased something else."""
    return answered(held(3), verdict(ALERT), erasure(NEXT))


@case("ForgedError")
def erasure_by_the_author() -> Files:
    """The author says that it has erased, in its own log."""
    entry = erasure(ALERT, log=TOLD)
    log = Log(TOLD, KA, KB.mirror, [entry])
    return receipt(told(), REPLY.proof(0, 2), REPLY.proof(1, 2), log.proof(0, 1))


@case("ForgedError")
def erasure_is_a_verdict() -> Files:
    """The verdict stands where the erasure belongs."""
    return receipt(told(), REPLY.proof(0, 2), REPLY.proof(1, 2), REPLY.proof(1, 2))


@case("ForgedError")
def erased_and_not_cosigned() -> Files:
    """An erasure of what the reader never cosigned."""
    return receipt(LOG.proof(2, 3), None, None, answers(erasure(ALERT)).proof(0, 1))


# The container


@case("MalformedError")
def truncated() -> Files:
    """The last byte is missing."""
    return {"receipt": good()["receipt"][:-1]}


@case("MalformedError")
def truncated_after_a_rung_s_line() -> Files:
    """The file ends where the verdict would begin."""
    data = good()["receipt"]
    return {"receipt": data[: data.index(b"verdict ")] + b"verdict 7000\n"}


@case("MalformedError")
def trailing_byte() -> Files:
    """One more newline at the end."""
    return {"receipt": good()["receipt"] + b"\n"}


@case("MalformedError")
def rungs_out_of_order() -> Files:
    """The verdict before ``held``."""
    entry, held_proof, judged = parts()
    return container(("entry", entry), ("verdict", judged), ("held", held_proof))


@case("MalformedError")
def rung_twice() -> Files:
    """Two verdicts: which one counts?"""
    entry, held_proof, judged = parts()
    return container(("entry", entry), ("held", held_proof), ("verdict", judged), ("verdict", judged))


@case("MalformedError")
def rung_unknown() -> Files:
    """A rung that this version does not have."""
    entry, held_proof, _ = parts()
    return container(("entry", entry), ("objection", held_proof))


@case("MalformedError")
def rung_length_leading_zero() -> Files:
    """A length with a zero in front: one receipt would have several files."""
    return changed(b"entry ", b"entry 0")


@case("MalformedError")
def without_its_entry() -> Files:
    """``held`` and verdict of nothing."""
    _, held_proof, judged = parts()
    return container(("held", held_proof), ("verdict", judged))


@case("MalformedError")
def other_version() -> Files:
    """A receipt of a version that does not exist yet."""
    return changed(b"mithaq-receipt/1", b"mithaq-receipt/2")


# Cards and fingerprints


@case("ForgedError")
def card_of_another() -> Files:
    """The reader's card is not there, a stranger's is."""
    stranger = card(EVE, C)
    both = f"{CARD_A.fingerprint}\n{stranger.fingerprint}\n"
    return good() | {"b.card": bytes(EVE.sign(stranger)), "fingerprints": both.encode()}


@case("ForgedError")
def card_by_an_impostor() -> Files:
    """A stranger's card in the reader's name: its fingerprint is not the one that was heard."""
    return good() | {"b.card": bytes(EVE.sign(card(EVE, B)))}


@case("ForgedError")
def card_with_a_copied_key() -> Files:
    """The reader's card names the author's log pair as its mirror, and the author has signed for it."""
    owner = KB.but(mirror=KA.log)
    copied = card(owner, B, mirror=KA.log.public)
    return good() | {"b.card": bytes(owner.sign(copied))}


@case("ForgedError")
def card_without_possession() -> Files:
    """The mirror pair of the reader's card has not signed it."""
    note = KB.sign(CARD_B)
    return good() | {"b.card": bytes(Note(note.text, note.lines[:4]))}


@case("ForgedError")
def card_changed() -> Files:
    """The address in the reader's card was changed after signing."""
    return good() | {"b.card": SIGNED_B.replace(b"https://spoc", b"https://spot", 1)}


@case("ForgedError")
def fingerprint_wrong() -> Files:
    """One digit of the reader's fingerprint is another."""
    heard = CARD_B.fingerprint
    wrong = heard[:-1] + str((int(heard[-1]) + 1) % 10)
    return good() | {"fingerprints": f"{CARD_A.fingerprint}\n{wrong}\n".encode()}


@case("ForgedError")
def fingerprint_missing() -> Files:
    """Only the author's fingerprint was heard: it would vouch for itself."""
    return good() | {"fingerprints": f"{CARD_A.fingerprint}\n".encode()}


def shared() -> Files:
    heard = f"{CARD_A.fingerprint}\n{CARD_B.fingerprint}\n".encode()
    return {"a.card": SIGNED_A, "b.card": SIGNED_B, "fingerprints": heard}


def main() -> None:
    for name, data in shared().items():
        (HERE / name).write_bytes(data)
    for name, (make, error) in CASES.items():
        folder = HERE / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        (folder / "README.md").write_text(f"# {name}\n\n{make.__doc__}\n")
        (folder / "case.json").write_text(json.dumps({"error": error}) + "\n")
        for file, data in make().items():
            (folder / file).write_bytes(data)


if __name__ == "__main__":
    main()
