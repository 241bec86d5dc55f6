"""Writes the worked examples in ``docs/protocol.md``: real bytes, made by this code from fixed seeds.

Only what is deterministic is shown whole. ML-DSA signatures and HPKE are randomised, so for these the bytes
that are signed or the sizes are given. Nothing here is a key of anybody.
"""

import hashlib
from collections.abc import Iterator

from marked import ROOT, filled

from mithaq.crypto.bodies import seal_body
from mithaq.crypto.keys import SealingKey, SigningPair
from mithaq.crypto.notes import Note, NoteLine, Signer, ml_dsa_message
from mithaq.crypto.sealing import TAG_SIZE, box, padme
from mithaq.domain.entry import Body, Entry, commit
from mithaq.domain.handling import Handling
from mithaq.domain.outcome import LogState, Outcome, Result
from mithaq.domain.party import LogName, Origin, Role, commit_next, fingerprint
from mithaq.exchange.manifest import Manifest, Part
from mithaq.exchange.pouch import MAGIC, hpke_info, pack_entries, sealed_size
from mithaq.tlog.checkpoint import Checkpoint
from mithaq.tlog.cosignature import cosign
from mithaq.tlog.merkle import Frontier, leaf_hash

PAGE = ROOT / "docs" / "protocol.md"

SEED = bytes(range(32))
A = Origin("spoc.interior-atlas.example")
B = Origin("spoc.interior-lindmark.example")
LOG = LogName(A, B)
TIME = 1_800_000_000
ENTRY_ID = "0197a1b2c3d47e5f8a9b0c1d2e3f4a5b"
SALT = bytes(range(0x20, 0x40))
CONTENT = b'{"type":"bundle"}'
MEDIA = "application/stix+json;version=2.1"
Pairs = dict[str, str]


def pair(role: Role) -> SigningPair:
    """The pair of a role; every seed is 00 01 … 1f, which no real pair may do."""
    return SigningPair(role, SEED, SEED)


def entry() -> Entry:
    """A small exchange entry."""
    body = Body(MEDIA, len(CONTENT), 1, commit(LOG, ENTRY_ID, 0, MEDIA, SALT, CONTENT))
    return Entry(
        LOG,
        ENTRY_ID,
        "information",
        TIME,
        agreement=hashlib.sha256(b"a text\n").hexdigest(),
        field="security",
        handling=Handling("green"),
        keep_until=TIME + 86_400,
        facts={"status": "exercise"},
        bodies=(body,),
    )


def held(head: Checkpoint) -> Entry:
    """What the reader says of a log of one entry."""
    facts = {"of": str(LOG), "size": head.size, "root": head.root.hex(), "time": TIME + 1}
    return Entry(LOG.other, ENTRY_ID, "held", TIME + 1, facts=facts)


def head(*entries: bytes) -> Checkpoint:
    """The head of a log of these entries."""
    frontier, _ = Frontier().append_many([leaf_hash(data) for data in entries])
    return Checkpoint(str(LOG), frontier.size, frontier.root())


def keys() -> Pairs:
    """Keys and what stands for them."""
    authority, log, sealing = pair(Role.AUTHORITY), pair(Role.LOG), SealingKey(SEED)
    by_authority, by_log = Signer(A, authority.public), Signer(str(LOG), log.public)
    return {
        "seeds of every key": SEED.hex(),
        "Ed25519 public key": authority.public.ed25519.hex(),
        "ML-DSA-44 public key, SHA-256": hashlib.sha256(log.public.ml_dsa).hexdigest(),
        "ML-DSA-87 public key, SHA-256": hashlib.sha256(authority.public.ml_dsa).hexdigest(),
        "sealing key, public, SHA-256": sealing.id,
        f"key id, Ed25519 (0x01), {A}": by_authority.ed25519.key_id.hex(),
        f"key id, ML-DSA-87 (0xff), {A}": by_authority.ml_dsa.key_id.hex(),
        "key id, Ed25519 (0x01), the log": by_log.ed25519.key_id.hex(),
        "key id, ML-DSA-44 (0xff), the log": by_log.ml_dsa.key_id.hex(),
        "fingerprint": fingerprint(A, authority.public),
        "commit_next": commit_next(A, authority.public),
    }


def note() -> tuple[list[str], Pairs]:
    """A note with its Ed25519 line, and what the ML-DSA line signs."""
    text = b"This is an example message.\n"
    signer, log = Signer(A, pair(Role.LOG).public), pair(Role.LOG)
    line = NoteLine(A, signer.ed25519.key_id, log.sign_ed25519(text))
    message = ml_dsa_message(A, log.public.ed25519, text)
    shown = bytes(Note(text, (line,))).decode().splitlines()
    return shown, {
        "digest of the note": hashlib.sha256(text).hexdigest(),
        "message of the ML-DSA line": message.hex(),
        "its SHA-256": hashlib.sha256(message).hexdigest(),
    }


