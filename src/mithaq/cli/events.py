"""A file of MISP events, made into STIX contents; what of it has no place is told before anything is sent."""

from pathlib import Path

from mithaq.cli import bundles
from mithaq.errors import PeerError, RefusedError, UsageError
from mithaq.formats import misp_stix, stix
from mithaq.formats.losses import INTERNAL, Loss

Told = list[dict[str, str | int]]


def bodies(file: Path, data: bytes, left_out: Told | None, lost: Told) -> list[bytes]:
    """The contents that the events of a file make.

    MISP's own books (row numbers, locks) are lost with every event and stop nothing; anything else that is
    lost refuses the file, unless the sender has said that the rest may go.

    Args:
        file: its name, for messages.
        data: its bytes.
        left_out: takes what is refused in the result; with None nothing may be left out.
        lost: takes what has no place in STIX.

    Raises:
        RefusedError: something of it has no place, or nothing of it has.
        UsageError: it cannot be sent at all.
    """
    try:
        made = misp_stix.convert(data)
        content = stix.bundle(made.objects)
    except PeerError as error:
        raise UsageError(
            "the event cannot be sent",
            where=f"{file} {error.where}".strip(),
            expected=error.expected,
            got=error.got or error.message,
        ) from None
    weighty = [_told(file, each) for each in made.losses if each.code != INTERNAL]
    if not made.objects or (weighty and left_out is None):
        raise RefusedError(
            "parts of the event have no place",
            codes=bundles.codes(weighty),
            where=str(file),
            reasons=tuple(weighty),
            todo="send the rest: --leave-out-refused" if made.objects else "nothing would remain",
        )
    lost += (_told(file, each) for each in made.losses)
    return bundles.bodies(file, content, left_out)


def _told(file: Path, loss: Loss) -> dict[str, str | int]:
    return {"file": str(file)} | loss.parts()
