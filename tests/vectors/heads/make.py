"""Makes the cases beside it: heads, cosignatures, proofs and forks, most of which must be refused.

    python tests/vectors/heads/make.py

A case is a function whose docstring becomes the case's README; what it returns are its files. Its name says
what is checked and what is wrong. Signatures are made here by hand wherever the project's functions refuse.
"""

import base64
import json
import shutil
from collections.abc import Callable
from pathlib import Path

from mithaq.crypto.keys import SigningPair
from mithaq.crypto.notes import Note, NoteLine
from mithaq.crypto.vkeys import key_id
from mithaq.domain.party import Role
from mithaq.tlog.checkpoint import Checkpoint
from mithaq.tlog.cosignature import cosign
from mithaq.tlog.head import sign_head
from mithaq.tlog.merkle import EMPTY_ROOT, Frontier, leaf_hash
from mithaq.tlog.proof import TlogProof
from mithaq.tlog.tiles import append, inclusion_proof

HERE = Path(__file__).parent
LOG = "spoc.interior.example.ma/to/spoc.interior.example.de/1"
OTHER_LOG = "spoc.interior.example.ma/to/spoc.interior.example.tn/1"
MIRROR = "spoc.interior.example.de/mirror"
OTHER_MIRROR = "spoc.interior.example.tn/mirror"
TIME = 1_800_000_000

PAIRS = {
    "log": SigningPair(Role.LOG, bytes([1]) * 32, bytes([2]) * 32),
    "mirror": SigningPair(Role.MIRROR, bytes([3]) * 32, bytes([4]) * 32),
    "stranger-log": SigningPair(Role.LOG, bytes([5]) * 32, bytes([6]) * 32),
    "stranger-mirror": SigningPair(Role.MIRROR, bytes([7]) * 32, bytes([8]) * 32),
}
PAIR, MIRROR_PAIR, STRANGER, STRANGE_MIRROR = PAIRS.values()
SIZE = 5

Files = dict[str, bytes]
CASES: dict[str, tuple[Callable[[], Files], str, str | None]] = {}


def case(check: str, error: str | None) -> Callable[[Callable[[], Files]], Callable[[], Files]]:
    def add(make: Callable[[], Files]) -> Callable[[], Files]:
        CASES[make.__name__.replace("_", "-")] = (make, check, error)
        return make

    return add


class Tree:
    """A small log in tiles."""

    def __init__(self, entries: list[bytes]) -> None:
        self.entries = entries
        self.tiles: dict[tuple[int, int], bytes] = {}
        update = append(Frontier(), [leaf_hash(entry) for entry in entries], self)
        self.tiles = {(tile.level, tile.index): tile.hashes for tile in update.tiles}
        self.checkpoint = Checkpoint(LOG, len(entries), update.root)

    def tile(self, level: int, index: int) -> bytes:
        return self.tiles.get((level, index), b"")

    def proof(self, index: int, head: Note, extra: bytes | None = None) -> TlogProof:
        path = inclusion_proof(index, len(self.entries), self)
        return TlogProof(index, path, head, self.entries[index] if extra is None else extra)

    def evidence(self, index: int, pair: SigningPair = PAIR) -> bytes:
        head = sign_head(self.checkpoint, pair, TIME)
        return bytes(self.proof(index, head, leaf_hash(self.entries[index])))


TREE = Tree([b"entry %d" % i for i in range(SIZE)])
RIVAL = Tree([b"entry 0", b"entry 1", b"another", b"entry 3", b"entry 4", b"entry 5"])
HEAD = TREE.checkpoint


# Lines by hand


def plain(text: bytes, pair: SigningPair = PAIR, name: str = LOG, key: SigningPair | None = None) -> NoteLine:
    """A 0x01 line of ``pair`` over any text, with the key id of ``key``."""
    identifier = key_id(name, b"\x01" + (key or pair).public.ed25519)
    return NoteLine(name, identifier, pair.sign_ed25519(text))


