"""``mithaq agreement``: from a text to one that is in force."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from mithaq.cli.answer import Answer, Output, listing, read_file, typed, write_file
from mithaq.cli.halting import halt_line, halted
from mithaq.cli.session import Here, Session
from mithaq.crypto.notes import Note
from mithaq.demo.rabat import ORIGINS, rabat
from mithaq.domain.agreement import Agreement
from mithaq.domain.lifecycle import SENTENCES, Side, TextLife, in_force, read
from mithaq.domain.party import origin
from mithaq.domain.things import Thing
from mithaq.errors import MalformedError
from mithaq.exchange.signing import NOTE_MAX, merge
from mithaq.node.authority import Authority


def new(
    *,
    output: Output,
    sample: Annotated[Literal["rabat"], Parameter(help="Which text to begin with.")] = "rabat",
    parties: Annotated[
        tuple[str, str], Parameter(help="Both origins; the samples are for .example only.")
    ] = ORIGINS,
    session: Here,
) -> Answer:
    """Write a complete sample text in four languages, to be changed by hand and then checked.

    It is in the one form that signed texts have: strict TOML, without comments.
    """
    _ = sample
    with typed():
        text = rabat(int(time.time()), origins=(origin(parties[0]), origin(parties[1])))
    write_file(output, text.text())
    return _shown(text, (), session)


def check(file: Path, /, *, session: Here) -> Answer:
    """Whether a text is an agreement in its one form; shows what it says.

    Args:
        file: the text, signed or not.
    """
    text, signers = _text(file)
    return _shown(Agreement.parse(text), signers, session)


def sign(
    file: Path,
    /,
    *,
    authority: Annotated[Path, Parameter(help="Directory of the authority.")],
    output: Output,
    session: Here,
) -> Answer:
    """Sign a text, on the authority's machine; signatures that it bears already stay.

    Args:
        file: the text, signed by the other side or not.
    """
    data = read_file(file, NOTE_MAX)
    text, _ = _parts(data)
    opened = Authority(authority, session.source.passphrase("passphrase of the authority: "))
    note = opened.sign_agreement(text)
    if text != data:
        note = merge(note, Note.parse(data, limit=NOTE_MAX))
    write_file(output, bytes(note))
    return _shown(Agreement.parse(text), _names(note), session)


def propose(partner: str, file: Path, /, *, session: Here) -> Answer:
    """Propose a text that our authority has signed.

    Args:
        partner: its origin.
        file: the signed text.
    """
    with session.service() as service:
        digest = service.propose(partner, read_file(file, NOTE_MAX))
    return Answer({"digest": digest}, [digest])


def cosign(file: Path, /, *, session: Here) -> Answer:
    """Bring more signatures of a text that has been proposed.

    Args:
        file: the signed text.
    """
    with session.service() as service:
        digest = service.cosign(read_file(file, NOTE_MAX))
    return Answer({"digest": digest}, [digest])


def activate(partner: str, digest: str, /, *, session: Here) -> Answer:
    """Put a text in force on our side, once both authorities have signed it.

    Args:
        partner: its origin.
        digest: of the text.
    """
    with session.service() as service:
        service.activate(partner, digest)
        found = {each["digest"]: each for each in _states(service.agreements(partner))}
    return Answer(found[digest], [session.words(SENTENCES[found[digest]["reading"]])])


def export(digest: str, /, *, output: Output, session: Here) -> Answer:
    """Write a text that is here, with its signatures, into a file for the authority's machine.

    Args:
        digest: of the text.
    """
    with session.service() as service:
        note = service.note(digest)
    write_file(output, note)
    return Answer({"digest": digest, "file": str(output)}, [str(output)])


def show(partner: str, /, *, session: Here) -> Answer:
    """Every text entered with a partner, and how it stands.

    Args:
        partner: its origin.
    """
    with session.service() as service:
        found = _states(service.agreements(partner))
        halts = service.halts(partner)
    lines: list[str] = []
    for each in found:
        each["halts"] = [halted(thing) for thing in halts if thing.relation == each["relation"]]
        lines += [
            f"{each['digest']}  {each['relation']} {each['serial']}",
            f"  {session.words(SENTENCES[each['reading']])}",
        ]
    lines += [halt_line(thing, session.words) for thing in halts]
    return Answer(found, lines)


def _states(things: Sequence[Thing]) -> list[dict[str, Any]]:
    """How texts stand, each beside the one that is in force in its relation."""
    lives = [TextLife(thing.key, thing.serial, (_side(thing, 0), _side(thing, 1))) for thing in things]
    force = {
        relation: in_force(
            life for life, thing in zip(lives, things, strict=True) if thing.relation == relation
        )
        for relation in {thing.relation for thing in things}
    }
    return [
        {
            "digest": thing.key,
            "relation": thing.relation,
            "serial": thing.serial,
            "sides": list(life.sides),
            "reading": read(life, force[thing.relation]),
        }
        for life, thing in zip(lives, things, strict=True)
    ]


def _side(thing: Thing, side: int) -> Side:
    return Side(thing.value(side) or Side.UNSEEN)


def _parts(data: bytes) -> tuple[bytes, tuple[str, ...]]:
    """A text, and the names under it; a bare text has none, since no line of it looks like a signature."""
    try:
        note = Note.parse(data, limit=NOTE_MAX)
    except MalformedError:
        return data, ()
    return note.text, _names(note)


def _text(file: Path) -> tuple[bytes, tuple[str, ...]]:
    return _parts(read_file(file, NOTE_MAX))


def _names(note: Note) -> tuple[str, ...]:
    return tuple(sorted({line.name for line in note.lines}))


def _shown(text: Agreement, signers: tuple[str, ...], session: Session) -> Answer:
    value = {
        "digest": text.digest,
        "relation": text.relation,
        "serial": text.serial,
        "title": dict(text.title),
        "parties": list(text.origins),
        "starts": str(text.starts),
        "sign_by": str(text.sign_by),
        "fields": {name: list(terms.kinds) for name, terms in text.fields.items()},
        "lines_of": list(signers),
    }
    language = session.words.language
    shown = value | {
        "title": text.title.get(language, next(iter(text.title.values()))),
        "parties": " ".join(text.origins),
        "lines_of": " ".join(signers) or "-",
        "fields": " ".join(text.fields),
    }
    return Answer(value, listing(shown))
