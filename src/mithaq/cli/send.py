"""``mithaq send``: saying something to a partner."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, cast

from cyclopts import Parameter

from mithaq.cli import progress
from mithaq.cli.answer import Answer, listing, read_file, typed
from mithaq.cli.session import Here
from mithaq.domain.handling import Handling
from mithaq.domain.kinds import BODIES_MAX
from mithaq.errors import LimitError, PeerError, UsageError
from mithaq.exchange.authoring import Message
from mithaq.formats import media, stix, strict_json

Kind = Literal["alert", "request", "reply", "information", "expertise"]
Code = Literal["H0", "H1", "H2", "H3"]

STIX_FILE_MAX = 256 * 2**20
"""Bytes of a STIX bundle as a file: more than an entry can carry would only be read to be refused."""
NAMED = {".pdf": media.PDF, ".txt": media.TEXT, ".stix": stix.MEDIA_TYPE}
"""What a file must be, if its name says what it is."""

NEEDED = {"alert": ("urgency",), "request": ("urgency",), "reply": ("answers",)}
"""Options without which a kind cannot be said."""


def send(
    kind: Kind,
    partner: str,
    /,
    *files: Path,
    field: Annotated[str, Parameter(help="A field of the agreement.")],
    tlp: Annotated[Literal["clear", "green", "amber", "amber+strict", "red"], Parameter(help="TLP 2.0.")],
    pap: Annotated[Literal["clear", "green", "amber", "red"] | None, Parameter(help="PAP; none.")] = None,
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
    session: Here,
) -> Answer:
    """Say something to a partner: durable and signed when this ends, though not yet received.

    Args:
        kind: what it is.
        partner: its origin.
        files: its contents; - is standard input. A STIX bundle is split into contents of 1,000 objects.
    """
    contents = tuple(each for file in files for each in _contents(file))
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
            handling=Handling(tlp, pap or "", frozenset[str](h or ())),
            facts=facts,
            keep_days=keep_days,
            re=tuple(service.item(partner, leaf).leaf for leaf in re or ()),
            by=_by(by),
        )
        with typed(), progress.working(partner):
            sent = service.send(partner, message)
    value = {name: getattr(sent, name) for name in sent.__slots__}
    return Answer(value, listing(value))


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


def _contents(file: Path) -> Iterator[tuple[str, bytes]]:
    """A file as contents: itself, or a bundle's objects in several."""
    data = read_file(file, STIX_FILE_MAX)
    media_type = media.real_type(data)
    expected = NAMED.get(file.suffix.lower(), media_type)
    if media_type != expected:
        raise UsageError(
            "the file is not what its name says",
            where=str(file),
            expected=expected,
            got=media_type,
            todo="correct the file, or its name",
        )
    if media_type == stix.MEDIA_TYPE:
        yield from ((media_type, each) for each in _bodies(file, data))
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
    yield media_type, data


def _bodies(file: Path, data: bytes) -> Iterator[bytes]:
    """A bundle of at most 1,000 objects stays as it is; a larger one is written anew in parts."""
    try:
        objects = strict_json.load(str(file), data).get("objects")
        if not isinstance(objects, list) or not objects:
            raise UsageError("a bundle without objects", where=str(file))
        listed = cast("list[dict[str, Any]]", objects)
        if len(listed) <= stix.OBJECTS_PER_BODY and len(data) <= stix.CONTENT_MAX:
            yield data
            return
        parts = -(-len(listed) // stix.OBJECTS_PER_BODY)
        yield from map(stix.bundle, progress.each(stix.split(listed), file.name, parts))
    except PeerError as error:
        raise UsageError(
            "the bundle cannot be sent",
            where=str(file),
            expected=error.expected,
            got=error.got or error.message,
        ) from None
