"""Making a node, drafting its cards, and which card may be put in force."""

import shutil

import pytest

from mithaq.audit.cards import signers
from mithaq.crypto.notes import Note, require
from mithaq.demo.rabat import ORIGINS
from mithaq.domain.card import Card
from mithaq.domain.party import Role
from mithaq.errors import ConfigError, ForgedError, MalformedError
from mithaq.node import setup
from mithaq.node.authority import Authority
from mithaq.node.directory import Config, Directory
from mithaq.node.node import Node, identity, opened

A, B = ORIGINS
URL = "http://localhost:4700"


def unlocks():
    return b"exercise"


def config(path, origin=A):
    return Config(origin, "127.0.0.1:0", f"file:{path / 'keys'}")


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority.create(tmp_path_factory.mktemp("x") / "authority", A, unlocks)


@pytest.fixture(scope="module")
def fresh(tmp_path_factory):
    path = tmp_path_factory.mktemp("fresh") / "node"
    setup.create(path, config(path), unlocks)
    return path


@pytest.fixture
def node(tmp_path, fresh):
    path = shutil.copytree(fresh, tmp_path / "node")
    (path / "node.toml").write_text(config(path).text())
    return path


def draft(node, authority):
    return setup.draft(node, unlocks, authority.public, {"en": "Atlas"}, URL)


def test_the_second_node_in_one_place(node):
    with pytest.raises(ConfigError, match="already"):
        setup.create(node, config(node), unlocks)


def test_a_draft_bears_the_nodes_own_lines(node, authority):
    note = draft(node, authority)
    lines = signers(Card.parse(note.text))
    require(note, lines[Role.LOG], lines[Role.MIRROR])
    with pytest.raises(ForgedError):
        require(note, lines[Role.AUTHORITY])


def test_a_second_draft_keeps_the_pairs_of_the_first(node, authority):
    one, other = (Card.parse(draft(node, authority).text) for _ in range(2))
    assert (one.log, one.mirror) == (other.log, other.mirror)


def test_a_card_that_cannot_be_so_leaves_no_sealing_key(node, authority):
    with pytest.raises(MalformedError):
        setup.draft(node, unlocks, authority.public, {"en": "Atlas"}, "not an address")
    assert not list((node / "keyfiles" / "sealing").iterdir())


def test_the_authority_of_another_party(node, tmp_path):
    other = Authority.create(tmp_path / "other", B, unlocks)
    with pytest.raises(ConfigError, match="another party"):
        draft(node, other)


def test_a_card_without_its_authority(node, authority):
    with pytest.raises(ForgedError):
        setup.install(node, bytes(draft(node, authority)))
    assert not Directory(node).card.exists()


def test_the_card_of_another_party(node, authority, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    setup.create(elsewhere, config(elsewhere, B), unlocks)
    card = authority.sign_card(bytes(draft(node, authority)))
    with pytest.raises(ConfigError, match="another party"):
        setup.install(elsewhere, bytes(card))


def test_the_next_card_follows(node, authority):
    first = setup.install(node, bytes(authority.sign_card(bytes(draft(node, authority)))))
    drafted = draft(node, authority)
    second = setup.install(node, bytes(authority.sign_card(bytes(drafted))))
    assert (second.serial, second.previous) == (2, first.digest)
    assert first.log != second.log
    who = identity(Directory(node), config(node), unlocks)
    assert who.log.public == second.log


def test_an_older_card_does_not_come_back(node, authority):
    first = bytes(authority.sign_card(bytes(draft(node, authority))))
    setup.install(node, first)
    setup.install(node, bytes(authority.sign_card(bytes(draft(node, authority)))))
    with pytest.raises(MalformedError, match="does not follow"):
        setup.install(node, first)


def test_no_card_yet(node):
    with pytest.raises(ConfigError, match="no card"), opened(node, unlocks):
        pass
    with pytest.raises(ConfigError, match="no card"):
        Node(node, unlocks).start()
    with Directory(node).locked():
        pass  # what failed to start holds nothing


def test_a_pair_of_the_card_is_lost(node, authority):
    setup.install(node, bytes(authority.sign_card(bytes(draft(node, authority)))))
    next((node / "keys").glob("log-1*")).unlink()
    with pytest.raises(ConfigError, match="lacks a pair") as caught, opened(node, unlocks):
        pass
    assert caught.value.where == "log"


def test_changed_lines_are_no_card(node, authority):
    card = authority.sign_card(bytes(draft(node, authority)))
    changed = Note(card.text.replace(b"Atlas", b"Utlas"), card.lines)
    with pytest.raises(ForgedError):
        setup.install(node, bytes(changed))