def timed(text: bytes, pair: SigningPair, name: str, time: int, key: SigningPair | None = None) -> NoteLine:
    """A 0x04 line."""
    identifier = key_id(name, b"\x04" + (key or pair).public.ed25519)
    signature = pair.sign_ed25519(b"cosignature/v1\ntime %d\n" % time + text)
    return NoteLine(name, identifier, time.to_bytes(8) + signature)


def subtree(
    head: tuple[str, int, bytes],
    pair: SigningPair = PAIR,
    name: str = LOG,
    time: int = TIME,
    *,
    key: SigningPair | None = None,
    signed_name: str | None = None,
) -> NoteLine:
    """A 0x06 line over any origin, size and root, with the key id of ``key``, signed for ``signed_name``."""
    origin, size, root = head
    signer = (signed_name or name).encode()
    message = b"subtree/v1\n\0" + bytes([len(signer)]) + signer + time.to_bytes(8)
    message += bytes([len(origin)]) + origin.encode() + bytes(8) + size.to_bytes(8) + root
    identifier = key_id(name, b"\x06" + (key or pair).public.ml_dsa)
    return NoteLine(name, identifier, time.to_bytes(8) + pair.sign_ml_dsa(message))


def parts(checkpoint: Checkpoint) -> tuple[str, int, bytes]:
    return checkpoint.origin, checkpoint.size, checkpoint.root


def head_of(text: bytes, head: tuple[str, int, bytes]) -> Files:
    """A head over any text, both lines by the log pair."""
    return {"head": bytes(Note(text, (plain(text), subtree(head))))}


def signed(*lines: NoteLine, checkpoint: Checkpoint = HEAD) -> Files:
    return {"head": bytes(Note(checkpoint.text, lines))}


def cosigned(*lines: NoteLine) -> Files:
    return signed(*sign_head(HEAD, PAIR, TIME).lines, *lines)


B64ROOT = base64.b64encode(HEAD.root)


# Heads


@case("head", None)
def head_good() -> Files:
    """A head as it should be."""
    return {"head": bytes(sign_head(HEAD, PAIR, TIME))}


@case("head", None)
def head_time_zero() -> Files:
    """An author who says nothing about time: C2SP allows a timestamp of 0 on the 0x06 line of the author."""
    return {"head": bytes(sign_head(HEAD, PAIR, 0))}


@case("head", None)
def head_size_zero() -> Files:
    """A log without entries has the root SHA-256 of nothing."""
    return {"head": bytes(sign_head(Checkpoint(LOG, 0, EMPTY_ROOT), PAIR, TIME))}


@case("head", None)
def head_unknown_lines() -> Files:
    """Lines of unknown keys are ignored, even under the log's name."""
    return cosigned(plain(HEAD.text, STRANGER), subtree(parts(HEAD), STRANGER))


@case("head", "MalformedError")
def head_extension_line() -> Files:
    """An extension line: the ML-DSA line would not cover it."""
    return head_of(HEAD.text + b"extension\n", parts(HEAD))


@case("head", "MalformedError")
def head_size_leading_zero() -> Files:
    """A size of `05`: one head would have several texts."""
    return head_of(b"%s\n05\n%s\n" % (LOG.encode(), B64ROOT), parts(HEAD))


@case("head", "MalformedError")
def head_size_above_limit() -> Files:
    """A size of 2^53: JSON readers do not keep it exactly."""
    return head_of(b"%s\n%d\n%s\n" % (LOG.encode(), 2**53, B64ROOT), (LOG, 2**53, HEAD.root))


@case("head", "MalformedError")
def head_root_short() -> Files:
    """A root of 31 bytes."""
    return head_of(
        b"%s\n5\n%s\n" % (LOG.encode(), base64.b64encode(HEAD.root[:31])), (LOG, 5, HEAD.root[:31])
    )


@case("head", "MalformedError")
def head_root_long() -> Files:
    """A root of 33 bytes."""
    root = HEAD.root + b"\0"
    return head_of(b"%s\n5\n%s\n" % (LOG.encode(), base64.b64encode(root)), (LOG, 5, root))


@case("head", "MalformedError")
def head_root_not_canonical() -> Files:
    """Base64 whose unused bits are not zero: the same root, another text."""
    alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    last = alphabet[alphabet.index(B64ROOT[42]) + 1]
    return head_of(b"%s\n5\n%s%c=\n" % (LOG.encode(), B64ROOT[:42], last), parts(HEAD))


