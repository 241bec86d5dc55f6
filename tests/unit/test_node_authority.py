"""The authority apart: it signs its own cards and agreements, and nobody else's."""

import shutil
import time

import msgspec
import pytest

from mithaq.audit.cards import signers
from mithaq.crypto.notes import Note, require
from mithaq.demo.rabat import ORIGINS, rabat
from mithaq.domain.card import Card
from mithaq.domain.party import commit_next
from mithaq.errors import ConfigError, KeyStoreError, MalformedError
from mithaq.node import setup
from mithaq.node.authority import NEXT, NOW, Authority, PublicAuthority, public_file
from mithaq.node.directory import Config, Directory

A, B = ORIGINS


def unlocks():
    return b"exercise"


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    """An authority, and a node with a drafted card."""
    root = tmp_path_factory.mktemp("authority")
    authority = Authority.create(root / "authority", A, unlocks)
    node = root / "node"
    setup.create(node, Config(A, "127.0.0.1:0", f"file:{node / 'keys'}"), unlocks)
    draft = setup.draft(node, unlocks, authority.public, {"en": "Atlas"}, "http://localhost:4700")
    return root, authority, draft


def test_the_public_side_is_a_file_of_one_form(places):
    root, authority, _ = places
    text = public_file(root / "authority").read_bytes()
    assert PublicAuthority.parse(text) == authority.public
    assert PublicAuthority.parse(text).text() == text


def test_the_committed_pair_is_kept(places):
    root, authority, _ = places
    again = Authority(root / "authority", unlocks)
    assert again.public == authority.public
    assert commit_next(A, again._keys.load(NEXT).public) == authority.public.next


def test_another_passphrase(places):
    root, _, _ = places
    with pytest.raises(KeyStoreError):
        Authority(root / "authority", lambda: b"another")


def test_it_is_made_once(places):
    root, authority, _ = places
    with pytest.raises(KeyStoreError):
        Authority.create(root / "authority", A, unlocks)
    assert Authority(root / "authority", unlocks).public == authority.public


def test_a_public_side_of_another_kind(places):
    text = places[1].public.text()
    for wrong in (text.replace(b"authority/1", b"authority/2"), b'also = "x"\n' + text):
        with pytest.raises(ConfigError, match="not the public side"):
            PublicAuthority.parse(wrong)


def test_no_public_side_there(places, tmp_path):
    root, *_ = places
    shutil.copytree(root / "authority", tmp_path / "authority")
    public_file(tmp_path / "authority").unlink()
    with pytest.raises(ConfigError, match="no authority here"):
        Authority(tmp_path / "authority", unlocks)


@pytest.mark.parametrize("text", [b"", b'type = "x"\n', b"\xff", b'ed25519 = "00"\n'])
def test_no_public_side(text):
    with pytest.raises((ConfigError, MalformedError)):
        PublicAuthority.parse(text)


def test_a_signed_card_bears_every_line(places):
    _, authority, draft = places
    card = authority.sign_card(bytes(draft))
    require(card, *signers(Card.parse(card.text)).values())


def test_the_card_of_another_authority(places, tmp_path):
    _, _, draft = places
    other = Authority.create(tmp_path / "other", A, unlocks)
    with pytest.raises(KeyStoreError, match="another authority"):
        other.sign_card(bytes(draft))


def test_another_pair_with_our_commitment(places, tmp_path):
    _, authority, draft = places
    other = Authority.create(tmp_path / "other", A, unlocks)
    card = msgspec.structs.replace(Card.parse(draft.text), authority=other.public.pair)
    with pytest.raises(KeyStoreError, match="another authority"):
        authority.sign_card(bytes(Note(card.text(), draft.lines)))


def test_another_commitment_under_our_pair(places):
    _, authority, draft = places
    text = draft.text.replace(authority.public.next.encode(), b"0" * 128)
    with pytest.raises(KeyStoreError, match="another authority"):
        authority.sign_card(bytes(Note(text, draft.lines)))


def test_an_agreement_of_ours(places):
    _, authority, _ = places
    text = rabat(int(time.time())).text()
    assert authority.sign_agreement(text).text == text


def test_an_agreement_of_others(places):
    _, authority, _ = places
    text = rabat(int(time.time()), origins=("x.example", "y.example")).text()
    with pytest.raises(MalformedError):
        authority.sign_agreement(text)


def test_the_authority_is_on_no_node(places):
    """Nothing of the authority's secret is below the node's directory."""
    root, *_ = places
    secret = {path.read_bytes() for path in (root / "authority" / "keys").iterdir()}
    kept = {path.read_bytes() for path in Directory(root / "node").path.rglob("*") if path.is_file()}
    assert not secret & kept


def test_the_committed_pair_takes_over_without_the_one_in_force(places, tmp_path):
    root, authority, _ = places
    copy = tmp_path / "before"
    shutil.copytree(root / "authority", copy)
    (copy / "keys" / f"{NOW}.key").unlink()
    after = Authority.succeed(copy, tmp_path / "after", unlocks, lambda: b"another")
    assert commit_next(A, after.public.pair) == authority.public.next
    assert after.public.next not in (authority.public.next, commit_next(A, after.public.pair))
    assert Authority(tmp_path / "after", lambda: b"another").public == after.public
    with pytest.raises(KeyStoreError):
        Authority(copy, unlocks)


def test_only_the_committed_pair_takes_over(places, tmp_path):
    root, _, _ = places
    other = Authority.create(tmp_path / "other", A, unlocks)
    public_file(tmp_path / "other").write_bytes(public_file(root / "authority").read_bytes())
    with pytest.raises(KeyStoreError, match="committed"):
        Authority.succeed(tmp_path / "other", tmp_path / "after", unlocks, unlocks)
    assert other.public != Authority(root / "authority", unlocks).public
    assert not (tmp_path / "after").exists()
