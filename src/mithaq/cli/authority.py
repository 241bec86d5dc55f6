"""``mithaq authority``: the keys that sign cards and agreements, in a directory that is never on a node."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from mithaq.cli.answer import Answer, listing, typed
from mithaq.cli.session import Here
from mithaq.domain.party import fingerprint
from mithaq.node.authority import Authority, PublicAuthority, public_file, read_public


def init(
    directory: Path,
    /,
    *,
    origin: Annotated[str, Parameter(help="The party: a host name of its own.")],
    session: Here,
) -> Answer:
    """Make the pair in force and the committed next one, on a machine without a network.

    Args:
        directory: new; it holds all secrets of the authority.
    """
    with typed():
        made = Authority.create(directory, origin, session.source.passphrase("new passphrase: ", new=True))
    return _shown(directory, made.public)


def public(directory: Path, /) -> Answer:
    """Where the public side is, which whoever drafts a card needs, and its fingerprint."""
    return _shown(directory, read_public(directory))


def _shown(directory: Path, known: PublicAuthority) -> Answer:
    file = public_file(directory)
    value = {
        "origin": known.origin,
        "public": str(file),
        "fingerprint": fingerprint(known.origin, known.pair),
    }
    return Answer(value, listing(value))