@case("head", "MalformedError")
def head_size_zero_other_root() -> Files:
    """Size 0 with a root that is not SHA-256 of nothing."""
    return head_of(b"%s\n0\n%s\n" % (LOG.encode(), B64ROOT), (LOG, 0, HEAD.root))


@case("head", "ForgedError")
def head_changed_size() -> Files:
    """The size was raised after signing."""
    changed = Checkpoint(LOG, SIZE + 1, HEAD.root)
    return signed(*sign_head(HEAD, PAIR, TIME).lines, checkpoint=changed)


@case("head", "ForgedError")
def head_changed_time() -> Files:
    """The timestamp on the 0x06 line was changed after signing."""
    ed25519, ml_dsa = sign_head(HEAD, PAIR, TIME).lines
    later = (TIME + 1).to_bytes(8) + ml_dsa.signature[8:]
    return signed(ed25519, NoteLine(LOG, ml_dsa.key_id, later))


@case("head", "ForgedError")
def head_without_ml_dsa() -> Files:
    """The Ed25519 line alone: a quantum computer could make it."""
    return signed(plain(HEAD.text))


@case("head", "ForgedError")
def head_without_ed25519() -> Files:
    """The ML-DSA line alone: both must verify."""
    return signed(subtree(parts(HEAD)))


@case("head", "ForgedError")
def head_of_another_log() -> Files:
    """A head of the same author's log to somebody else, signed with this log's keys under this log's name."""
    other = Checkpoint(OTHER_LOG, SIZE, HEAD.root)
    return signed(plain(other.text), subtree(parts(other)), checkpoint=other)


@case("head", "ForgedError")
def head_of_another_log_relabelled() -> Files:
    """The ML-DSA line was made for a head of another log with the same size and root."""
    return signed(plain(HEAD.text), subtree((OTHER_LOG, SIZE, HEAD.root)))


@case("head", "ForgedError")
def head_by_stranger() -> Files:
    """Both lines by a pair nobody knows: nothing counts."""
    return signed(plain(HEAD.text, STRANGER), subtree(parts(HEAD), STRANGER))


@case("head", "ForgedError")
def head_copied_key_id() -> Files:
    """Both lines by a stranger under the key ids of the log pair."""
    return signed(plain(HEAD.text, STRANGER, key=PAIR), subtree(parts(HEAD), STRANGER, key=PAIR))


@case("head", "ForgedError")
def head_half_by_stranger() -> Files:
    """A good Ed25519 line, and an ML-DSA line by another key: halves of two pairs are no signature."""
    return signed(plain(HEAD.text), subtree(parts(HEAD), STRANGER))


@case("head", "ForgedError")
def head_two_lines_of_one_key() -> Files:
    """The Ed25519 key signs twice, the second time badly."""
    bad = NoteLine(LOG, plain(HEAD.text).key_id, bytes(64))
    return signed(plain(HEAD.text), subtree(parts(HEAD)), bad)


@case("head", "ForgedError")
def head_signature_short() -> Files:
    """The ML-DSA line is a timestamp and half a signature."""
    line = subtree(parts(HEAD))
    return signed(plain(HEAD.text), NoteLine(LOG, line.key_id, line.signature[:1218]))


@case("head", "ForgedError")
def head_by_cosignature_type() -> Files:
    """The Ed25519 line is a timestamped cosignature (0x04) under the key id of the plain type (0x01)."""
    line = NoteLine(LOG, plain(HEAD.text).key_id, timed(HEAD.text, PAIR, LOG, TIME).signature)
    return signed(line, subtree(parts(HEAD)))


# Cosignatures


@case("cosignature", None)
def cosignature_good() -> Files:
    """A cosignature as it should be, below the author's lines."""
    return cosigned(*cosign(HEAD, MIRROR, MIRROR_PAIR, TIME))


