"""``mithaq card``: our card and the partners'."""

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from mithaq.audit.cards import CARD_NOTE_MAX, signers
from mithaq.cli.answer import Answer, Output, listing, read_file, write_file
from mithaq.cli.session import Here, Session
from mithaq.crypto.notes import Note, require
from mithaq.domain.card import Card
from mithaq.errors import ConfigError, ForgedError, UsageError
from mithaq.node import setup
from mithaq.node.authority import Authority, PublicAuthority


def show(file: Path | None = None, /, *, session: Here) -> Answer:
    """What a card says, with the fingerprint to read aloud.

    Args:
        file: a card or a draft; our card in force when left out.
    """
    note = _note(file or session.directory.card)
    return _shown(note, session)


def sign(
    draft: Path,
    /,
    *,
    authority: Annotated[Path, Parameter(help="Directory of the authority.")],
    output: Output,
    session: Here,
) -> Answer:
    """Sign a drafted card, on the authority's machine.

    Args:
        draft: as ``node init`` or ``card rotate`` wrote it.
    """
    opened = Authority(authority, session.source.passphrase("passphrase of the authority: "))
    card = opened.sign_card(read_file(draft))
    write_file(output, bytes(card))
    return _shown(card, session)


def install(file: Path, /, *, session: Here) -> Answer:
    """Put our card in force, signed by the authority; a running node takes it up when it starts again.

    Args:
        file: the signed card.
    """
    note = _note(file)
    if session.directory.card.exists():
        _check_known(Card.parse(note.text), session)
    setup.install(session.directory.path, bytes(note))
    answer = _shown(note, session)
    return Answer(answer.value, [*answer.lines, session.words("The card is in force; start the node.")])


def _check_known(card: Card, session: Session) -> None:
    """New node keys before a partner knows them would make it refuse everything that we sign."""
    with session.service() as service:
        if not service.partners():
            return
        try:
            service.note(card.digest)
        except UsageError:
            raise UsageError("this card has not been published", todo="first: mithaq card publish") from None
        if waiting := service.unaware():
            raise UsageError(
                "partners have not acknowledged this card",
                got=" ".join(waiting),
                todo="install it when they have; mithaq card publish says who lacks it",
            )


def add(
    file: Path,
    /,
    *,
    fingerprint: Annotated[str, Parameter(help="As the partner read it aloud; asked for otherwise.")] = "",
    session: Here,
) -> Answer:
    """Accept a partner's card: the first with its fingerprint, later ones by the card before.

    Args:
        file: the partner's signed card.
    """
    card = Card.parse(_note(file).text)
    with session.service() as service:
        known = any(partner.origin == card.origin for partner in service.partners())
        typed = fingerprint or ("" if known else _heard(card))
        partner = service.introduce(read_file(file), typed)
    value = {"partner": partner.origin, "url": partner.url, "serial": card.serial}
    return Answer(value, listing(value))


def _heard(card: Card) -> str:
    # On standard error: with --json nothing but the answer goes to standard output.
    print(f"fingerprint of {card.origin}, as you heard it: ", end="", file=sys.stderr, flush=True)  # noqa: T201
    return input()


def rotate(
    *,
    output: Output,
    url: Annotated[str, Parameter(help="Where partners will reach the node; as before.")] = "",
    authority_public: Annotated[
        Path | None, Parameter(help="authority.toml of the committed next authority, if it takes over.")
    ] = None,
    close: Annotated[
        str,
        Parameter(help="A partner: ends our log for it where it stands; only after an unrecoverable loss."),
    ] = "",
    session: Here,
) -> Answer:
    """Draft our next card, with new log, mirror and sealing keys.

    The authority signs the draft (``card sign``); then ``card publish`` it on the node as it runs, and when
    no partner lacks it any more, stop the node, ``card install`` it, and start.
    """
    card = Card.parse(_note(session.directory.card).text)
    public = PublicAuthority(card.origin, card.authority, card.next)
    if authority_public:
        public = PublicAuthority.parse(read_file(authority_public))
    unlocks = session.source.passphrase(f"passphrase of {session.directory.path}: ")
    closes = None
    if close:
        with session.service() as service:
            closes = service.closing(close)
    names = dict(card.names)
    draft = setup.draft(session.directory.path, unlocks, public, names, url or card.url, closes)
    write_file(output, bytes(draft))
    answer = _shown(draft, session)
    todo = session.words(
        "Have the authority sign {file} (mithaq card sign), then: mithaq card publish; "
        "when no partner lacks it: mithaq card install",
        file=output,
    )
    return Answer(answer.value, [*answer.lines, todo])


def publish(file: Path | None = None, /, *, session: Here) -> Answer:
    """Enter our next card into every log, under the keys in force; says which partners lack it.

    Args:
        file: the signed next card; our card in force when left out.
    """
    with session.service() as service:
        service.publish_card(bytes(_note(file)) if file else b"")
        lacking = service.unaware()
    if lacking:
        line = session.words("Not yet acknowledged by: {partners}", partners=" ".join(lacking))
    else:
        line = session.words("Every partner has acknowledged our newest card.")
    return Answer({"unaware": lacking}, [line])


def _note(file: Path) -> Note:
    try:
        return Note.parse(read_file(file, CARD_NOTE_MAX), limit=CARD_NOTE_MAX)
    except UsageError as error:
        if file.name == "card.note" and not file.exists():
            raise ConfigError("this node has no card", where=str(file), todo="mithaq card install") from None
        raise error from None


def _shown(note: Note, session: Session) -> Answer:
    card = Card.parse(note.text)
    value = {
        "origin": card.origin,
        "serial": card.serial,
        "issued": str(card.issued),
        "valid_until": str(card.valid_until),
        "url": card.url,
        "names": dict(card.names),
        "digest": card.digest,
        "signed": _signed(note, card),
        "fingerprint": card.fingerprint,
        "closes": f"{card.closes.log} {card.closes.size} {card.closes.root}" if card.closes else "",
    }
    shown = value | {"names": card.names.get(session.words.language, next(iter(card.names.values())))}
    return Answer(value, listing(shown | {"signed": " ".join(_signed(note, card)) or "-"}))


def _signed(note: Note, card: Card) -> list[str]:
    """The roles whose pairs have signed."""
    signed: list[str] = []
    for role, signer in signers(card).items():
        try:
            require(note, signer)
        except ForgedError:
            continue
        signed.append(role)
    return signed
