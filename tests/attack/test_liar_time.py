"""A lying partner that lies about time in each way of protocol 10, or sends what the signed text forbids."""

import pytest

from mithaq.domain.entry import Body
from mithaq.domain.handling import Handling
from mithaq.domain.moment import DAY, MOMENT_MAX
from mithaq.domain.rules import SKEW
from mithaq.exchange.packing import Lane
from mithaq.exchange.pouch import part_of
from mithaq.formats import stix
from mithaq.formats.stix_markings import TLP_2
from mithaq.tlog.checkpoint import Checkpoint
from mithaq.tlog.cosignature import cosign
from nodes import TEXT, A, B, alert, carry, settle
from pouches import deliver, own, pack, poll, take_answer
from stix_samples import domain_object, indicator

MOST = 2**53 - 1


# --- the time of an entry -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("offset", "refused"), [(SKEW - 5, False), (SKEW + 60, True), (30 * DAY, True)])
def test_an_entry_from_the_future(scene, offset, refused):
    """``at`` above ``held.time`` + S: refused as ``clock``; within S it counts."""
    data, body = scene.liar.alert(at=scene.a.identity.now() + offset)
    scene.says(data, body)
    settle(scene.a, scene.victim)
    item = scene.victim.service.inbox(A)[0]
    assert item.codes == (("clock",) if refused else ())
    scene.flows()


@pytest.mark.parametrize(("offset", "refused"), [(5 - SKEW, False), (-SKEW - 60, True), (-DAY, True)])
def test_an_entry_from_before_what_its_author_had_held(scene, offset, refused):
    """``at`` more than S below the author's newest ``held.time``: refused, whatever deadline it saves."""
    for node in (scene.a, scene.victim, scene.third):
        node.clock.offset = 2 * DAY
    scene.flows()
    now = scene.a.identity.now()
    data, body = scene.liar.alert(at=now + offset, keep_until=now + 5 * DAY)
    scene.says(data, body)
    settle(scene.a, scene.victim)
    assert scene.victim.service.inbox(A)[0].codes == (("clock",) if refused else ())
    scene.flows()


@pytest.mark.parametrize("at", [1, MOMENT_MAX, MOST], ids=["first", "last", "beyond"])
def test_an_entry_of_no_time(scene, at):
    """A date that cannot be computed with takes nobody down, and leaves no key behind."""
    days = scene.victim.identity.files.names("day")
    data, _ = scene.liar.alert()
    now = scene.a.identity.now()
    data = data.replace(f'"at":{now}'.encode(), f'"at":{at}'.encode())
    index = scene.liar.enter(data)
    settle(scene.a, scene.victim)
    assert scene.outcome(index) != b"done"
    assert scene.victim.identity.files.names("day") == days
    scene.flows()


# --- the time of a held -------------------------------------------------------------------------------------


def test_a_held_of_an_earlier_time_counts_as_the_one_before(scene):
    scene.flows()
    a, b = scene.a, scene.victim
    sent = b.service.send(A, alert("held in the past"))
    deliver(a, pack(b, a).data)
    before = a.store.read(lambda tx: tx.logs.row(scene.liar.log).state.held_time)
    index = scene.liar.enter(scene.liar.held(time=before - 1_000))
    settle(a, b)
    assert scene.outcome(index).endswith(b"time=%d" % before)
    scene.flows()
    assert b.service.item(A, sent.leaf).held >= before


@pytest.mark.parametrize("time", [1, MOST], ids=["first", "last"])
def test_a_held_of_any_time_stops_nothing_of_ours(scene, time):
    """No clock of its author confirms it: nothing of ours expires by it, and all goes on."""
    b = scene.victim
    index = scene.liar.enter(scene.liar.held(time=time))
    settle(scene.a, b)
    assert scene.outcome(index).startswith(b"done")
    sent = b.service.send(A, alert("to the liar"))
    settle(scene.a, b)
    assert b.service.item(A, sent.leaf).codes == ()
    assert b.service.status(A).problem == ""
    scene.flows_past()


def test_a_cosignature_of_another_time_than_its_held(scene):
    """Two statements of one reader: the receipt goes without the one that contradicts."""
    from mithaq.audit.verify import verify_receipt

    a, b = scene.a, scene.victim
    sent = b.service.send(A, alert("to be held"))
    deliver(a, pack(b, a).data)
    log = own(b, a)
    true = a.store.read(lambda tx: tx.logs.newest_cosignature(log))
    checkpoint = Checkpoint(str(log), true.size, true.root)
    lines = cosign(checkpoint, f"{A}/mirror", a.identity.mirror, true.time - 1)
    part = part_of("cosignature", checkpoint.text + b"\n" + b"".join(map(bytes, lines)))
    scene.taken(scene.liar.pouch(part))
    scene.flows()
    cards = [bytes(node.identity.card_note) for node in (a, b)]
    report = verify_receipt(b.service.receipt(A, sent.leaf), cards, [a.fingerprint, b.fingerprint])
    assert report.verdict == "accepted"


def test_our_own_clock_that_goes_back(scene):
    """Our ``held.time`` never does: who sends in time is not refused for our clock."""
    a, b = scene.a, scene.victim
    scene.flows()
    b.clock.offset = -1_000
    sent = a.service.send(B, alert("in time"))
    settle(a, b)
    assert b.service.item(A, sent.leaf).verdict == "accepted"
    b.clock.offset = 0
    scene.flows()


