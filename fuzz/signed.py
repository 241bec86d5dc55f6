"""Notes, heads, cosignatures, proofs, receipts, signed cards and agreements (protocol 3, 4, 6, 9)."""

from collections.abc import Iterator
from functools import cache

from fuzz.target import target
from fuzz.texts import CARD, TOML, files
from mithaq.audit.agreement import verify_agreement
from mithaq.audit.cards import CARD_NOTE_MAX, Trusted
from mithaq.audit.receipt import Receipt
from mithaq.audit.verify import verify_receipt
from mithaq.crypto import notes
from mithaq.crypto.keys import check_pair, check_sealing
from mithaq.crypto.notes import Note, NoteLine, Signer, verify
from mithaq.domain import national
from mithaq.domain.declaration import Declaration, Declared
from mithaq.domain.entry import Entry, leaf_hash
from mithaq.domain.moment import DAY, Moment
from mithaq.domain.narrowing import Narrowing
from mithaq.domain.national import NationalRules
from mithaq.domain.party import LogName, PublicPair, Role
from mithaq.exchange.cards import accept_card
from mithaq.exchange.partners import parse_card
from mithaq.exchange.signing import sign_agreement, verify_declaration, verify_partly, verify_rules
from mithaq.tlog.checkpoint import Checkpoint
from mithaq.tlog.cosignature import cosign, verify_cosignature
from mithaq.tlog.head import sign_head, verify_head
from mithaq.tlog.proof import TlogProof
from signed_texts import NOW, A, B, agreement, following, keys
from vectors.receipts.make import CARD_A, CARD_B, REPLY, SIGNED_A, SIGNED_B, told

KA, KB = keys("a"), keys("b")
LOG, ANSWERS = LogName(A, B), LogName(B, A)
HEARD = [CARD_A.fingerprint, CARD_B.fingerprint]
WORDS = (
    "\n\n",
    "\n— ",
    "— ",
    f"{LOG}",
    f"{B}/mirror",
    "c2sp.org/tlog-proof@v1\n",
    "extra ",
    "index ",
    "held ",
    "verdict ",
)


def _notes() -> Iterator[bytes]:
    yield from files("notes/*/note")
    yield from files("heads/*/head")
    yield b"text\n\n\xe2\x80\x94 a.example AAAAAAA=\n"


@target(
    "crypto.notes.Note.parse",
    "crypto.notes.NoteLine.parse",
    "crypto.notes.verify",
    seeds=_notes,
    words=WORDS,
)
def note(data: bytes) -> None:
    parsed = Note.parse(data, limit=65_536)
    assert bytes(parsed) == data
    assert NoteLine.parse(bytes(parsed.lines[0]).decode()[:-1]) == parsed.lines[0]
    verify(parsed, [Signer(A, KA.authority.public), Signer(parsed.lines[0].name, KA.log.public)])


@target(
    "tlog.checkpoint.Checkpoint.parse",
    seeds=lambda: [REPLY.at(2).text, Checkpoint(str(LOG), 1, bytes(32)).text],
)
def checkpoint(data: bytes) -> None:
    assert Checkpoint.parse(data).text == data


@cache
def _head() -> tuple[Checkpoint, Note]:
    head = Checkpoint(str(LOG), 3, bytes(range(32)))
    lines = cosign(head, f"{B}/mirror", KB.mirror, 7)
    return head, Note(head.text, (*sign_head(head, KA.log, 1).lines, *lines))


@target(
    "tlog.head.verify_head",
    "tlog.cosignature.verify_cosignature",
    seeds=lambda: [bytes(_head()[1]).partition(b"\n\n")[2]],
    words=WORDS,
)
def cosignature(data: bytes) -> None:
    """Signature lines below a fixed head: whatever stands there, only the genuine lines count."""
    head, genuine = _head()
    signed = Note.parse(head.text + b"\n" + data, limit=65_536)
    verify_head(signed, str(LOG), KA.log.public)
    verify_cosignature(head, signed.lines, f"{B}/mirror", KB.mirror.public)
    assert set(genuine.lines) <= set(signed.lines)


