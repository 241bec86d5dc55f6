"""Declarations: what a party's authority declares alone about an agreement (protocol section 4).

To suspend, the node's log key is enough, at once. To **resume** what one has suspended, or to **terminate**,
the authority signs, away from the node, a text such as::

    type = "mithaq/declaration/1"
    act = "resume"
    origin = "spoc.interior-atlas.example"
    relation = "atlas-lindenau"
    agreement = "5d8f…"                 # digest of the text in force
    lifts = "0a44…"                     # leaf hash of the suspension; for resume only
    issued = "2027-03-01T08:00:00Z"
    reason = { en = "…" }               # by language; may be left out

A declaration names the one suspension that it lifts, so that it cannot be used again for a later one.
"""

from enum import StrEnum

from mithaq.domain.moment import Moment
from mithaq.domain.party import Origin, origin
from mithaq.domain.shapes import hexadecimal, identifier
from mithaq.domain.signed_text import SignedText
from mithaq.domain.texts import PROSE_MAX, Texts, check_texts
from mithaq.errors import MalformedError

DECLARATION_MAX = 64 * 1024
"""Bytes of the text: reasons in a few languages; with two signatures it stays a note within 256 KiB."""


class Declared(StrEnum):
    """What can be declared."""

    RESUME = "resume"
    TERMINATE = "terminate"


class Declaration(SignedText, frozen=True, kw_only=True, tag="mithaq/declaration/1"):
    """One declaration, well formed by itself.

    Args:
        act: see ``Declared``.
        origin: who declares.
        relation: identifier of the relation.
        agreement: digest of the text in force.
        lifts: leaf hash of the entry that suspended; exactly for ``resume``.
        issued: when it was written.
        reason: what people read, by language.

    Raises:
        MalformedError: a member that cannot be so, when made.
    """

    limit = DECLARATION_MAX

    act: Declared
    origin: Origin
    relation: str
    agreement: str
    lifts: str = ""
    issued: Moment
    reason: Texts = {}  # noqa: RUF012 - a Mapping: nothing changes it

    def __post_init__(self) -> None:
        origin(self.origin)
        identifier(self.relation, "relation")
        hexadecimal(32)(self.agreement, "agreement")
        if bool(self.lifts) != (self.act is Declared.RESUME):
            raise MalformedError(
                "exactly a resumption names what it lifts",
                where="lifts",
                expected="a leaf hash",
                got=self.act,
            )
        if self.lifts:
            hexadecimal(32)(self.lifts, "lifts")
        if self.reason:
            check_texts(self.reason, "reason", PROSE_MAX)