@case("cosignature", None)
def cosignature_with_others() -> Files:
    """Another party's good cosignature and a bad line of an unknown key stand there too: both are ignored."""
    others = cosign(HEAD, OTHER_MIRROR, STRANGE_MIRROR, TIME + 9)
    bad = NoteLine(MIRROR, b"none", bytes(72))
    return cosigned(*others, bad, *cosign(HEAD, MIRROR, MIRROR_PAIR, TIME))


@case("cosignature", "ForgedError")
def cosignature_times_differ() -> Files:
    """Two good lines with timestamps one second apart."""
    one, _ = cosign(HEAD, MIRROR, MIRROR_PAIR, TIME)
    _, other = cosign(HEAD, MIRROR, MIRROR_PAIR, TIME + 1)
    return cosigned(one, other)


@case("cosignature", "ForgedError")
def cosignature_time_zero() -> Files:
    """Two good lines with the timestamp 0, which states nothing."""
    ml_dsa = subtree(parts(HEAD), MIRROR_PAIR, MIRROR, 0)
    return cosigned(timed(HEAD.text, MIRROR_PAIR, MIRROR, 0), ml_dsa)


@case("cosignature", "ForgedError")
def cosignature_time_above_limit() -> Files:
    """Two good lines with the timestamp 2^63, which C2SP forbids: some readers take it for negative."""
    ml_dsa = subtree(parts(HEAD), MIRROR_PAIR, MIRROR, 2**63)
    return cosigned(timed(HEAD.text, MIRROR_PAIR, MIRROR, 2**63), ml_dsa)


@case("cosignature", "ForgedError")
def cosignature_time_changed() -> Files:
    """Both timestamps were put back by an hour after signing: earlier receipt than there was."""
    lines = cosign(HEAD, MIRROR, MIRROR_PAIR, TIME)
    earlier = (TIME - 3600).to_bytes(8)
    return cosigned(*(NoteLine(MIRROR, line.key_id, earlier + line.signature[8:]) for line in lines))


@case("cosignature", "ForgedError")
def cosignature_ed25519_alone() -> Files:
    """An Ed25519 cosignature without its ML-DSA line."""
    return cosigned(cosign(HEAD, MIRROR, MIRROR_PAIR, TIME)[0])


@case("cosignature", "ForgedError")
def cosignature_ml_dsa_alone() -> Files:
    """An ML-DSA cosignature without its Ed25519 line."""
    return cosigned(cosign(HEAD, MIRROR, MIRROR_PAIR, TIME)[1])


@case("cosignature", "ForgedError")
def cosignature_ed25519_bad() -> Files:
    """The Ed25519 line of the known key does not verify, the ML-DSA line does."""
    ed25519, ml_dsa = cosign(HEAD, MIRROR, MIRROR_PAIR, TIME)
    return cosigned(NoteLine(MIRROR, ed25519.key_id, ed25519.signature[:-1] + b"\0"), ml_dsa)


@case("cosignature", "ForgedError")
def cosignature_by_log_pair() -> Files:
    """The author cosigns its own head: log pair, mirror's name."""
    return cosigned(timed(HEAD.text, PAIR, MIRROR, TIME), subtree(parts(HEAD), PAIR, MIRROR))


@case("cosignature", "ForgedError")
def cosignature_by_log_pair_copied_key_id() -> Files:
    """The author cosigns its own head under the mirror's name and key ids."""
    ml_dsa = subtree(parts(HEAD), PAIR, MIRROR, key=MIRROR_PAIR)
    return cosigned(timed(HEAD.text, PAIR, MIRROR, TIME, MIRROR_PAIR), ml_dsa)


@case("cosignature", "ForgedError")
def cosignature_name_of_another_party() -> Files:
    """The mirror's keys under another party's name: not the lines of this mirror."""
    return cosigned(*cosign(HEAD, OTHER_MIRROR, MIRROR_PAIR, TIME))


@case("cosignature", "ForgedError")
def cosignature_renamed() -> Files:
    """Made under another name, then renamed: the Ed25519 line verifies, the ML-DSA line binds its name."""
    ml_dsa = subtree(parts(HEAD), MIRROR_PAIR, MIRROR, signed_name=OTHER_MIRROR)
    return cosigned(timed(HEAD.text, MIRROR_PAIR, MIRROR, TIME), ml_dsa)


