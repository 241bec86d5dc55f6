"""``mithaq inbox``, ``sent``, ``show`` and ``record``: what was said, and what became of it."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from mithaq.cli import failure
from mithaq.cli.answer import KINDS, PRIVATE, Answer, OutputOrNone, listing, moment, table, write_file
from mithaq.cli.session import Here, Session
from mithaq.domain.refusal import DOUBTS, RECEIVER, REFUSERS, SENDER
from mithaq.errors import StaleError, UsageError
from mithaq.exchange.reading import Item
from mithaq.exchange.service import Service
from mithaq.formats import media, stix
from mithaq.words import N_

SHORT = 12
"""Hex digits of a leaf in a list: enough to name it again (eight are asked for)."""
SUFFIXES = {
    media.CALENDAR: ".ics",
    media.CAP: ".cap",
    media.CSV: ".csv",
    media.JPEG: ".jpg",
    media.JSON: ".json",
    media.MARKDOWN: ".md",
    media.PDF: ".pdf",
    media.PNG: ".png",
    media.TEXT: ".txt",
    media.XML: ".xml",
    stix.MEDIA_TYPE: ".json",
}
"""How saved contents are named, by their real media type."""

COLUMNS = (N_("Reference"), N_("Time"), N_("Kind"), N_("Field"), N_("State"), N_("Contents"))
"""Heads of a list; contents are those that are here, of those that there are."""

READINGS = {
    SENDER: N_("refused by its sender's national rules"),
    RECEIVER: N_("refused by its receiver's national rules"),
}
"""States in a list where it was not the signed text that refused."""
GONE = (
    N_("the content has ended"),
    N_("the content was erased before its day"),
    N_("this content is not here"),
)
"""What ``Service.content`` says of what is not here, marked: the error itself is English."""

Limit = Annotated[int, Parameter(help="How many at most.")]


def inbox(partner: str, /, *, limit: Limit = 100, session: Here) -> Answer:
    """What a partner said, newest first.

    Args:
        partner: its origin.
    """
    with session.service() as service:
        return _listed(service.inbox(partner, limit=limit), session)


def sent(partner: str, /, *, limit: Limit = 100, session: Here) -> Answer:
    """What we said to a partner, newest first, and what became of it.

    Args:
        partner: its origin.
    """
    with session.service() as service:
        return _listed(service.sent(partner, limit=limit), session)


def show(
    partner: str,
    leaf: str,
    /,
    *,
    save: Annotated[Path | None, Parameter(help="Write its contents into this directory.")] = None,
    session: Here,
) -> Answer:
    """One entry with its ladder and its contents.

    Args:
        partner: its origin.
        leaf: eight or more of the first digits of its leaf hash.
    """
    with session.service() as service:
        item = service.item(partner, leaf)
        looked = [_content(service, partner, item, ordinal) for ordinal in range(len(item.present))]
    contents, gone = [content for content, _ in looked], [why for _, why in looked]
    value = _value(item)
    files = _saved(item, contents, save) if save else []
    entry = item.entry
    lines = listing(
        {
            "leaf": item.leaf,
            "log": entry.log,
            "index": item.index,
            "kind": entry.kind,
            "field": entry.field,
            "agreement": entry.agreement,
            "re": " ".join(entry.re),
            "by": ":".join(entry.by or ()),
            "handling": " ".join(f"{name}={level}" for name, level in value["handling"].items()),
            "facts": json.dumps(entry.facts),
            "at": moment(entry.at),
            "held": moment(item.held),
            "keep_until": moment(entry.keep_until),
            "reading": session.words(item.reading),
        }
    )
    said = failure.sentences(
        session.words, item.codes, field=entry.field, kind=entry.kind, by=item.refused_by
    )
    lines += [session.words(REFUSERS[item.refused_by])] if item.refused_by else []
    lines += [f"{code}: {sentence}" for code, sentence in zip(item.codes, said, strict=True)]
    lines += [] if item.borne_out else [session.words(DOUBTS[item.refused_by])]
    for ordinal, (body, (content, why)) in enumerate(zip(entry.bodies, looked, strict=True)):
        lines += ["", f"{ordinal}  {body.type}  {body.size}  {session.words(why)}".rstrip()]
        # Only what has no control characters goes to a terminal, whatever its author says it is; and marked,
        # so that no line of it can be taken for one of ours.
        text = media.readable(content) if content is not None else None
        if text is not None:
            lines += [f"> {line}" for line in text.splitlines()]
    value |= {"files": [str(file) for file in files], "gone": gone}
    return Answer(value, [*lines, *map(str, files)])


def record(partner: str, /, *, output: OutputOrNone = None, session: Here) -> Answer:
    """The record of a pair, as both sides compare it: JSON, one line each.

    Args:
        partner: its origin.
    """
    with session.service() as service:
        data = service.record_lines(partner)
    if output:
        write_file(output, data)
        return Answer({"file": str(output), "bytes": len(data)}, [str(output)])
    lines = data.decode().splitlines()
    return Answer([json.loads(line) for line in lines], lines)


def _listed(items: Sequence[Item], session: Session) -> Answer:
    rows = [
        [
            item.leaf[:SHORT],
            moment(item.entry.at),
            session.words(KINDS[item.entry.kind]),
            item.entry.field,
            session.words(READINGS.get(item.refused_by, item.reading)),
            f"{sum(item.present)}/{len(item.present)}",
        ]
        for item in items
    ]
    heads = [[session.words(head) for head in COLUMNS]] if rows else []
    return Answer([_value(item) for item in items], table(heads + rows))


def _value(item: Item) -> dict[str, Any]:
    value = {name: getattr(item, name) for name in item.__slots__ if name != "entry"}
    return (
        value
        | item.entry.members()
        | {"handling": item.entry.handling.members() if item.entry.handling else {}}
    )


def _content(service: Service, partner: str, item: Item, ordinal: int) -> tuple[bytes | None, str]:
    """A content, or why it is not here."""
    try:
        return service.content(partner, item.leaf, ordinal), ""
    except StaleError as error:
        return None, error.message


def _saved(item: Item, contents: Sequence[bytes | None], directory: Path) -> list[Path]:
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError("the directory cannot be made", where=str(directory), got=error.strerror) from None
    files: list[Path] = []
    for ordinal, content in enumerate(contents):
        if content is not None:
            suffix = SUFFIXES.get(media.real_type(content), ".bin")
            files.append(directory / f"{item.leaf[:SHORT]}-{ordinal}{suffix}")
            write_file(files[-1], content, PRIVATE)
    return files