# --- the time of a pouch ------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [0, MOST], ids=["first", "last"])
def test_a_pouch_of_any_time(scene, n):
    """``time`` and ``n`` are the sender's own clock: they decide only which of its pouches is newest."""
    scene.taken(scene.liar.pouch(n=n, time=MOST, mine=MOST))
    b = scene.victim
    assert b.service.status(A).problem == ""
    scene.flows_past()
    sent = b.service.send(A, alert("to the liar"))
    settle(scene.a, b)
    assert b.service.item(A, sent.leaf).verdict == "accepted"


def test_a_clock_that_goes_back_a_day(scene):
    for hours in (-24, 24, 0):
        scene.a.clock.offset = hours * 3_600 if hours < 0 else 0
        settle(scene.a, scene.victim)
        scene.flows_past()
    asked = poll(scene.victim, scene.a)
    take_answer(scene.victim, asked, deliver(scene.a, asked.data))


# --- the time of contents -----------------------------------------------------------------------------------


@pytest.mark.parametrize("days", [-1, 91, 100_000], ids=["over", "too long", "for ever"])
def test_contents_to_be_kept_for_no_time_or_for_ever(scene, days):
    kept = scene.victim.identity.files.names("day")
    now = scene.a.identity.now()
    data, body = scene.liar.alert(keep_until=now + days * DAY)
    index = scene.says(data, body)
    settle(scene.a, scene.victim)
    assert scene.outcome(index) == b"illegal expiry"
    assert scene.victim.identity.files.names("day") == kept
    scene.flows()


def test_contents_that_come_after_their_day(scene):
    """The entry in time, its large contents too late: refused once, and not wanted for ever."""
    a, b = scene.a, scene.victim
    sent = a.service.send(B, alert("x" * 3_000_000, keep_days=1))
    carry(a, b, a.service.pouch(B, Lane.PROMPT))
    bulk = a.service.pouch(B, Lane.BULK)
    poll_through(a, b)
    b.clock.offset = 3 * DAY
    deliver(b, b"".join(bulk.pieces))
    assert b.service.item(A, sent.leaf).codes == ("expired",)
    assert b.service.status(A).wanted == 0
    b.clock.offset = 0
    scene.flows_past()


def poll_through(a, b):
    """The victim learns how much of its log the liar holds, so that the next pouch has nothing new to say."""
    asked = poll(a, b)
    take_answer(a, asked, deliver(b, asked.data))
    deliver(b, poll(a, b).data)


# --- forbidden content --------------------------------------------------------------------------------------


def person():
    return stix.bundle([domain_object("identity", name="Somebody", identity_class="individual")])


def marked_red():
    return stix.bundle([domain_object("tool", name="t", object_marking_refs=[TLP_2["red"]])])


def technical():
    return stix.bundle([indicator()])


STIX = {"kind": "information", "field": "security", "facts": {"status": "exercise"}, "media": stix.MEDIA_TYPE}
FORBIDDEN = {
    "a person": (person, STIX, "persons"),
    "a stricter mark than declared": (marked_red, STIX, "tlp-content"),
    "technical data where there is none to be": (technical, {"media": TEXT}, "media-type-content"),
    "a bundle as text": (person, STIX | {"media": TEXT}, "persons"),
    "text as a bundle": (lambda: b"just a text", STIX, "content"),
    "no document": (lambda: b"not a PDF", {"media": "application/pdf"}, "content"),
    "nothing": (lambda: b"", {}, "content"),
    "text that reads otherwise than it is stored": ("abc\u202edef".encode, {}, "content"),
    "another number of objects": (technical, STIX | {"objects": 7}, "objects"),
}


@pytest.mark.parametrize(("content", "members", "code"), FORBIDDEN.values(), ids=FORBIDDEN)
def test_forbidden_content(scene, content, members, code):
    """Refused with its code on both sides, and destroyed before anything else sees it."""
    data, body = scene.liar.alert(content(), **members)
    index = scene.says(data, body)
    settle(scene.a, scene.victim)
    (item,) = [item for item in scene.victim.service.inbox(A) if item.index == index]
    assert code in scene.refusal(bytes.fromhex(item.leaf))
    scene.flows()


HEADERS = {
    "kind": ({"kind": "information", "field": "migration", "facts": {"status": "exercise"}}, b"done"),
    "kind-not-there": ({"field": "migration"}, b"illegal kind"),
    "tlp": ({"handling": Handling("red")}, b"illegal tlp"),
    "pap": ({"handling": Handling("green", pap="red")}, b"illegal pap"),
    "media-type": ({"media": "application/zip"}, b"illegal media-type"),
    "size": ({"bodies": (Body(TEXT, 8_388_609, 1, "ab" * 32),)}, b"illegal size"),
}


@pytest.mark.parametrize(("members", "outcome"), HEADERS.values(), ids=HEADERS)
def test_a_header_that_the_text_forbids(scene, members, outcome):
    data, body = scene.liar.alert(**members)
    index = scene.says(data, body)
    settle(scene.a, scene.victim)
    assert scene.outcome(index).startswith(outcome)
    scene.flows()


def test_a_reply_to_nothing(scene):
    """To no request, to an own one, to an item that it does not have."""
    a, b = scene.a, scene.victim
    sent = b.service.send(A, alert("no request"))
    settle(a, b)
    facts = {"items": [{"item": 1, "status": "answered"}], "status": "exercise"}
    data, body = scene.liar.alert(kind="reply", re=(sent.leaf,), facts=facts)
    index = scene.says(data, body)
    settle(a, b)
    assert scene.outcome(index) == b"illegal no-request"
    scene.flows()