@case("cosignature", "ForgedError")
def cosignature_of_earlier_head() -> Files:
    """The cosignature of an earlier head below a later one."""
    earlier = Tree(TREE.entries[:4]).checkpoint
    return cosigned(*cosign(earlier, MIRROR, MIRROR_PAIR, TIME))


@case("cosignature", "ForgedError")
def cosignature_of_size_zero() -> Files:
    """Size 0 is never cosigned, even with good lines: there is nothing to hold."""
    empty = Checkpoint(LOG, 0, EMPTY_ROOT)
    ml_dsa = subtree(parts(empty), MIRROR_PAIR, MIRROR)
    return signed(timed(empty.text, MIRROR_PAIR, MIRROR, TIME), ml_dsa, checkpoint=empty)


@case("cosignature", "ForgedError")
def cosignature_two_lines_of_one_key() -> Files:
    """The mirror's ML-DSA key signs at two times."""
    lines = cosign(HEAD, MIRROR, MIRROR_PAIR, TIME)
    return cosigned(*lines, cosign(HEAD, MIRROR, MIRROR_PAIR, TIME + 1)[1])


# Proofs


def file(proof: TlogProof) -> Files:
    return {"file.tlog-proof": bytes(proof)}


def proof_file(**changed: object) -> Files:
    """A good proof of entry 2, with some members changed."""
    whole = TREE.proof(2, sign_head(HEAD, PAIR, TIME))
    fields = {"index": whole.index, "path": whole.path, "head": whole.head, "extra": whole.extra}
    return file(TlogProof(**{**fields, **changed}))


@case("proof", None)
def proof_good() -> Files:
    """A proof as it should be."""
    return proof_file()


@case("proof", "ForgedError")
def proof_too_long() -> Files:
    """One hash too many, at the end."""
    whole = TREE.proof(2, sign_head(HEAD, PAIR, TIME))
    return proof_file(path=(*whole.path, HEAD.root))


@case("proof", "ForgedError")
def proof_too_short() -> Files:
    """The last hash is missing."""
    whole = TREE.proof(2, sign_head(HEAD, PAIR, TIME))
    return proof_file(path=whole.path[:-1])


@case("proof", "ForgedError")
def proof_other_index() -> Files:
    """A good proof of entry 2 for the index 3."""
    return proof_file(index=3)


@case("proof", "ForgedError")
def proof_index_past_the_end() -> Files:
    """The index is the size."""
    return proof_file(index=SIZE, path=())


@case("proof", "ForgedError")
def proof_other_entry() -> Files:
    """A good proof of entry 2, the extra being another entry."""
    return proof_file(extra=b"entry 3")


@case("proof", "ForgedError")
def proof_root_of_another_size() -> Files:
    """A head signed by the log pair that names the root of size 5 as that of size 9."""
    return proof_file(head=sign_head(Checkpoint(LOG, 9, HEAD.root), PAIR, TIME))


@case("proof", "ForgedError")
def proof_head_by_stranger() -> Files:
    """The head is signed by a pair nobody knows."""
    return proof_file(head=sign_head(HEAD, STRANGER, TIME))


@case("proof", "MalformedError")
def proof_index_leading_zero() -> Files:
    """The index is `02`: one proof would have several files."""
    return {"file.tlog-proof": proof_file()["file.tlog-proof"].replace(b"index 2", b"index 02")}


@case("proof", "MalformedError")
def proof_extra_empty() -> Files:
    """An extra line without a value: without extra there is no such line."""
    return {
        "file.tlog-proof": proof_file(extra=b"")["file.tlog-proof"].replace(b"index", b"extra \nindex", 1)
    }


@case("proof", "MalformedError")
def proof_hash_short() -> Files:
    """A hash of 31 bytes."""
    data = proof_file()["file.tlog-proof"]
    whole = TREE.proof(2, sign_head(HEAD, PAIR, TIME))
    first = whole.path[0]
    return {"file.tlog-proof": data.replace(base64.b64encode(first), base64.b64encode(first[:31]))}


