"""A node whose refusals were taken out: the real program, which judges nothing of what its own side says.

It takes the place of a side's node in the demo, with that side's keys, store and anchor::

    python tests/lying_node.py node serve DIRECTORY --passphrase-file FILE

What it says is validly signed, and forbidden. It folds its own log as any node does, so that its store stays
true, and the side's real node can take over again.
"""

from mithaq.cli.main import main
from mithaq.exchange import authoring
from mithaq.exchange.pair import Draft, Logged, Pair
from pouches import append


def say(pair: Pair, draft: Draft) -> Logged:
    """Append an entry, whatever the fold makes of it."""
    entry = draft.entry(pair.own, pair._identity.now())
    return Logged(entry, append(pair, entry.data))


if __name__ == "__main__":
    authoring._judge = lambda *_: None
    Pair.say = say
    main()