def _proofs() -> Iterator[bytes]:
    yield bytes(told())
    yield from files("heads/proof-*/proof")


@target("tlog.proof.TlogProof.parse", seeds=_proofs, words=WORDS, longest=200_000)
def proof(data: bytes) -> None:
    parsed = TlogProof.parse(data)
    assert bytes(parsed) == data
    parsed.verify(leaf_hash(parsed.extra), str(LOG), KA.log.public)


@target(
    "audit.receipt.Receipt.parse",
    "audit.verify.verify_receipt",
    seeds=lambda: files("receipts/*/receipt"),
    words=WORDS,
    longest=500_000,
)
def receipt(data: bytes) -> None:
    assert bytes(Receipt.parse(data)) == data
    verify_receipt(data, [SIGNED_A, SIGNED_B], HEARD)


def _said() -> Iterator[bytes]:
    for name in ("accepted-and-erased", "refused", "came-at-an-equal-size"):
        parts = Receipt.parse(next(files(f"receipts/{name}/receipt")))
        rungs = (parts.entry, parts.held, parts.verdict, parts.erasure)
        yield b"\n".join(each.extra if each else b"" for each in rungs).rstrip(b"\n")


def _signed_proof(log: LogName, owner: object, mirror: object, data: bytes) -> TlogProof:
    """A log of one entry, any bytes, whose head is signed and cosigned with real keys."""
    head = Checkpoint(str(log), 1, leaf_hash(data))
    lines = cosign(head, f"{log.reader}/mirror", mirror, NOW)  # type: ignore[arg-type]
    return TlogProof(0, (), Note(head.text, (*sign_head(head, owner, 1).lines, *lines)), data)  # type: ignore[arg-type]


def signed_receipt(data: bytes) -> bytes:
    """A receipt whose rungs are these lines; raises LimitError where one is longer than an entry."""
    first, *answers = data.split(b"\n")[:4]
    proofs = [_signed_proof(ANSWERS, KB.log, KA.mirror, each) if each else None for each in answers]
    return bytes(Receipt(_signed_proof(LOG, KA.log, KB.mirror, first), *proofs))


@target("audit.verify.verify_receipt", seeds=_said, examples=40)
def receipt_inside(data: bytes) -> None:
    """Lines are the bytes of the rungs, an empty one for none: what their authors sign may be anything."""
    report = verify_receipt(signed_receipt(data), [SIGNED_A, SIGNED_B], HEARD)
    assert report.entry.data == data.split(b"\n")[0]
    assert bool(report.codes) == (report.verdict == "refused")


def _cards() -> Iterator[bytes]:
    yield from (SIGNED_A, SIGNED_B)
    yield from files("cards/*/note")


@target(
    "audit.cards.Trusted.__init__",
    "exchange.partners.parse_card",
    "exchange.cards.verify_older_card",
    seeds=_cards,
    words=TOML,
    longest=CARD_NOTE_MAX,
)
def card_note(data: bytes) -> None:
    """A card as a file holds it, for an auditor."""
    trusted = Trusted([data], HEARD)
    (known,) = trusted.of(parse_card(data).origin)
    assert known.text() == Note.parse(data, limit=CARD_NOTE_MAX).text


def _drafts() -> Iterator[bytes]:
    yield CARD.text()
    yield following(CARD, KA).text()
    for data in files("cards/*/note"):
        yield data.partition(b"\n\n\xe2\x80\x94")[0]


@target("exchange.cards.accept_card", "audit.cards.signers", seeds=_drafts, words=TOML, longest=32_768)
def card_signed(data: bytes) -> None:
    """A card's text that all three pairs of its party have signed."""
    lines = [
        line
        for name, pair in ((A, KA.authority), (f"{A}/log", KA.log), (f"{A}/mirror", KA.mirror))
        for line in notes.sign(data, name, pair)
    ]
    signed = Note(data, tuple(lines))
    previous = None if b"\nserial = 1\n" in data else CARD
    accepted = accept_card(signed, now=NOW + DAY, previous=previous, known=[], typed=CARD.fingerprint)
    assert accepted.text() == data


