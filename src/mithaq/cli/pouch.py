"""``mithaq pouch``: the same pouches on a disk that somebody carries."""

import time
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from mithaq.cli import progress
from mithaq.cli.answer import Answer, Output
from mithaq.cli.session import Here
from mithaq.exchange.packing import Lane
from mithaq.exchange.service import Service
from mithaq.wire.file import open_pouch, write_pouch
from mithaq.wire.http import POUCH_MAX

Bulk = Annotated[
    Path | None, Parameter(help="Also write a pouch with large contents that the partner says it lacks.")
]


def write(
    partner: str,
    file: Path,
    /,
    *,
    card_key: Annotated[
        bool, Parameter(negative=(), help="Seal to the key of its card: it has lost its others.")
    ] = False,
    session: Here,
) -> Answer:
    """Write the next pouch for a partner.

    Args:
        partner: its origin.
        file: where to; a directory gets a file with a name of its own.
    """
    if file.is_dir():
        file /= f"{session.directory.config().origin}-{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}.pouch"
    with session.service() as service, progress.working(partner):
        service.take_up()  # a node that never serves has nobody else to do it
        size = write_pouch(file, [service.write_pouch(partner, Lane.PROMPT, to_card=card_key)])
    return Answer({"file": str(file), "bytes": size}, [str(file)])


def read(file: Path, /, *, output: Output, bulk: Bulk = None, session: Here) -> Answer:
    """Take a pouch that somebody brought, and write the answer to carry back.

    Args:
        file: the pouch.
    """
    data = _read(file)
    with session.service() as service, progress.working(file.name):
        write_pouch(output, [service.answer_pouch(data)])
        partner = service.take(data) if bulk else ""
        files = [output, *_bulk(service, partner, bulk)]
    return Answer({"files": [str(each) for each in files]}, [str(each) for each in files])


def answer(file: Path, /, *, bulk: Bulk = None, session: Here) -> Answer:
    """Take the answer that somebody brought back.

    Args:
        file: the answer.
    """
    data = _read(file)
    with session.service() as service, progress.working(file.name):
        partner = service.take(data)
        status = service.status(partner)
        files = _bulk(service, partner, bulk)
    value = {
        "partner": partner,
        "have": status.have,
        "own_size": status.own_size,
        "files": list(map(str, files)),
    }
    return Answer(value, [partner, *map(str, files)])


def _read(file: Path) -> bytes:
    with open_pouch(file) as opened:
        return opened.read(POUCH_MAX)


def _bulk(service: Service, partner: str, file: Path | None) -> list[Path]:
    if file is None:
        return []
    write_pouch(file, [service.write_pouch(partner, Lane.BULK)])
    return [file]
