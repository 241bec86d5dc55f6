"""``mithaq rules``: national rules, from a text to one that the node enforces, and what a partner's close."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, cast

from cyclopts import Parameter

from mithaq.cli.answer import Answer, Output, listing, moment, read_file, table, typed, write_file
from mithaq.cli.session import Here, Session
from mithaq.crypto.notes import Note
from mithaq.domain.moment import Moment
from mithaq.domain.narrowing import Narrowing
from mithaq.domain.national import NationalRules
from mithaq.domain.party import origin as party
from mithaq.errors import MalformedError
from mithaq.exchange.national import Told
from mithaq.exchange.signing import NOTE_MAX
from mithaq.node.authority import Authority
from mithaq.words import N_

PLACES = ("partner", "relation", "field")
"""Members that say where a narrowing applies; the others say what it closes."""
COLUMNS = (N_("Partner"), N_("Relation"), N_("Field"), N_("Closes"))
"""Heads of a list of what is closed; an asterisk stands for all."""


def new(
    *,
    output: Output,
    origin: Annotated[str, Parameter(help="The party.")],
    serial: Annotated[int, Parameter(help="Above that of the rules in force.")] = 1,
    session: Here,
) -> Answer:
    """Write a sample text, to be changed by hand and then checked: it narrows a field that no text has.

    It is in the one form that signed texts have: strict TOML, without comments.
    """
    with typed():
        rules = NationalRules(
            origin=party(origin),
            serial=serial,
            issued=Moment(int(time.time())),
            title={"en": "National rules"},
            grounds={"en": "The law that they follow. No partner is told this."},
            narrows=(Narrowing(field="example", kinds=("expertise",), tlp="green", retention_days=30),),
        )
    write_file(output, rules.text())
    return _shown(rules, session)


def check(file: Path, /, *, session: Here) -> Answer:
    """Whether a text is national rules in their one form; shows what they close.

    Args:
        file: the text, signed or not.
    """
    with typed():
        rules = NationalRules.parse(_text(read_file(file, NOTE_MAX)))
    return _shown(rules, session)


def sign(
    file: Path,
    /,
    *,
    authority: Annotated[Path, Parameter(help="Directory of the authority.")],
    output: Output,
    session: Here,
) -> Answer:
    """Sign national rules, on the authority's machine.

    Args:
        file: the text.
    """
    text = _text(read_file(file, NOTE_MAX))
    opened = Authority(authority, session.source.passphrase("passphrase of the authority: "))
    note = opened.sign_rules(text)
    write_file(output, bytes(note))
    return _shown(NationalRules.parse(text), session)


def load(file: Path, /, *, session: Here) -> Answer:
    """Put national rules in force that our authority has signed, and tell every partner what they close.

    Args:
        file: the signed text; its serial is above that of the one before.
    """
    with session.service() as service:
        loaded = service.load_rules(read_file(file, NOTE_MAX))
    lines = [session.words("The national rules are in force.")]
    if loaded.idle:
        numbers = " ".join(map(str, loaded.idle))
        lines.append(
            session.words("About no field of a text in force: narrowing {numbers}.", numbers=numbers)
        )
    value = {"digest": loaded.digest, "serial": loaded.serial, "idle": list(loaded.idle)}
    return Answer(value, [loaded.digest, *lines])


def show(partner: str = "", /, *, session: Here) -> Answer:
    """Our national rules in force; with a partner, what ours and the partner's close in this pair.

    Args:
        partner: its origin.
    """
    with session.service() as service:
        if partner:
            ours, theirs = service.told_rules(partner)
            return _told(partner, ours, theirs, session)
        note = service.rules()
    if not note:
        return Answer(None, [session.words("There are no national rules.")])
    return _shown(NationalRules.parse(Note.parse(note, limit=NOTE_MAX).text), session)


def _text(data: bytes) -> bytes:
    """The text of a note, or the bytes themselves: no line of a bare text looks like a signature."""
    try:
        return Note.parse(data, limit=NOTE_MAX).text
    except MalformedError:
        return data


def _shown(rules: NationalRules, session: Session) -> Answer:
    closes = [each.members() | _partner(each.partner) for each in rules.narrows]
    value: dict[str, Any] = {
        "digest": rules.digest,
        "origin": rules.origin,
        "serial": rules.serial,
        "issued": str(rules.issued),
        "title": dict(rules.title),
        "narrows": closes,
    }
    title = rules.title.get(session.words.language, next(iter(rules.title.values())))
    return Answer(value, [*listing(value | {"title": title, "narrows": ""}), "", *_closes(closes, session)])


def _told(partner: str, ours: Told | None, theirs: Told | None, session: Session) -> Answer:
    heads = {
        "ours": session.words("What our national rules close, as the partner was told:"),
        "theirs": session.words("What the national rules of {partner} close:", partner=partner),
    }
    value: dict[str, Any] = {}
    lines: list[str] = []
    for name, told in (("ours", ours), ("theirs", theirs)):
        value[name] = told and {slot: getattr(told, slot) for slot in told.__slots__}
        lines += [heads[name], *(_one(told, session) if told else [session.words("no rules told")]), ""]
    return Answer(value, lines[:-1])


def _one(told: Told, session: Session) -> list[str]:
    stands = listing({"digest": told.digest, "serial": told.serial, "at": moment(told.at)})
    return [*stands, *_closes(told.closes, session)]


def _partner(partner: str) -> dict[str, str]:
    return {"partner": partner} if partner else {}


def _closes(closes: Sequence[dict[str, Any]], session: Session) -> list[str]:
    if not closes:
        return [session.words("They close nothing.")]
    rows = [[*(str(each.get(place, "*")) for place in PLACES), _said(each)] for each in closes]
    return table([[session.words(head) for head in COLUMNS], *rows])


def _said(closed: dict[str, Any]) -> str:
    """What a narrowing closes, by the names that the text has for it."""
    members = {
        name: ",".join(cast("list[str]", member)) if isinstance(member, list | tuple) else str(member)
        for name, member in closed.items()
        if name not in PLACES
    }
    return " ".join(f"{name}={member}" for name, member in members.items())