def _agreements() -> Iterator[bytes]:
    text = agreement().text()
    mine, theirs = sign_agreement(text, A, KA.authority), sign_agreement(text, B, KB.authority)
    yield bytes(Note(text, (*mine.lines, *theirs.lines)))
    yield bytes(mine)


@target(
    "audit.agreement.verify_agreement",
    "exchange.signing.verify_partly",
    seeds=_agreements,
    words=TOML,
    longest=2**18,
)
def agreement_note(data: bytes) -> None:
    verify_partly(Note.parse(data, limit=2**18), CARD_A)
    assert verify_agreement(data, [SIGNED_A, SIGNED_B], HEARD).text() == Note.parse(data, limit=2**18).text


def _declarations() -> Iterator[bytes]:
    members = {"origin": A, "relation": "atlas-lindmark", "agreement": "ab" * 32, "issued": Moment(NOW)}
    for more in (
        {"act": Declared.RESUME, "lifts": "cd" * 32},
        {"act": Declared.TERMINATE, "reason": {"en": "x"}},
    ):
        yield Declaration(**(members | more)).text()


@target(
    "exchange.signing.verify_declaration", seeds=_declarations, words=(*TOML, "resume", "lifts", "terminate")
)
def declaration_signed(data: bytes) -> None:
    """A declaration's text that its authority has signed."""
    signed = Note(data, notes.sign(data, A, KA.authority))
    assert verify_declaration(signed, CARD_A).text() == data


def _rules() -> Iterator[bytes]:
    for narrows in ((), ({"kinds": ("expertise",), "tlp": "green"}, {"field": "tourism", "closed": "field"})):
        made = tuple(Narrowing(**each) for each in narrows)
        yield NationalRules(origin=A, serial=1, issued=Moment(NOW), title={"en": "x"}, narrows=made).text()


@target("exchange.signing.verify_rules", seeds=_rules, words=(*TOML, "narrows", "closed", "kinds", "tlp"))
def rules_signed(data: bytes) -> None:
    """National rules that their authority has signed; what a partner is told of them is read again."""
    rules = verify_rules(Note(data, notes.sign(data, A, KA.authority)), CARD_A)
    assert rules.text() == data
    told = Entry(LOG, "ab" * 16, "rules", 1, facts=rules.facts(B))
    assert national.read(Entry.parse(told.data)) == rules.towards(B)


def _told() -> Iterator[bytes]:
    for text in _rules():
        yield Entry(LOG, "ab" * 16, "rules", 1, facts=NationalRules.parse(text).facts(B)).data


@target("domain.national.read", seeds=_told, words=("closes", "closed", "field", "kinds", "tlp", "body_max"))
def rules_told(data: bytes) -> None:
    """What a partner's node says that its rules close."""
    entry = Entry.parse(data)
    if entry.kind == "rules":
        national.read(entry)


def _keys() -> Iterator[bytes]:
    yield KA.sealing.public
    yield KA.log.public.ed25519 + KA.log.public.ml_dsa
    yield KA.authority.public.ed25519 + KA.authority.public.ml_dsa
    yield from (
        bytes(1_216),
        b"\x01" + bytes(31) + bytes(1_312),
        (2**255 - 20).to_bytes(32, "little") + bytes(1_312),
    )


@target(
    "crypto.keys.check_sealing", "crypto.keys.check_pair", "crypto.edwards.decode", seeds=_keys, longest=4_096
)
def public_keys(data: bytes) -> None:
    """Keys as a card or a ``keys`` entry brings them."""
    if len(data) == 1_216:
        check_sealing(data, [KB.sealing.public])
    check_pair(PublicPair(data[:32], data[32:]), Role.LOG, [KB.log.public])
