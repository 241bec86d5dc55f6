"""``mithaq authority``: the keys that sign cards and agreements, in a directory that is never on a node."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from mithaq.cli.answer import Answer, listing
from mithaq.cli.session import Here
from mithaq.domain.party import fingerprint
from mithaq.errors import ConfigError
from mithaq.node.authority import Authority, PublicAuthority, public_file


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
    made = Authority.create(directory, origin, session.source.passphrase("new passphrase: ", new=True))
    return _shown(directory, made.public)


def public(directory: Path, /) -> Answer:
    """Where the public side is, which whoever drafts a card needs, and its fingerprint."""
    file = public_file(directory)
    try:
        known = PublicAuthority.parse(file.read_bytes())
    except OSError as error:
        raise ConfigError("no authority here", where=str(directory), got=error.strerror) from None
    return _shown(directory, known)


def _shown(directory: Path, known: PublicAuthority) -> Answer:
    file = public_file(directory)
    value = {
        "origin": known.origin,
        "public": str(file),
        "fingerprint": fingerprint(known.origin, known.pair),
    }
    return Answer(value, listing(value))