@case("proof", "LimitError")
def proof_past_every_tree() -> Files:
    """55 hashes: more than a proof in any tree of permitted size has."""
    data = proof_file()["file.tlog-proof"]
    return {"file.tlog-proof": data.replace(b"index 2\n", b"index 2\n" + (B64ROOT + b"\n") * 52)}


# Forks


@case("root-fork", None)
def root_fork_good() -> Files:
    """Two heads of one size with two roots, both signed by the log pair: the log forks."""
    rival = Tree(RIVAL.entries[:SIZE]).checkpoint
    return {"first": bytes(sign_head(HEAD, PAIR, TIME)), "second": bytes(sign_head(rival, PAIR, TIME))}


@case("root-fork", "ForgedError")
def root_fork_same_root() -> Files:
    """The same head, signed twice: signatures differ, history does not."""
    return {"first": bytes(sign_head(HEAD, PAIR, TIME)), "second": bytes(sign_head(HEAD, PAIR, TIME + 1))}


@case("root-fork", "ForgedError")
def root_fork_two_sizes() -> Files:
    """Heads of two sizes have two roots: no evidence, even where the histories differ."""
    return {
        "first": bytes(sign_head(HEAD, PAIR, TIME)),
        "second": bytes(sign_head(RIVAL.checkpoint, PAIR, TIME)),
    }


@case("root-fork", "ForgedError")
def root_fork_by_stranger() -> Files:
    """The rival head is signed by a stranger: an attempt to have an honest log stopped."""
    rival = Tree(RIVAL.entries[:SIZE]).checkpoint
    return {"first": bytes(sign_head(HEAD, PAIR, TIME)), "second": bytes(sign_head(rival, STRANGER, TIME))}


@case("root-fork", "ForgedError")
def root_fork_of_another_log() -> Files:
    """The second head is of another log of the same author, with the same keys."""
    rival = Tree(RIVAL.entries[:SIZE]).checkpoint
    other = Checkpoint(OTHER_LOG, rival.size, rival.root)
    return {"first": bytes(sign_head(HEAD, PAIR, TIME)), "second": bytes(sign_head(other, PAIR, TIME))}


def leaf_fork(first: bytes, second: bytes) -> Files:
    return {"first.tlog-proof": first, "second.tlog-proof": second}


@case("leaf-fork", None)
def leaf_fork_good() -> Files:
    """One index with two leaves, under heads of two sizes: the log forks."""
    return leaf_fork(TREE.evidence(2), RIVAL.evidence(2))


@case("leaf-fork", "ForgedError")
def leaf_fork_same_leaf() -> Files:
    """The same leaf under both heads: what every growing log shows."""
    return leaf_fork(TREE.evidence(1), RIVAL.evidence(1))


@case("leaf-fork", "ForgedError")
def leaf_fork_two_indexes() -> Files:
    """Two leaves at two indexes."""
    return leaf_fork(TREE.evidence(2), RIVAL.evidence(3))


@case("leaf-fork", "ForgedError")
def leaf_fork_by_stranger() -> Files:
    """The rival history is signed by a stranger."""
    return leaf_fork(TREE.evidence(2), RIVAL.evidence(2, STRANGER))


@case("leaf-fork", "ForgedError")
def leaf_fork_not_included() -> Files:
    """The second leaf is not in the tree of its head."""
    whole = TREE.proof(2, sign_head(HEAD, PAIR, TIME), leaf_hash(b"invented"))
    return leaf_fork(TREE.evidence(2), bytes(whole))


def main() -> None:
    public = {
        name: {"ed25519": pair.public.ed25519.hex(), "ml_dsa": pair.public.ml_dsa.hex()}
        for name, pair in PAIRS.items()
    }
    (HERE / "keys.json").write_text(json.dumps(public, indent=1) + "\n")
    for name, (make, check, error) in CASES.items():
        folder = HERE / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        (folder / "README.md").write_text(f"# {name}\n\n{make.__doc__}\n")
        (folder / "case.json").write_text(json.dumps({"check": check, "error": error}) + "\n")
        for file_name, data in make().items():
            (folder / file_name).write_bytes(data)


if __name__ == "__main__":
    main()
