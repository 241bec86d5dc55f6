"""What halts an agreement: ``mithaq agreement suspend``, ``resume``, ``terminate`` …"""

import time
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from mithaq.cli.answer import Answer, Output, listing, moment, read_file, typed, write_file
from mithaq.cli.session import Here, Session
from mithaq.crypto.notes import Note
from mithaq.domain.agreement import Agreement
from mithaq.domain.declaration import Declaration, Declared
from mithaq.domain.moment import Moment
from mithaq.domain.things import Thing
from mithaq.errors import MalformedError, UsageError
from mithaq.exchange.signing import NOTE_MAX
from mithaq.node.authority import Authority
from mithaq.words import Words


def suspend(
    partner: str,
    digest: str,
    /,
    *,
    field: Annotated[str, Parameter(help="Only this field; else all that protects no life.")] = "",
    session: Here,
) -> Answer:
    """Suspend the text in force, or one field of it, at once; our authority alone can resume it.

    Args:
        partner: its origin.
        digest: of the text in force.
    """
    with session.service() as service:
        leaf = service.suspend(partner, digest, field)
    return Answer({"leaf": leaf, "agreement": digest, "field": field}, [leaf])


def declare(
    act: Declared,
    agreement: Path,
    /,
    *,
    authority: Annotated[Path, Parameter(help="Directory of the authority.")],
    lifts: Annotated[str, Parameter(help="Leaf hash of the suspension that is lifted.")] = "",
    output: Output,
    session: Here,
) -> Answer:
    """Sign a resumption or a notice of termination, on the authority's machine. A notice is final.

    Args:
        act: resume or terminate.
        agreement: the text in force, signed or not.
    """
    text = Agreement.parse(_text(agreement))
    opened = Authority(authority, session.source.passphrase("passphrase of the authority: "))
    with typed():
        declaration = Declaration(
            act=act,
            origin=opened.public.origin,
            relation=text.relation,
            agreement=text.digest,
            lifts=lifts,
            issued=Moment(int(time.time())),
        )
    write_file(output, bytes(opened.sign_declaration(declaration)))
    return _declared(declaration)


def resume(partner: str, file: Path, /, *, session: Here) -> Answer:
    """Lift a suspension of ours.

    Args:
        partner: its origin.
        file: what our authority has declared.
    """
    return _enter(partner, file, Declared.RESUME, session)


def terminate(partner: str, file: Path, /, *, session: Here) -> Answer:
    """Give notice of termination: when it has run, nothing new begins.

    Args:
        partner: its origin.
        file: what our authority has declared.
    """
    return _enter(partner, file, Declared.TERMINATE, session)


def offboard(partner: str, relation: str, /, *, session: Here) -> Answer:
    """After its end: erase all that the partner sent under a relation, and state it. It cannot be taken back.

    Args:
        partner: its origin.
        relation: as its texts name it.
    """
    with session.service() as service:
        count = service.offboard(partner, relation)
    return Answer({"relation": relation, "erased": count}, [str(count)])


def _enter(partner: str, file: Path, act: Declared, session: Session) -> Answer:
    data = read_file(file, NOTE_MAX)
    said = Declaration.parse(Note.parse(data, limit=NOTE_MAX).text)
    if said.act is not act:
        raise UsageError("a declaration of another act", where=str(file), expected=act, got=said.act)
    with session.service() as service:
        return _declared(service.declare(partner, data))


def _declared(declaration: Declaration) -> Answer:
    value = {
        "act": declaration.act.value,
        "relation": declaration.relation,
        "agreement": declaration.agreement,
        "lifts": declaration.lifts,
    }
    return Answer(value, listing(value))


def _text(file: Path) -> bytes:
    data = read_file(file, NOTE_MAX)
    try:
        return Note.parse(data, limit=NOTE_MAX).text
    except MalformedError:
        return data


def halted(thing: Thing) -> dict[str, Any]:
    """A suspension or a notice as JSON."""
    return {
        "relation": thing.relation,
        "field": thing.field,
        "sides": [thing.value(side) for side in (0, 1)],
        "until": list(thing.until),
        "reading": thing.reading,
    }


def halt_line(thing: Thing, words: Words) -> str:
    """The same as one line."""
    about = f"{thing.relation} {thing.field}".rstrip()
    ends = " ".join(moment(end) for end in thing.until if end)
    return f"{about}: {words(thing.reading)} {ends}".rstrip()
