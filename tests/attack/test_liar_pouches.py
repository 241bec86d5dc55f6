"""A lying partner that replays, reorders, truncates, and sends what is too much, malformed, or a bomb."""

import dataclasses
import gzip
import hashlib
import io
import random
import resource
import time
import zipfile
import zlib

import msgspec
import pytest

from liar import C as C_ORIGIN
from mithaq.crypto import sealing
from mithaq.crypto.notes import Note, sign
from mithaq.domain import canonical
from mithaq.domain.kinds import RANGES_MAX
from mithaq.errors import ForgedError, LimitError, MalformedError, PeerError
from mithaq.exchange import pouch
from mithaq.exchange.manifest import ENTRIES_MAX, LIMITS, NOTE_MAX, PARTS_MAX, Part
from mithaq.exchange.packing import PROMPT_BODY_MAX, Lane
from mithaq.exchange.pouch import (
    HEADER_SIZE,
    MAGIC,
    MANIFEST_MAX,
    POUCH_ENTRIES_MAX,
    POUCH_MAX,
    Content,
    part_of,
)
from mithaq.exchange.work import NOTE_WORK, WORK_MAX
from mithaq.tlog.head import HEAD_MAX
from nodes import TEXT, A, B, alert, carry, settle
from pouches import batch, body_part, deliver, entries, manifest, own, pack, poll, root_of, rows, take_answer

LARGE = bytes([65]) * (PROMPT_BODY_MAX + 1)
MOST = 2**53 - 1


# --- replays ------------------------------------------------------------------------------------------------


def test_replay_of_a_pouch_judges_nothing_twice(scene):
    a, b = scene.a, scene.victim
    sent = a.service.send(B, alert())
    data = pack(a, b).data
    for _ in range(3):
        scene.taken(data)
    assert len(b.store.read(lambda tx: list(tx.logs.of_kind(own(b, a), "verdict")))) == 1
    assert b.service.item(A, sent.leaf).verdict == "accepted"
    scene.flows()


def test_replay_of_contents_judges_nothing_twice(scene):
    """Neither does an accepted one get a second verdict, nor does a refused one come back."""
    b = scene.victim
    for content, verdict in ((b"a text", "accepted"), (b"\0", "refused")):
        data, body = scene.liar.alert(content)
        index = scene.says(data, body)
        scene.taken(scene.liar.pouch(body(index)))
        (item,) = [item for item in b.service.inbox(A) if item.index == index]
        assert (item.verdict, item.present) == (verdict, (verdict == "accepted",))
    scene.flows()


def test_replay_of_an_old_pouch_says_nothing_of_now(scene):
    """The attack: an old ``have`` and ``want`` would have everything sent again."""
    a, b = scene.a, scene.victim
    sent = b.service.send(A, alert(contents=((TEXT, LARGE),)))
    asked = poll(a, b)
    carry(b, a, b.service.pouch(A, Lane.PROMPT))
    wanting = poll(a, b)
    settle(a, b)
    have = b.service.partner(A).have
    b.service.send(A, alert("x" * 100_000))  # an answer to a new question would carry it
    for old in (asked, wanting, asked):
        assert len(deliver(b, old.data)) < 64_000
        assert b.service.partner(A).have == have
        assert b.service._outboxes[A].wants == []
    assert a.service.item(B, sent.leaf).verdict == "accepted"
    scene.flows()


def test_replay_of_an_entry_is_void(scene):
    """The same bytes entered twice: the second time without effect, with no second verdict."""
    a = scene.a
    sent = a.service.send(B, alert())
    settle(a, scene.victim)
    index = scene.liar.enter(scene.liar.said[sent.index])
    scene.flows()
    assert scene.outcome(index) == b"illegal repeated"


