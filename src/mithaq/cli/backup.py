"""``mithaq backup``: take a copy of a node while it serves, check it, put it back."""

import time
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from mithaq.cli import progress
from mithaq.cli.answer import Answer, listing, moment
from mithaq.cli.session import Here
from mithaq.node import backup
from mithaq.node.backup import Report, Shelves
from mithaq.node.restore import restore as put_back

Keys = Annotated[
    Path | None, Parameter(help="Where keys go, better on another disk; else keys/ beside data/.")
]
At = Annotated[str, Parameter(help="Which, by its time as in 20261125T081500Z; the newest.")]


def create(directory: Path, /, *, keys: Keys = None, session: Here) -> Answer:
    """Take a backup, whether or not the node runs; it is verified on the way.

    Args:
        directory: where backups are kept, outside the node; made if it is not there.
    """
    with progress.working(str(directory)):
        report = backup.create(session.directory, Shelves.at(directory, keys), int(time.time()))
    return _answer(report, session.words("The backup is complete."))


def verify(directory: Path, /, *, keys: Keys = None, at: At = "", session: Here) -> Answer:
    """Check a backup: every hash, the database, every log from its entries to its signed head.

    Args:
        directory: where backups are kept.
    """
    with progress.working(str(directory)):
        report = backup.verify(Shelves.at(directory, keys), int(time.time()), at)
    return _answer(report, session.words("The backup holds."))


def restore(directory: Path, /, *, keys: Keys = None, at: At = "", session: Here) -> Answer:
    """Put a backup into the empty directory that --dir names; an anchor that is there stays.

    Args:
        directory: where backups are kept.
    """
    with progress.working(str(directory)):
        report = put_back(session.directory, Shelves.at(directory, keys), int(time.time()), at)
    said = session.words(
        "The node is put back; before it serves it erases what is due. A pair that is older than the anchor"
        " has to be recovered."
    )
    return _answer(report, said)


def _answer(report: Report, said: str) -> Answer:
    logs = [{"log": str(log.name), "size": log.size, "root": log.root.hex()} for log in report.logs]
    value = {
        "data": str(report.data),
        "keys": str(report.keys),
        "time": report.time,
        "origin": report.card.origin,
        "fingerprint": report.card.fingerprint,
        "day_keys": report.days,
        "logs": logs,
    }
    shown = value | {"time": moment(report.time), "logs": ""}
    return Answer(value, [said, *listing(shown), *(line for log in logs for line in ("", *listing(log)))])
