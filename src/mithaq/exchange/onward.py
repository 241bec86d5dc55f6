"""Onward release: what one partner sent goes to another only with its owner's consent (domain 4).

A content is recognised by its mark, whole and unchanged. What is copied by hand, or changed by a byte, is
not: the software cannot know it, and says so (protocol 12).
"""

from collections.abc import Iterable

from mithaq.domain.party import Origin
from mithaq.domain.things import consent_key
from mithaq.exchange.identity import Identity
from mithaq.exchange.pair import Pair
from mithaq.exchange.ports import BodyKey, Transaction


def owners(
    tx: Transaction, identity: Identity, recipient: Origin, marks: Iterable[bytes]
) -> tuple[Origin, ...]:
    """Third sides that have sent one of these contents and have not consented to this recipient, sorted.

    Args:
        tx: a snapshot.
        identity: this node.
        recipient: who is to get them.
        marks: of the contents (``KeyFiles.mark``).
    """
    return tuple(
        sorted(
            {
                key.log.author
                for mark in marks
                for key in tx.bodies.marked(mark)
                if key.log.author not in {identity.origin, recipient}
                if not _consented(tx, identity, key, recipient)
            }
        )
    )


def _consented(tx: Transaction, identity: Identity, key: BodyKey, recipient: Origin) -> bool:
    pair = Pair(tx, identity, key.log.other)
    leaf = pair.row(key.log, key.index).leaf.hex()
    consent = pair.thing(consent_key(leaf, recipient))
    return consent is not None and consent.value(pair.side_of(key.log)) == "granted"
