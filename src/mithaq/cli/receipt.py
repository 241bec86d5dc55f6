"""``mithaq receipt``: proof of delivery as a file, and its check by somebody who has nothing but files."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from mithaq.audit.cards import CARD_NOTE_MAX
from mithaq.audit.receipt import RECEIPT_MAX
from mithaq.audit.verify import verify_receipt
from mithaq.cli.answer import Answer, Output, listing, moment, read_file, write_file
from mithaq.cli.session import Here


def export(partner: str, leaf: str, /, *, output: Output, session: Here) -> Answer:
    """Write the receipt of an entry, with as many rungs as there are.

    Args:
        partner: its origin.
        leaf: eight or more of the first digits of its leaf hash.
    """
    with session.service() as service:
        data = service.receipt(partner, leaf)
    write_file(output, data)
    return Answer({"file": str(output), "bytes": len(data)}, [str(output)])


def verify(
    file: Path,
    /,
    *,
    card: Annotated[list[Path], Parameter(negative=(), help="A signed card, of each party; repeat.")],
    fingerprint: Annotated[list[str], Parameter(negative=(), help="As heard, of each authority; repeat.")],
    session: Here,
) -> Answer:
    """Check a receipt: from files alone, without a node or a network.

    Args:
        file: the receipt.
    """
    cards = [read_file(each, CARD_NOTE_MAX) for each in card]
    report = verify_receipt(read_file(file, RECEIPT_MAX), cards, fingerprint)
    value = {
        "leaf": report.leaf,
        "log": str(report.entry.log),
        "index": report.index,
        "kind": report.entry.kind,
        "field": report.entry.field,
        "at": report.entry.at,
        "cosigned": report.cosigned,
        "held": report.held,
        "verdict": report.verdict,
        "codes": list(report.codes),
        "refused_by": report.refused_by,
        "erased": report.erased,
    }
    times = {"at": report.entry.at, "cosigned": report.cosigned, "held": report.held}
    times["erased"] = report.erased
    verdict = session.words(report.verdict) if report.verdict else "-"
    shown = value | {name: moment(each) or "-" for name, each in times.items()}
    shown |= {"verdict": verdict, "codes": " ".join(report.codes)}
    return Answer(value, [session.words("The proof holds."), *listing(shown)])