def test_replay_of_a_verdict_moves_nothing(scene):
    a, b = scene.a, scene.victim
    sent = b.service.send(A, alert())
    settle(a, b)
    verdict = next(row.data for row in rows(a, scene.liar.log) if row.kind == "verdict")
    facts = {"result": "refused", "codes": ["content"], "by": "receiver"}
    again, other = (
        scene.liar.enter(verdict),
        scene.liar.enter(scene.liar.entry("verdict", re=(sent.leaf,), facts=facts)),
    )
    scene.flows()
    assert (scene.outcome(again), scene.outcome(other)) == (b"illegal repeated", b"illegal no-such-step")
    assert b.service.item(A, sent.leaf).verdict == "accepted"


def test_replay_of_an_answer_to_another_question(scene):
    a, b = scene.a, scene.victim
    first, second = poll(b, a), poll(b, a)
    answer = deliver(a, first.data)
    with pytest.raises(ForgedError, match="another pouch"):
        take_answer(b, second, answer)
    scene.flows()


def test_replay_to_a_third_party(scene):
    """A pouch for the victim is no pouch for anybody else."""
    data = pack_after_alert(scene)
    with pytest.raises(ForgedError, match="no key of ours"):
        deliver(scene.third, data)
    scene.flows()


def pack_after_alert(scene, **changes):
    scene.a.service.send(B, alert(**changes))
    return pack(scene.a, scene.victim).data


def test_reflection_of_a_pouch_to_its_author(scene):
    a, b = scene.a, scene.victim
    b.service.send(A, alert())
    data = pack(b, a).data
    with pytest.raises(PeerError):
        deliver(b, data)
    mirrored = scene.liar.pouch(log=own(b, a), have=(len(scene.liar.said), root_of(scene.liar.said)))
    scene.refused(mirrored, ForgedError, "stranger")


# --- reorders -----------------------------------------------------------------------------------------------


def test_batches_in_the_wrong_order_are_set_aside(scene):
    liar = scene.liar
    said = liar.said
    for content in (b"one", b"two"):
        liar.enter(liar.alert(content)[0])
    later = liar.said
    second = liar.pouch(liar.head(later), batch(later, len(said) + 1))
    before = scene.victim.service.status(A).mirror_size
    scene.taken(second)
    assert scene.victim.service.status(A).mirror_size == before
    scene.flows()
    assert entries(scene.victim, liar.log)[: len(later)] == later
    assert scene.victim.service.status(A).wanted == 2


def test_entries_swapped_under_their_head(scene):
    liar = scene.liar
    said = [*liar.said, liar.alert(b"one")[0], liar.alert(b"two")[0]]
    swapped = [*said[:-2], said[-1], said[-2]]
    scene.refused(
        liar.pouch(liar.head(said), batch(swapped, len(said) - 2)), ForgedError, "do not give the root"
    )


def test_parts_back_to_front(scene):
    a, b = scene.a, scene.victim
    a.service.send(B, alert())
    scene.taken(scene.liar.pouch(*reversed(pack(a, b).outgoing.load.contents)))
    scene.flows()


def test_a_verdict_on_what_its_author_has_not_seen(scene):
    """The attack: an acceptance given before the entry was held."""
    b = scene.victim
    sent = b.service.send(A, alert())
    index = scene.liar.enter(scene.liar.entry("verdict", re=(sent.leaf,), facts={"result": "accepted"}))
    scene.flows()
    assert scene.outcome(index) == b"illegal unseen"


@pytest.mark.parametrize("kinds", [("head", "head"), ("entries", "entries"), ("zeros", "head"), ("head",)])
def test_parts_in_no_order_that_there_is(scene, kinds):
    """Two heads, two entries, zeros first or none at all."""
    liar = scene.liar
    signed, said = liar.tells(liar.alert()[0])
    made = {"head": signed, "entries": said, "zeros": part_of("zeros", b"")}
    parts = [made[kind] for kind in kinds]
    scene.refused(raw(liar, parts), MalformedError, "parts out of order")


