"""Contents at rest: examined, sealed under the key of the day on which they end (protocol 8)."""

import dataclasses
import os

import pytest

from mithaq.crypto.keyfiles import KeyFiles
from mithaq.domain.entry import Body
from mithaq.domain.moment import DAY
from mithaq.domain.party import LogName
from mithaq.errors import ForgedError, KeyStoreError, PeerError, StaleError
from mithaq.exchange import contents
from mithaq.exchange.contents import CHUNK, Place
from mithaq.formats.stix import MEDIA_TYPE
from nodes import TEXT, A, B, Clock, identity_of
from signed_texts import keys
from stix_samples import indicator, plain_bundle

PLACE = Place(LogName(A, B), "0197a1b2c3d47e5f8a9b0c1d2e3f4a5b", 0)


@pytest.fixture
def identity(tmp_path):
    return identity_of(tmp_path, keys("a"), A, Clock())


def new(identity, content=b"content", media_type=TEXT, days=1, place=PLACE):
    return contents.new(identity, place, media_type, content, identity.now() + days * DAY)


@pytest.mark.parametrize("content", [b"c", b"x" * CHUNK, os.urandom(2 * CHUNK + 1)])
def test_round_trip(identity, content):
    body, stored = new(identity, content, "application/octet-stream")
    salt, loaded = contents.load(identity, PLACE, stored)
    assert loaded == content
    contents.matches(PLACE, body, salt, content)
    assert (stored.size, body.size, stored.commit.hex()) == (len(content), len(content), body.commit)


def test_the_part_that_travels_is_known_beforehand(identity):
    import hashlib

    _, stored = new(identity)
    assert hashlib.sha256(b"".join(contents.load(identity, PLACE, stored))).digest() == stored.part


def test_nothing_clear_is_stored(identity):
    _, stored = new(identity, b"clear words " * 100)
    assert b"clear words" not in stored.sealed


def test_a_content_opens_in_its_own_place_only(identity):
    _, stored = new(identity)
    for other in (
        dataclasses.replace(PLACE, ordinal=1),
        dataclasses.replace(PLACE, entry_id="00" * 16),
        dataclasses.replace(PLACE, log=PLACE.log.other),
    ):
        with pytest.raises(ForgedError):
            contents.load(identity, other, stored)


@pytest.mark.parametrize("at", [0, 60, -1])
def test_changed_bytes_do_not_open(identity, at):
    _, stored = new(identity)
    sealed = bytearray(stored.sealed)
    sealed[at] ^= 1
    with pytest.raises(PeerError):
        contents.load(identity, PLACE, dataclasses.replace(stored, sealed=bytes(sealed)))


def test_without_its_day_key_it_is_gone(identity):
    _, stored = new(identity)
    identity.files.destroy(contents.day_name(stored.day))
    with pytest.raises(KeyStoreError):
        contents.load(identity, PLACE, stored)


def test_keys_of_ended_days_are_destroyed_and_no_other(identity):
    for days in (0, 1, 2):
        new(identity, days=days)
    identity.clock.offset = DAY
    contents.destroy_ended(identity)
    today = contents.day_of(identity.now())
    assert identity.files.names("day") == [contents.day_name(today), contents.day_name(today + 1)]


def test_no_key_is_made_for_a_day_that_is_over(identity):
    with pytest.raises(StaleError, match="has ended"):
        new(identity, days=-1)
    assert identity.files.names("day") == []
    _, stored = new(identity, days=0)
    assert stored.day == contents.day_of(identity.now())


def test_the_same_content_twice_has_two_commitments(identity):
    assert new(identity)[0].commit != new(identity)[0].commit


@pytest.mark.parametrize("change", [{"size": 6}, {"commit": "00" * 32}, {"type": "application/pdf"}])
def test_what_an_entry_did_not_commit_to(identity, change):
    body, stored = new(identity)
    salt, content = contents.load(identity, PLACE, stored)
    with pytest.raises(ForgedError):
        contents.matches(PLACE, dataclasses.replace(body, **change), salt, content)
    with pytest.raises(ForgedError):
        contents.matches(PLACE, body, bytes(32), content)


def test_objects_are_counted_and_findings_kept(identity):
    body, stored = new(identity, plain_bundle(indicator(1), indicator(2)), MEDIA_TYPE)
    found = contents.findings(stored)
    assert (body.objects, found.objects, found.media_type, found.technical) == (2, 2, MEDIA_TYPE, True)
    assert found.keys == ()


@pytest.mark.parametrize("content", [b'{"type":"bundle"}', b'{"type":"bundle","objects":[{}]}'])
def test_what_cannot_be_examined_is_a_problem_and_no_error(identity, content):
    """Both sides must come to one judgment, so examining never fails."""
    found = contents.examine(MEDIA_TYPE, content)
    assert found.problems
    assert found == contents.findings(new(identity, content, MEDIA_TYPE)[1])


def test_a_secret_of_another_node_opens_nothing(identity, tmp_path):
    _, stored = new(identity)
    files = KeyFiles(tmp_path / "keyfiles", b"\1" * 32, os.urandom)
    with pytest.raises(KeyStoreError):
        contents.load(dataclasses.replace(identity, files=files), PLACE, stored)


def test_days_are_named_in_utc():
    assert contents.day_of(0) == 0
    assert contents.day_of(DAY - 1) == 0
    assert contents.day_name(contents.day_of(1_795_600_000)) == "day/2026-11-25"


def test_a_body_row_is_what_the_entry_says(identity):
    body, _ = new(identity)
    assert isinstance(body, Body)
    assert (body.type, body.size, body.objects) == (TEXT, 7, 1)
