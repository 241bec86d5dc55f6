"""Two parties with every key from fixed labels, their cards, and small agreements to break in tests."""

import hashlib
from dataclasses import dataclass
from functools import cache
from typing import Any

import msgspec

from mithaq.crypto.keys import SealingKey, SigningPair
from mithaq.crypto.notes import Note
from mithaq.demo.rabat import ORIGINS, rabat
from mithaq.domain.agreement import Agreement
from mithaq.domain.card import Card
from mithaq.domain.moment import DAY, Moment
from mithaq.domain.party import Origin, Role, commit_next
from mithaq.exchange.cards import sign_card

NOW = 1_795_600_000
A, B = ORIGINS


def seed(label: str) -> bytes:
    return hashlib.sha256(label.encode()).digest()


@cache
def pair(label: str, role: Role) -> SigningPair:
    return SigningPair(role, seed(f"{label} {role} ed25519"), seed(f"{label} {role} ml-dsa"))


@dataclass(frozen=True)
class Keys:
    """The private keys that a card speaks of, and the authority pair to come."""

    authority: SigningPair
    log: SigningPair
    mirror: SigningPair
    coming: SigningPair
    sealing: SealingKey

    def but(self, **changes: Any) -> "Keys":
        return Keys(**(vars(self) | changes))

    def sign(self, card: Card) -> Note:
        return sign_card(card, self.authority, self.log, self.mirror)


@cache
def keys(label: str) -> Keys:
    return Keys(
        pair(label, Role.AUTHORITY),
        pair(label, Role.LOG),
        pair(label, Role.MIRROR),
        pair(f"{label} coming", Role.AUTHORITY),
        SealingKey(seed(f"{label} sealing")),
    )


def card(owner: Keys, origin: Origin = A, **changes: Any) -> Card:
    return Card(
        **{
            "origin": origin,
            "serial": 1,
            "issued": Moment(NOW),
            "valid_until": Moment(NOW + 365 * DAY),
            "versions": (1, 1),
            "url": f"https://{origin}",
            "sealing": owner.sealing.public,
            "next": commit_next(origin, owner.coming.public),
            "names": {"ar": "وزارة الداخلية", "en": "Ministry of the Interior"},
            "authority": owner.authority.public,
            "log": owner.log.public,
            "mirror": owner.mirror.public,
        }
        | changes
    )


def following(before: Card, owner: Keys, **changes: Any) -> Card:
    """The next card after ``before``, issued a day later."""
    return card(
        owner,
        before.origin,
        **{
            "serial": before.serial + 1,
            "previous": before.digest,
            "issued": Moment(before.issued + DAY),
            **changes,
        },
    )


@cache
def agreement() -> Agreement:
    return rabat(NOW)


def lines(text: bytes, *changes: tuple[str, str]) -> bytes:
    """The text with each first string once replaced; fails if it is not there."""
    changed = text.decode()
    for old, new in changes:
        assert old in changed, old
        changed = changed.replace(old, new, 1)
    return changed.encode()


def members(value: msgspec.Struct) -> dict[str, Any]:
    """A value object as the table that its text says, to be changed and written again."""
    return msgspec.to_builtins(value, enc_hook=str, order="deterministic")