def raw(liar, parts, **changes):
    """A pouch with these parts and no zeros behind them."""
    public = liar.node.service.partner(B).sealing
    listed = tuple(
        dataclasses.replace(part, sha256="") if part.kind == "zeros" else part
        for part in (each.part for each in parts)
    )
    said = manifest(liar.node, liar.victim, parts=listed, **changes)
    k, front = pouch._seal_manifest(said.sign(liar.pair), public, liar.node.identity.random)
    return front + b"".join(sealing.box(k, i, each.load()) for i, each in enumerate(parts))


# --- truncates ----------------------------------------------------------------------------------------------


def test_a_pouch_cut_short_anywhere(scene):
    data = pack_after_alert(scene, text="x" * 5_000)
    cuts = (0, 10, 16, HEADER_SIZE - 1, HEADER_SIZE, HEADER_SIZE + 60, 9_000, len(data) - 40, len(data) - 1)
    scene.all_refused((data[:cut] for cut in cuts), MalformedError, "too early")


def test_bytes_after_the_last_part(scene):
    scene.refused(scene.liar.pouch() + b"x", MalformedError, "after the last part")


def test_entries_cut_within_one(scene):
    liar = scene.liar
    said = [*liar.said, liar.alert()[0]]
    cut = part_of("entries", pouch.pack_entries(said)[:-1], 0)
    scene.refused(liar.pouch(liar.head(said), cut), MalformedError, "cut short")


def test_entries_that_end_before_or_behind_their_head(scene):
    liar = scene.liar
    said = [*liar.said, liar.alert()[0]]
    signed = liar.head(said)
    others = (batch(said[:0], 0), batch(said[:-1], 0), batch([*said, said[0]], 0))
    scene.all_refused((liar.pouch(signed, other) for other in others), MalformedError, "do not end")


def test_a_content_cut_short(scene):
    """Recorded as ``size`` in ``held``; the whole content is still taken afterwards."""
    liar = scene.liar
    data, _ = liar.alert(b"the whole content")
    index = len(liar.said)
    scene.taken(liar.pouch(*liar.tells(data), body_part(index, 0, bytes(32), b"the whole")))
    assert reason(scene, index) == "size"
    scene.flows_past()
    scene.taken(liar.pouch(*liar.tells(data), body_part(index, 0, bytes(32), b"the whole content")))
    assert scene.victim.service.inbox(A)[0].verdict == "accepted"


def reason(scene, index):
    """Why an entry is missing, as the victim's newest ``held`` has it."""
    b = scene.victim
    held = b.store.read(lambda tx: tx.logs.newest(own(b, scene.a), "held"))
    facts = canonical.decode(held.data, 65_535)["facts"]
    missing = (each for each in facts.get("missing", ()) if each["from"] <= index < each["to"])
    return next((each["reason"] for each in missing), "")


# --- oversize -----------------------------------------------------------------------------------------------


def test_a_manifest_of_a_wrong_length(scene):
    data = scene.liar.pouch()
    rooms = (0, 4_095, MANIFEST_MAX + 4_096, 2**32 - 4_096)
    lying = (data[: HEADER_SIZE - 4] + room.to_bytes(4) + data[HEADER_SIZE:] for room in rooms)
    scene.all_refused(lying, LimitError, "wrong length")


def test_a_part_above_its_limit(scene):
    scene.all_refused((raw(scene.liar, above(kind)) for kind in LIMITS), MalformedError, "another form")


def above(kind):
    place = {"entries": {"index": 0}, "body": {"index": 0, "ordinal": 0}}.get(kind, {})
    digest = "" if kind == "zeros" else "ab" * 32
    big = Content(Part(kind, LIMITS[kind] + 1, digest, **place), lambda: b"")
    return [big] if kind == "zeros" else [big, Content(Part("zeros", 0), lambda: b"")]