def heads(data: bytes) -> tuple[list[str], Pairs]:
    """A head of one entry, its Ed25519 lines, and what the ML-DSA lines sign."""
    checkpoint, log, mirror = head(data), pair(Role.LOG), pair(Role.MIRROR)
    name = Signer(str(LOG), log.public).ed25519
    author = NoteLine(str(LOG), name.key_id, log.sign_ed25519(checkpoint.text))
    reader = cosign(checkpoint, f"{B}/mirror", mirror, TIME + 1)[0]
    shown = (checkpoint.text + b"\n" + bytes(author) + bytes(reader)).decode().splitlines()
    return shown, {
        "message of the reader's Ed25519 line": f"cosignature/v1\\ntime {TIME + 1}\\n ‖ the text above",
        "signature in that line": reader.signature[8:].hex(),
        "its timestamp (u64)": reader.signature[:8].hex(),
    }


def manifest(data: bytes) -> Manifest:
    """The manifest of a pouch with one head and one entry."""
    entries = pack_entries([data])
    parts = (
        Part("head", 4_190, hashlib.sha256(b"a signed head").hexdigest()),
        Part("entries", len(entries), hashlib.sha256(entries).hexdigest(), 0),
    )
    size = sealed_size(parts) + TAG_SIZE
    filled_up = (*parts, Part("zeros", padme(size) - size))
    return Manifest(LOG, SEED.hex(), TIME * 1_000_000, TIME, 1, parts=filled_up)


def pouch(data: bytes) -> Pairs:
    """The bytes of a pouch that do not depend on chance."""
    key, made = SealingKey(SEED), manifest(data)
    boxes = sealed_size(made.parts)
    return {
        "first bytes": (MAGIC + bytes.fromhex(key.id)).hex(),
        "HPKE info": hpke_info(bytes.fromhex(key.id)).hex(),
        "boxes of these parts, with zeros": f"{boxes} bytes, which is a Padmé length",
        "box 0 of the part 'salam' under K = 00 … 1f": box(SEED, 0, b"salam").hex(),
        "box 1 of the same": box(SEED, 1, b"salam").hex(),
        "padme(1000), padme(4096), padme(1000000)": f"{padme(1000)}, {padme(4096)}, {padme(1_000_000)}",
    }


def digests(data: bytes) -> Pairs:
    """How a log's digest grows: a card that is legal, then an entry that is not."""
    start, card = LogState.start(0), hashlib.sha256(b"a card\n").hexdigest()
    done = Outcome(Result.DONE, changes=(("card", card),))
    first = start.next_digest(leaf_hash(b"{}"), done)
    state = LogState(0, 1, digest=first)
    illegal = Outcome(Result.ILLEGAL, "no-text")
    return {
        "outcome 0": done.data.decode(),
        "leaf hash 0, of the bytes {}": leaf_hash(b"{}").hex(),
        "d(1)": first.hex(),
        "outcome 1": illegal.data.decode(),
        "leaf hash 1, of the entry above": leaf_hash(data).hex(),
        "d(2)": state.next_digest(leaf_hash(data), illegal).hex(),
    }


def at_rest() -> Pairs:
    """A content at rest under a day key of zeros, with the nonce 00 … 1f."""
    context = f"{LOG} {ENTRY_ID} 0".encode()
    sealed = b"".join(seal_body(bytes(32), lambda n: SEED[:n], context, SALT, [b"salam"]))
    return {"context": context.decode(), "sealed": sealed.hex()}


def _table(pairs: Pairs) -> Iterator[str]:
    yield "```"
    for name, value in pairs.items():
        yield f"{name}:"
        yield f"  {value}"
    yield "```"


def _bytes(*lines: str) -> Iterator[str]:
    yield "```"
    yield from lines
    yield "```"


def block() -> Iterator[str]:
    """All examples."""
    data = entry().data
    yield from ("#### Keys", "", *_table(keys()))
    shown, pairs = note()
    yield from ("", "#### A note", "", "Only the Ed25519 line is shown; a note is valid with both.", "")
    yield from (*_bytes(*shown), *_table(pairs))
    yield from ("", "#### An entry", "", f"{len(data)} bytes, without a newline:", "")
    yield from _bytes(data.decode())
    yield from _table(
        {
            "salt": SALT.hex(),
            "content": CONTENT.decode(),
            "commit": entry().bodies[0].commit,
            "leaf hash": leaf_hash(data).hex(),
            "as it stands in the part entries, first 8 bytes": pack_entries([data])[:8].hex(),
        }
    )
    shown, pairs = heads(data)
    yield from ("", "#### The head of this log of one entry", "")
    yield "First line by the author (0x01), second by the reader (0x04); the ML-DSA-44 lines are left out."
    yield from ("", *_bytes(*shown), *_table(pairs))
    yield from ("", "#### The reader's `held`", "", *_bytes(held(head(data)).data.decode()))
    yield from ("", "#### A manifest", "", "The text, one line with a newline, before it is signed:", "")
    yield from _bytes(manifest(data).text().decode().rstrip("\n"))
    yield from ("", "#### A pouch", "", *_table(pouch(data)))
    yield from ("", "#### Digests of a log", "", *_table(digests(data)))
    yield from ("", "#### A content at rest", "", *_table(at_rest()))


def page() -> str:
    """The page with its examples as this code makes them."""
    return filled(PAGE, "examples", list(block()))


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
    print(PAGE.name)
