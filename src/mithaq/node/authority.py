"""The authority's keys, in a directory of their own that is never on a node (protocol 3).

::

    keys/               the pair in force and the committed next one, under a passphrase
    authority.toml      their public side, for whoever drafts a card

It signs cards, agreements, declarations and national rules. All come as files and go as files, so that the
machine with these keys needs no network.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from mithaq.audit.cards import CARD_NOTE_MAX
from mithaq.crypto.keys import SigningPair
from mithaq.crypto.keystore import create_keystore, open_keystore
from mithaq.crypto.notes import Note, sign
from mithaq.crypto.passphrase import Passphrase
from mithaq.crypto.private_files import make_directory
from mithaq.domain import strict_toml
from mithaq.domain.card import Card
from mithaq.domain.declaration import Declaration
from mithaq.domain.party import Origin, PublicPair, Role, commit_next, origin
from mithaq.errors import ConfigError, KeyStoreError
from mithaq.exchange.signing import merge, sign_agreement, sign_declaration, sign_rules

NOW = "authority-1"
NEXT = "authority-2"
TYPE = "mithaq/authority/1"
"""How ``authority.toml`` begins to say what it is."""
MEMBERS = {"ed25519", "ml-dsa-87", "next", "origin", "type"}
"""Members of ``authority.toml``."""
PUBLIC_MAX = 16_384
"""Bytes of ``authority.toml``: one key of 2,592 bytes in hex, and little else."""


@dataclass(frozen=True, slots=True)
class PublicAuthority:
    """What a card says of its authority: origin, keys in force, commitment to the next ones."""

    origin: Origin
    pair: PublicPair
    next: str

    def text(self) -> bytes:
        """``authority.toml``."""
        return strict_toml.dump(
            {
                "ed25519": self.pair.ed25519.hex(),
                "ml-dsa-87": self.pair.ml_dsa.hex(),
                "next": self.next,
                "origin": self.origin,
                "type": TYPE,
            }
        )

    @classmethod
    def parse(cls, text: bytes) -> Self:
        """Read ``authority.toml``; raises MalformedError or ConfigError."""
        value = strict_toml.load(text, PUBLIC_MAX)
        try:
            if value["type"] != TYPE or value.keys() != MEMBERS:
                raise ConfigError("not the public side of an authority", expected=TYPE)
            pair = PublicPair(bytes.fromhex(value["ed25519"]), bytes.fromhex(value["ml-dsa-87"]))
            return cls(origin(value["origin"]), pair, str(value["next"]))
        except (KeyError, ValueError, TypeError) as error:
            raise ConfigError("not the public side of an authority", got=error) from None


class Authority:
    """An authority's directory, unlocked.

    Args:
        directory: made by ``create``.
        passphrase: of its key store.
    """

    def __init__(self, directory: Path, passphrase: Passphrase) -> None:
        self._keys = open_keystore(f"file:{directory.resolve() / 'keys'}", passphrase, os.urandom)
        self.public = read_public(directory)
        self.pair: SigningPair = self._keys.load(NOW)

    @classmethod
    def create(cls, directory: Path, party: str, passphrase: Passphrase) -> Self:
        """Make the pair in force and the committed next one.

        Raises:
            MalformedError: not an origin.
            KeyStoreError: there is an authority already, or the disk refuses.
        """
        who = origin(party)
        return cls._make(directory, who, SigningPair.generate(Role.AUTHORITY, os.urandom), passphrase)

    @classmethod
    def succeed(cls, before: Path, directory: Path, unlocks: Passphrase, passphrase: Passphrase) -> Self:
        """Make the directory of the committed next authority, which takes over by the card that names it.

        The pair in force is not needed: it may be lost, or stolen (protocol 3).

        Args:
            before: a directory of the authority with its committed pair.
            directory: new; the pair that was committed is in force in it, with a new one committed.
            unlocks: the key store in ``before``.
            passphrase: of the new one.

        Raises:
            KeyStoreError: the committed pair is not there, is another one, or the disk refuses.
        """
        public = read_public(before)
        coming = open_keystore(f"file:{before.resolve() / 'keys'}", unlocks, os.urandom).load(NEXT)
        if commit_next(public.origin, coming.public) != public.next:
            raise KeyStoreError("not the pair that the authority has committed to", where=str(before))
        return cls._make(directory, public.origin, coming, passphrase)

    @classmethod
    def _make(cls, directory: Path, who: Origin, now: SigningPair, passphrase: Passphrase) -> Self:
        make_directory(directory)
        keys = create_keystore(f"file:{directory.resolve() / 'keys'}", passphrase, os.urandom)
        coming = SigningPair.generate(Role.AUTHORITY, os.urandom)
        keys.store(NOW, now)
        keys.store(NEXT, coming)
        public = PublicAuthority(who, now.public, commit_next(who, coming.public))
        public_file(directory).write_bytes(public.text())
        return cls(directory, passphrase)

    def sign_card(self, draft: bytes) -> Note:
        """Sign a drafted card, which bears the lines of the node's own pairs already.

        Raises:
            KeyStoreError: it names another authority than this one.
        """
        note = Note.parse(draft, limit=CARD_NOTE_MAX)
        card = Card.parse(note.text)
        if card.pairs[Role.AUTHORITY] != self.pair.public or card.next != self.public.next:
            raise KeyStoreError("the card names another authority", where=card.origin)
        return merge(Note(note.text, sign(note.text, card.origin, self.pair)), note)

    def sign_agreement(self, text: bytes) -> Note:
        """Sign an agreement's text; raises MalformedError if it is none, or not one of ours."""
        return sign_agreement(text, self.public.origin, self.pair)

    def sign_declaration(self, declaration: Declaration) -> Note:
        """Sign a resumption or a notice of termination.

        Raises:
            KeyStoreError: it is another party's.
        """
        if declaration.origin != self.public.origin:
            raise KeyStoreError(
                "another party's declaration", expected=self.public.origin, got=declaration.origin
            )
        return sign_declaration(declaration, self.pair)

    def sign_rules(self, text: bytes) -> Note:
        """Sign national rules; raises MalformedError if they are none, ForgedError if not ours."""
        return sign_rules(text, self.public.origin, self.pair)


def public_file(directory: Path) -> Path:
    """Where the public side is."""
    return directory / "authority.toml"


def read_public(directory: Path) -> PublicAuthority:
    """The public side of the authority in a directory.

    Raises:
        ConfigError, MalformedError: there is none.
    """
    try:
        return PublicAuthority.parse(public_file(directory).read_bytes())
    except OSError as error:
        raise ConfigError("no authority here", where=str(directory), got=error.strerror) from None