def test_a_pouch_above_its_limit(scene):
    body = Part("body", 2**25, "ab" * 32, 0, 0)
    parts = [Content(body, lambda: b"")] * (POUCH_MAX // 2**25 + 1) + [Content(Part("zeros", 0), lambda: b"")]
    scene.refused(raw(scene.liar, parts), LimitError, "too large")


def test_more_parts_than_a_pouch_may_have(scene):
    parts = [Content(Part("note", 1, "ab" * 32), lambda: b"")] * PARTS_MAX
    scene.refused(raw(scene.liar, [*parts, Content(Part("zeros", 0), lambda: b"")]), MalformedError)


def test_more_wants_than_may_be_asked(scene):
    scene.refused(scene.liar.pouch(want=((0, 0),) * 1_001), MalformedError, "another form")


def test_more_entries_than_a_pouch_may_have(scene):
    liar = scene.liar
    said = [b"x"] * (POUCH_ENTRIES_MAX + 1)
    scene.refused(liar.pouch(liar.head(said), batch(said, 0)), LimitError, "too many entries")


def test_more_work_than_a_pouch_may_make(scene):
    """The attack: 3,300 replies with 64 references each held the one thread that writes for a minute."""
    liar = scene.liar
    refs = tuple(f"{n:064x}" for n in range(64))
    facts = {"result": "accepted"}
    said = [liar.entry("verdict", re=refs, facts=facts) for _ in range(WORK_MAX // 65 + 1)]
    scene.refused(liar.pouch(*liar.tells(*said)), LimitError, "too much work")


def test_more_notes_than_a_pouch_may_name(scene):
    """The attack: one text, named a thousand times, is parsed and its signatures verified each time."""
    liar = scene.liar
    name = scene.a.service.agreements(B)[0].key
    facts = {"act": "propose", "note": name}
    said = [liar.entry("agreement", facts=facts) for _ in range(WORK_MAX // NOTE_WORK + 1)]
    scene.refused(liar.pouch(*liar.tells(*said)), LimitError, "too much work")


def test_more_gaps_than_a_held_may_have(scene):
    """Every second entry lacks its content: refused as a whole, before anything is kept."""
    liar = scene.liar
    key = {"sealing": liar.node.identity.card.sealing.hex()}
    count = 2 * RANGES_MAX + 4
    said = [liar.entry("keys", facts=key) if n % 2 else liar.alert(b"%d" % n)[0] for n in range(count)]
    scene.refused(liar.pouch(*liar.tells(*said)), LimitError, "too many gaps")


def test_more_signature_lines_than_a_note_may_have(scene):
    liar = scene.liar
    signed, said = liar.tells(liar.alert()[0])
    note = Note.parse(signed.load(), limit=HEAD_MAX)
    many = note.text + b"\n" + bytes(note.lines[0]) * 17
    scene.refused(liar.pouch(part_of("head", many), said), LimitError, "too many signature lines")


# --- malformed ----------------------------------------------------------------------------------------------


def test_bytes_that_are_no_pouch(scene):
    scene.all_refused((b"x" * 10_000, MAGIC, MAGIC[:-3] + b"2\n\0" * 20, bytes(100)), MalformedError)


@pytest.mark.parametrize("seed", range(4))
def test_a_changed_byte_anywhere(scene, seed):
    chance = random.Random(seed)
    data = bytearray(pack_after_alert(scene, text="x" * 3_000))
    for at in (chance.randrange(51), chance.randrange(51, 9_000), len(data) - 1 - chance.randrange(3_000)):
        changed = bytearray(data)
        changed[at] ^= 1 << chance.randrange(8)
        with pytest.raises(PeerError):
            deliver(scene.victim, bytes(changed))
    scene.refused(bytes(changed), PeerError)


NOT_ENTRIES = {
    "nothing": b"",
    "not JSON": b"{",
    "an array": b"[1]",
    "spaces": b'{"v": 1}',
    "a float": b'{"v":1.0}',
    "null": b'{"v":null}',
    "true": b'{"v":true}',
    "UTF-8": b'{"v":"\xc3\xa9"}',
    "not UTF-8": b'{"v":"\xff"}',
    "a NUL": b'{"v":"\0"}',
    "deep": b'{"v":' * 5_000 + b"1" + b"}" * 5_000,
    "a large number": b'{"v":9007199254740992}',
    "twice": b'{"v":1,"v":1}',
    "long": b"x" * 65_535,
}


def test_bytes_that_are_no_entry_are_mirrored_without_effect(scene):
    indexes = {name: scene.liar.enter(data) for name, data in NOT_ENTRIES.items()}
    scene.flows()
    assert {name for name, index in indexes.items() if scene.outcome(index) != b"malformed"} == set()


def test_an_entry_in_another_form(scene):
    """The same value in other bytes would be another leaf: for one thing there is one text."""
    data = scene.liar.alert()[0]
    others = (data.replace(b'","', b'", "', 1), data[:-1] + b',"v":1}', b" " + data, data + b"\n")
    indexes = [scene.liar.enter(other) for other in others]
    scene.flows()
    assert {scene.outcome(index) for index in indexes} == {b"malformed"}


CHANGES = {
    "unknown member": {"comment": "free text"},
    "unknown kind": {"kind": "order"},
    "unknown version": {"v": 2},
    "free text in facts": {"facts": {"status": "exercise", "urgency": "immediate", "name": "Somebody"}},
    "another log": {"log": f"{C_ORIGIN}/to/{B}/1"},
    "another number of log": {"log": f"{A}/to/{B}/2"},
    "no bodies": {"bodies": []},
    "a body too large": {"bodies": [{"commit": "ab" * 32, "objects": 1, "size": 2**25 + 1, "type": TEXT}]},
    "too many bodies": {"bodies": [{"commit": "ab" * 32, "objects": 1, "size": 1, "type": TEXT}] * 65},
    "a mark that there is not": {"handling": {"tlp": "purple"}},
    "an officer by name": {"by": {"officer": "Somebody", "role": "analyst"}},
}


def test_members_that_no_entry_has(scene):
    value = msgspec.json.decode(scene.liar.alert()[0])
    indexes = {
        name: scene.liar.enter(msgspec.json.encode(value | changes, order="deterministic"))
        for name, changes in CHANGES.items()
    }
    scene.flows()
    assert {name for name, index in indexes.items() if scene.outcome(index) != b"malformed"} == set()


def test_a_verdict_that_names_one_entry_twice(scene):
    """One entry would be judged two times over by one act."""
    sent = scene.victim.service.send(A, alert())
    settle(scene.a, scene.victim)
    value = msgspec.json.decode(scene.liar.entry("verdict", re=(sent.leaf,), facts={"result": "accepted"}))
    value["re"] *= 2
    index = scene.liar.enter(msgspec.json.encode(value, order="deterministic"))
    scene.flows()
    assert scene.outcome(index) == b"malformed"


NOT_MANIFESTS = (
    (b'"type":"mithaq/pouch/1"', b'"type":"mithaq/pouch/2"'),
    (b'"time":', b'"tims":'),
    (b'"mine":', b'"mine" :'),
    (b'"n":', b'"n":-'),
    (b'{"have"', b'{"hare"'),
    (b'"of":"', b'"of":"x'),
)


def test_a_signed_manifest_that_is_none(scene):
    text = manifest(scene.a, scene.victim, parts=(Part("zeros", 0),)).text()
    changed = [text.replace(old, new) for old, new in NOT_MANIFESTS]
    assert text not in changed
    scene.all_refused((under(scene, each) for each in changed), MalformedError)


def under(scene, text):
    """A pouch with this text as its manifest, signed by the liar."""
    return scene.liar.under(Note(text, sign(text, str(scene.liar.log), scene.liar.pair)))


def test_a_manifest_followed_by_something(scene):
    """The attack: bytes that no check looks at, for a second reader to see."""
    note = bytes(manifest(scene.a, scene.victim, parts=(Part("zeros", 0),)).sign(scene.liar.pair))
    public = scene.a.service.partner(B).sealing
    key_id = hashlib.sha256(public).digest()
    clear = bytes(32) + len(note).to_bytes(4) + note
    room = 12_288
    clear += bytes(room - sealing.SEAL_OVERHEAD - len(clear) - 1) + b"x"
    sealed = sealing.seal(public, pouch.hpke_info(key_id), clear)
    scene.refused(MAGIC + key_id + room.to_bytes(4) + sealed, MalformedError, "zeros only")


def test_a_part_that_is_not_what_the_manifest_says(scene):
    part = part_of("cosignature", b"one thing")
    scene.refused(
        scene.liar.pouch(Content(part.part, lambda: b"the other")), ForgedError, "not what the manifest says"
    )


def test_a_box_in_another_place(scene):
    """The attack: two parts of one pouch change places."""
    a, b = scene.a, scene.victim
    a.service.send(B, alert(contents=((TEXT, b"x"), (TEXT, b"y"))))
    data = pack(a, b).data
    start = HEADER_SIZE + int.from_bytes(data[HEADER_SIZE - 4 : HEADER_SIZE])
    sizes = [each.part.size + 16 for each in pack(a, b).outgoing.load.contents]
    at = [start + sum(sizes[:n]) for n in range(len(sizes) + 1)]
    boxes = [data[at[n] : at[n + 1]] for n in range(len(sizes))]
    first, second = (n for n, size in enumerate(sizes) if size == 32 + 1 + 16)
    boxes[first], boxes[second] = boxes[second], boxes[first]
    scene.refused(data[:start] + b"".join(boxes) + data[at[-1] :], ForgedError, "does not open")


# --- bombs --------------------------------------------------------------------------------------------------


def zip_bomb():
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for n in range(20):
            archive.writestr(f"{n}", bytes(8 * 2**20))
    return packed.getvalue()


BOMBS = {
    "zip": zip_bomb,
    "gzip": lambda: gzip.compress(bytes(64 * 2**20)),
    "zlib": lambda: zlib.compress(bytes(64 * 2**20)),
    "PDF": lambda: b"%PDF-1.7\n1 0 obj<</Filter/FlateDecode>>stream\n" + zlib.compress(bytes(64 * 2**20)),
}


@pytest.mark.parametrize("media", [TEXT, "application/pdf"], ids=["text", "pdf"])
@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS)
def test_a_bomb_is_refused_unopened(scene, bomb, media):
    """Nothing of a content is ever inflated: it is no document of its type, and is destroyed."""
    liar = scene.liar
    data, body = liar.alert(bomb(), media=media)
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic()
    scene.says(data, body)
    assert time.monotonic() - began < 20
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 32 * 1024
    settle(scene.a, scene.victim)
    item = scene.victim.service.inbox(A)[0]
    assert scene.refusal(bytes.fromhex(item.leaf))[0] in {"content", "media-type-content"}
    scene.flows()


def test_a_manifest_full_of_what_it_does_not_carry(scene):
    """A quarter of a megabyte of wants and parts: refused, or read once, in time."""
    liar = scene.liar
    began = time.monotonic()
    parts = [Content(Part("body", 1, "ab" * 32, MOST, MOST), lambda: b"x")] * (PARTS_MAX - 400)
    data = raw(liar, [*parts, Content(Part("zeros", 0), lambda: b"")], want=((MOST, MOST),) * 1_000)
    with pytest.raises(PeerError):
        deliver(scene.victim, data)
    assert time.monotonic() - began < 10
    assert len(data) > MANIFEST_MAX // 2
    assert NOTE_MAX <= MANIFEST_MAX < ENTRIES_MAX
    scene.flows()
