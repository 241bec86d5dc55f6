"""``mithaq send``: saying something to a partner."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from mithaq.cli import bundles, events, progress
from mithaq.cli.answer import Answer, listing, read_file, typed
from mithaq.cli.failure import reason, visible
from mithaq.cli.session import Here
from mithaq.domain.handling import Handling
from mithaq.domain.kinds import BODIES_MAX
from mithaq.errors import LimitError, UsageError
from mithaq.exchange.authoring import Message
from mithaq.formats import media, misp_event, stix, stix_source
from mithaq.words import N_

Kind = Literal["alert", "request", "reply", "information", "expertise"]
Code = Literal["H0", "H1", "H2", "H3"]

STIX_FILE_MAX = 256 * 2**20
"""Bytes of a STIX bundle as a file: more than an entry can carry would only be read to be refused."""
NAMED = {
    ".cap": media.CAP,
    ".csv": media.CSV,
    ".ics": media.CALENDAR,
    ".jpeg": media.JPEG,
    ".jpg": media.JPEG,
    ".md": media.MARKDOWN,
    ".pdf": media.PDF,
    ".png": media.PNG,
    ".stix": stix.MEDIA_TYPE,
    ".txt": media.TEXT,
}
"""What a file must be, if its name says what it is."""

NEEDED = {"alert": ("urgency",), "request": ("urgency",), "reply": ("answers",)}
"""Options without which a kind cannot be said."""


def send(
    kind: Kind,
    partner: str,
    /,
    *files: Path,
    field: Annotated[str, Parameter(help="A field of the agreement.")],
    tlp: Annotated[
        Literal["clear", "green", "amber", "amber+strict", "red"] | None,
        Parameter(help="TLP 2.0; that of the contents, or the default set for the partner and the field."),
    ] = None,
    pap: Annotated[
        Literal["clear", "green", "amber", "red"] | None, Parameter(help="PAP, with --tlp; none.")
    ] = None,
    h: Annotated[list[Code] | None, Parameter(negative=(), help="Europol handling code; repeat.")] = None,
    keep_days: Annotated[int, Parameter(help="Days that both sides may keep the contents.")] = 30,
    urgency: Annotated[
        str, Parameter(help="Alert: immediate, expected, future. Request: a class of the agreement.")
    ] = "",
    items: Annotated[int | None, Parameter(help="Request: how many items it has; 1.")] = None,
    answers: Annotated[str, Parameter(help="Reply: which items it answers, as in 1,2.")] = "",
    re: Annotated[list[str] | None, Parameter(negative=(), help="Leaf of what it is about; repeat.")] = None,
    by: Annotated[str, Parameter(help="Who acts: role:number.")] = "",
    exercise: Annotated[bool, Parameter(negative=(), help="It is an exercise.")] = False,
    leave_out_refused: Annotated[
        bool,
        Parameter(
            negative=(), help="Send what is not refused of a STIX bundle, or has a place of a MISP event."
        ),
    ] = False,
    session: Here,
) -> Answer:
    """Say something to a partner: durable and signed when this ends, though not yet received.

    Args:
        kind: what it is.
        partner: its origin.
        files: its contents; - is standard input. STIX is split into contents of 1,000 objects, and upgraded
            from 2.0 where nothing is lost. An event of MISP becomes STIX.
    """
    left_out: list[dict[str, str | int]] = []
    lost: list[dict[str, str | int]] = []
    upgraded: list[str] = []
    taken = left_out if leave_out_refused else None
    contents = tuple(each for file in files for each in _contents(file, lost, taken, upgraded))
    if len(contents) > BODIES_MAX:
        raise UsageError(
            "too many contents for one entry",
            expected=f"at most {BODIES_MAX}",
            got=len(contents),
            todo="send them in several",
        )
    facts = _facts(kind, urgency, items, answers) | {"status": "exercise" if exercise else "actual"}
    with session.service() as service:
        message = Message(
            kind=kind,
            field=field,
            contents=contents,
            handling=_handling(tlp, pap, h),
            facts=facts,
            keep_days=keep_days,
            re=tuple(service.item(partner, leaf).leaf for leaf in re or ()),
            by=_by(by),
        )
        with typed(), progress.working(partner):
            sent = service.send(partner, message)
    value: dict[str, Any] = {name: getattr(sent, name) for name in sent.__slots__}
    lines = listing(value)
    told = [session.words(N_("Left out: {object}"), object=visible(reason(each))) for each in left_out]
    told += [session.words(N_("Has no place: {part}"), part=visible(reason(each))) for each in lost]
    told += [session.words(N_("Upgraded from STIX 2.0: {n}"), n=len(upgraded))] if upgraded else []
    value |= {"left_out": left_out} if leave_out_refused else {}
    value |= {"lost": lost} if lost else {}
    value |= {"upgraded": upgraded} if upgraded else {}
    return Answer(value, [*lines, *told])


def _handling(tlp: str | None, pap: str | None, h: list[Code] | None) -> Handling | None:
    """What a person decided for this sending; None where the contents or a stored default decide."""
    if tlp is None and (pap or h):
        raise UsageError("marks go together", where="--pap, --h", expected="--tlp beside them")
    return Handling(tlp, pap or "", frozenset[str](h or ())) if tlp else None


def _facts(kind: Kind, urgency: str, items: int | None, answers: str) -> dict[str, Any]:
    """The facts that the options give; those of another kind are refused."""
    given = {"urgency": urgency, "items": items, "answers": answers}
    needed = NEEDED.get(kind, ())
    allowed = (*needed, "items") if kind == "request" else needed
    if wrong := [name for name, value in given.items() if value and name not in allowed]:
        raise UsageError(f"not an option of {kind}", got=" ".join(f"--{name}" for name in wrong))
    if lacking := [name for name in needed if not given[name]]:
        raise UsageError(f"an option of {kind} lacks", expected=" ".join(f"--{name}" for name in lacking))
    if kind == "reply":
        return {"items": [{"item": item, "status": "answered"} for item in _numbers(answers)]}
    facts: dict[str, Any] = {"urgency": urgency} if urgency else {}
    return facts | ({"items": items or 1} if kind == "request" else {})


def _numbers(text: str) -> list[int]:
    try:
        return [int(each) for each in text.split(",")]
    except ValueError:
        raise UsageError("not numbers of items", where="--answers", expected="as in 1,2", got=text) from None


def _by(text: str) -> tuple[str, str] | None:
    if not text:
        return None
    role, colon, number = text.partition(":")
    if not colon:
        raise UsageError("not who acts", where="--by", expected="role:number", got=text)
    return role, number


def _contents(
    file: Path,
    lost: events.Told,
    left_out: events.Told | None = None,
    upgraded: list[str] | None = None,
) -> Iterator[tuple[str, bytes]]:
    """A file as contents: itself, or the objects of a bundle or of MISP's events in several.

    Args:
        file: its name.
        lost: takes what of an event has no place.
        left_out: takes the refused objects of a bundle; with None they refuse it.
        upgraded: takes the ids of the objects that were upgraded from STIX 2.0.
    """
    data = read_file(file, STIX_FILE_MAX)
    media_type = stix.MEDIA_TYPE if stix_source.form(data) else media.real_type(data)
    expected = NAMED.get(file.suffix.lower(), media_type)
    if not media.fits(expected, media_type):
        raise UsageError(
            "the file is not what its name says",
            where=str(file),
            expected=expected,
            got=media_type,
            todo="correct the file, or its name",
        )
    if media_type == stix.MEDIA_TYPE:
        yield from ((media_type, each) for each in bundles.bodies(file, data, left_out, upgraded))
        return
    if media_type == media.JSON and misp_event.is_event(data):
        yield from ((stix.MEDIA_TYPE, each) for each in events.bodies(file, data, left_out, lost))
        return
    try:
        stix.check_size(data)
    except LimitError as error:
        raise UsageError(
            "the file is too large for a content",
            where=str(file),
            expected=error.expected,
            got=error.got,
            todo="split it, or carry it another way and send its digest",
        ) from None
    yield expected, data
