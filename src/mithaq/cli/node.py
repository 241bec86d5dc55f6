"""``mithaq node``: make a node, serve it."""

import signal
import threading
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Annotated

from cyclopts import Parameter

from mithaq.cli.answer import Answer, listing, read_file, typed, write_file
from mithaq.cli.session import Here, Source
from mithaq.domain.party import origin as checked
from mithaq.errors import UsageError
from mithaq.node import log, setup
from mithaq.node.authority import Authority, PublicAuthority, public_file
from mithaq.node.directory import Config, Directory
from mithaq.node.node import Node


def init(
    directory: Path,
    /,
    *,
    origin: Annotated[str, Parameter(help="The party: a host name of its own.")],
    url: Annotated[str, Parameter(help="Where partners reach the node: https://host[:port][/path].")],
    listen: Annotated[str, Parameter(help="Where it listens: host:port.")],
    name: Annotated[list[str], Parameter(negative=(), help="The party's name in a language: en=…; repeat.")],
    authority: Annotated[
        Path | None, Parameter(help="Directory of the authority, for rehearsals: signs the card at once.")
    ] = None,
    authority_public: Annotated[Path | None, Parameter(help="Its public side: authority.toml.")] = None,
    authority_passphrase_file: Annotated[Path | None, Parameter(help="Passphrase of the authority.")] = None,
    authority_passphrase_fd: Annotated[int | None, Parameter(help="Likewise, a descriptor.")] = None,
    session: Here,
) -> Answer:
    """Make a node and draft its card; with the authority at hand, sign and install it.

    Args:
        directory: new, or empty; or of a node whose first card has not been drafted, to go on with.
    """
    if (authority is None) == (authority_public is None):
        raise UsageError("the card names an authority", todo="give one of --authority and --authority-public")
    names = _names(name)
    public = PublicAuthority.parse(read_file(authority_public or public_file(authority or Path())))
    directory = directory.resolve()
    file = directory / "card.draft"
    # The authority first: where its passphrase is another, nothing has been made.
    source = Source(authority_passphrase_fd, authority_passphrase_file)
    opened = authority and Authority(authority, source.passphrase("passphrase of the authority: "))
    unlocks = session.source.passphrase("new passphrase of the node: ", new=True)
    with typed():
        config = Config(checked(origin), listen, f"file:{Directory(directory).keys}")
        if file.exists() or not _begun(Directory(directory), config):
            setup.create(directory, config, unlocks)
        draft = bytes(setup.draft(directory, unlocks, public, names, url))
    if opened:
        card = setup.install(directory, bytes(opened.sign_card(draft)))
        value = {
            "origin": card.origin,
            "card": str(Directory(directory).card),
            "fingerprint": card.fingerprint,
        }
        return Answer(value, [*listing(value), session.words("The card is in force; start the node.")])
    write_file(file, draft)
    todo = session.words(
        "Have the authority sign {file} (mithaq card sign), then: mithaq card install", file=file
    )
    return Answer({"origin": origin, "draft": str(file)}, [todo])


def _begun(directory: Directory, config: Config) -> bool:
    """Whether this node was made and got no further, because its card could not be so."""
    return directory.config_file.exists() and not directory.card.exists() and directory.config() == config


def _names(pairs: list[str]) -> dict[str, str]:
    names: dict[str, str] = {}
    for pair in pairs:
        language, equals, text = pair.partition("=")
        if not equals or language in names:
            raise UsageError("not a name", where="--name", expected="a language, =, the name", got=pair)
        names[language] = text
    return names


def renew(*, session: Here) -> Answer:
    """Make an empty store where the old one is gone without a backup; the anchor must be there.

    Then add the card of every partner again: it gives back what this node has said.
    """
    setup.renew(session.directory.path)
    return Answer({"store": str(session.directory.store)}, [str(session.directory.store)])


def serve(directory: Path | None = None, /, *, session: Here) -> int:
    """Serve until SIGTERM or SIGINT; then stop cleanly.

    Args:
        directory: of the node, where ``--dir`` does not say it.
    """
    session = replace(session, path=directory or session.path)
    log.configure()
    stopping = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        del number, frame
        stopping.set()

    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, stop)
    path = session.directory.path
    node = Node(path, session.source.passphrase(f"passphrase of {path}: "))
    node.start()
    try:
        stopping.wait()
    finally:
        node.stop()
    return 0
