"""The sample agreement that the demo signs: it carries out a declaration like Rabat's (domain section 1).

Its words stand in ``rabat.toml``: four languages, four fields, two request profiles, offices of two invented
states and the mark of an exercise. Origins, contacts, dates and the digest of the scan are filled in here.
"""

import tomllib
from collections.abc import Sequence
from importlib.resources import files
from typing import Any

from mithaq.domain import strict_toml
from mithaq.domain.agreement import Agreement
from mithaq.domain.moment import DAY, Moment
from mithaq.domain.party import Origin
from mithaq.domain.texts import Texts
from mithaq.errors import UsageError

ORIGINS = (Origin("spoc.interior-atlas.example"), Origin("spoc.interior-lindmark.example"))
"""The two invented parties: Atlas and Lindmark, in this order."""

RELATION = "atlas-lindmark"
SIGN_DAYS = 30
"""Days in which both sides must have activated the text."""


def _contact(origin: str) -> Texts:
    return dict.fromkeys(("ar", "de", "en", "fr"), f"duty-officer@{origin}")


def rabat(
    now: int,
    *,
    origins: tuple[Origin, Origin] = ORIGINS,
    contacts: Sequence[Texts] | None = None,
    scan: str = "",
    serial: int = 1,
    previous: str = "",
) -> Agreement:
    """The sample agreement, signed at ``now`` and starting then.

    Args:
        now: POSIX seconds.
        origins: who plays Atlas and who Lindmark, ending in ``.example``.
        contacts: of both by language; otherwise an address of the duty officer.
        scan: digest of the file of the signed paper, if the demo made one.
        serial: number of the text in the relation.
        previous: digest of the text in force before.

    Raises:
        UsageError: an origin not in ``.example``: nothing here may look real (domain section 4).
    """
    if not all(origin.endswith(".example") for origin in origins):
        raise UsageError("the sample is for origins in .example only", got=" ".join(origins))
    text: dict[str, Any] = tomllib.loads((files("mithaq.demo") / "rabat.toml").read_text("utf-8"))
    reaches = contacts or [_contact(origin) for origin in origins]
    tables = zip(text["parties"], origins, reaches, strict=True)
    parties = {origin: party | {"origin": origin, "contact": contact} for party, origin, contact in tables}
    text["parties"] = [parties[origin] for origin in sorted(parties)]
    text["instrument"] |= {"date": str(Moment(now))[:10]} | ({"scan": scan} if scan else {})
    text |= {"type": "mithaq/agreement/1", "relation": RELATION, "serial": serial, "starts": str(Moment(now))}
    text |= {"sign_by": str(Moment(now + SIGN_DAYS * DAY))} | ({"previous": previous} if previous else {})
    return strict_toml.convert(Agreement, text)
