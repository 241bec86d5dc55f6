"""Who this node is: its card, the pairs that it signs with, and the keys that are files apart."""

from dataclasses import dataclass
from hashlib import sha256

from mithaq.crypto.keyfiles import KeyFiles
from mithaq.crypto.keys import SealingKey, SigningPair
from mithaq.crypto.notes import Note
from mithaq.domain.card import Card
from mithaq.domain.party import Origin
from mithaq.exchange.ports import Clock, Random


@dataclass(frozen=True)
class Identity:
    """One node of one party.

    Args:
        card: the card in force.
        card_note: the same with its signatures.
        log: signs heads and manifests.
        mirror: signs cosignatures.
        files: day keys and sealing keys; that of the card is among them.
        clock: POSIX seconds.
        random: the operating system's.
    """

    card: Card
    card_note: Note
    log: SigningPair
    mirror: SigningPair
    files: KeyFiles
    clock: Clock
    random: Random

    @property
    def origin(self) -> Origin:
        """The party."""
        return self.card.origin

    @property
    def mirror_name(self) -> str:
        """The name on this node's cosignature lines (protocol 3)."""
        return f"{self.origin}/mirror"

    def now(self) -> int:
        """Whole POSIX seconds."""
        return int(self.clock())

    def now_microseconds(self) -> int:
        """Whole microseconds since 1970."""
        return int(self.clock() * 1_000_000)

    def has_sealing(self, public: bytes) -> bool:
        """Whether the private half of a sealing key is here."""
        return f"sealing/{sha256(public).hexdigest()}" in self.files.names("sealing")

    def sealing_key(self, key_id: str) -> SealingKey:
        """The sealing key with this SHA-256 in hex.

        Raises:
            KeyStoreError: there is none, or none any more.
        """
        return SealingKey(self.files.get(f"sealing/{key_id}"))
