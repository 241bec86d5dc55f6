"""A sample agreement: its words stand in a TOML file, and what is of the day is filled in here.

Origins, contacts, dates and the digest of the scan are filled in; all else is what two authorities would
write themselves. A second sample is a second file: nothing else knows its fields, its offices or its states.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from mithaq.demo.exercise import table
from mithaq.domain import strict_toml
from mithaq.domain.agreement import Agreement
from mithaq.domain.moment import DAY, Moment
from mithaq.domain.party import Origin
from mithaq.domain.texts import Texts
from mithaq.errors import UsageError

SIGN_DAYS = 30
"""Days in which both sides must have activated the text."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One sample.

    Args:
        name: of its file, without ``.toml``.
        origins: the two invented parties, in the order of its file.
        states: what they are called in paths, in the same order.
    """

    name: str
    origins: tuple[Origin, Origin]
    states: tuple[str, str]

    @property
    def relation(self) -> str:
        """The identifier of their relation."""
        return "-".join(self.states)

    def agreement(
        self,
        now: int,
        *,
        origins: tuple[Origin, Origin] | None = None,
        contacts: Sequence[Texts] | None = None,
        scan: str = "",
        serial: int = 1,
        previous: str = "",
    ) -> Agreement:
        """The sample agreement, signed at ``now`` and starting then.

        Args:
            now: POSIX seconds.
            origins: who plays the two parties, ending in ``.example``.
            contacts: of both by language; otherwise an address of the duty officer.
            scan: digest of the file of the signed paper, if the demo made one.
            serial: number of the text in the relation.
            previous: digest of the text in force before.

        Raises:
            UsageError: an origin not in ``.example``: nothing here may look real (domain section 4).
        """
        played = origins or self.origins
        if not all(origin.endswith(".example") for origin in played):
            raise UsageError("the sample is for origins in .example only", got=" ".join(played))
        text = table(self.name)
        reaches = contacts or [_contact(origin, text["title"]) for origin in played]
        tables = zip(text["parties"], played, reaches, strict=True)
        parties = {
            origin: party | {"origin": origin, "contact": contact} for party, origin, contact in tables
        }
        text["parties"] = [parties[origin] for origin in sorted(parties)]
        text["instrument"] |= {"date": str(Moment(now))[:10]} | ({"scan": scan} if scan else {})
        text |= {"type": "mithaq/agreement/1", "relation": self.relation, "serial": serial}
        text |= {"starts": str(Moment(now)), "sign_by": str(Moment(now + SIGN_DAYS * DAY))}
        text |= {"previous": previous} if previous else {}
        return strict_toml.convert(Agreement, text)


def _contact(origin: Origin, languages: Texts) -> Texts:
    return dict.fromkeys(languages, f"duty-officer@{origin}")
