"""Pouches as a lying partner would make them: its own keys, and whatever parts it likes."""

import dataclasses

from mithaq.domain.entry import leaf_hash
from mithaq.domain.party import LogName
from mithaq.exchange import pouch
from mithaq.exchange.packing import Lane
from mithaq.exchange.pouch import part_of
from mithaq.tlog.checkpoint import Checkpoint
from mithaq.tlog.head import sign_head
from mithaq.tlog.merkle import Frontier
from nodes import reader


def manifest(sender, receiver, **changes):
    """A manifest as the sender's node would write it now."""
    outbox = sender.service._outboxes[receiver.origin]
    packed = sender.service._packer.pack(
        sender.service.partner(receiver.origin), outbox, Lane.PROMPT, short=True
    )
    return dataclasses.replace(packed.manifest, **changes)


def forged(sender, receiver, contents=(), pair=None, public=None, **changes):
    """A pouch with these parts, sealed to the receiver's newest key unless another is given."""
    sealed = pouch.write(
        manifest(sender, receiver, **changes),
        tuple(contents),
        pair or sender.identity.log,
        public or sender.service.partner(receiver.origin).sealing,
        sender.identity.random,
    )
    return reader(sealed.pieces)


def log_of(node, partner):
    """Every entry of the node's own log for a partner, and its frontier."""
    rows = node.store.read(lambda tx: tx.logs.entries(LogName(node.origin, partner), 0, 10**6))
    return [row.data for row in rows]


def head_over(node, partner, entries):
    """A head over these entries, signed with the node's own keys as if they were its log."""
    name = LogName(node.origin, partner)
    frontier, _ = Frontier().append_many([leaf_hash(entry) for entry in entries])
    note = sign_head(
        Checkpoint(str(name), frontier.size, frontier.root()), node.identity.log, node.identity.now()
    )
    return part_of("head", bytes(note)), frontier


def entries_part(entries, start=0):
    return part_of("entries", pouch.pack_entries(entries), start)
