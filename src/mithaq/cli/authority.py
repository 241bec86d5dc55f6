"""``mithaq authority``: the keys that sign cards and agreements, in a directory that is never on a node."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from mithaq.cli.answer import Answer, listing, typed
from mithaq.cli.session import Here, Source
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


def succeed(
    before: Path,
    directory: Path,
    /,
    *,
    new_passphrase_file: Annotated[Path | None, Parameter(help="Passphrase of the new directory.")] = None,
    new_passphrase_fd: Annotated[int | None, Parameter(help="Likewise, a descriptor.")] = None,
    session: Here,
) -> Answer:
    """Make the directory of the committed next authority, where the pair in force is lost, stolen or old.

    Then: card rotate with its authority.toml on the node, card sign with the new directory.

    Args:
        before: the authority's directory with its committed pair; the pair in force is not needed.
        directory: new; it holds all secrets of the next authority.
    """
    unlocks = session.source.passphrase("passphrase of the authority: ")
    source = Source(new_passphrase_fd, new_passphrase_file)
    made = Authority.succeed(before, directory, unlocks, source.passphrase("new passphrase: ", new=True))
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
