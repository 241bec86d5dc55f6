"""What handling contents get when their sender names none: their own marks, or a person's default.

Nearly all objects in the world carry no TLP mark, and a program must not invent one. So a person decides:
for one sending (``Message.handling``), or once for a partner and a field, as a default that is kept here.
Without either, contents that hold anything unmarked are refused as ``unmarked``; nothing is sent.

On arrival there is nothing to decide: the entry's handling covers everything in its contents.
"""

from collections.abc import Sequence

from mithaq.domain.findings import Findings
from mithaq.domain.handling import PAP, TLP, Handling
from mithaq.domain.party import LogName
from mithaq.domain.shapes import identifier
from mithaq.errors import RefusedError
from mithaq.exchange.identity import Identity
from mithaq.exchange.ports import DefaultHandling, Store, Transaction
from mithaq.words import N_

UNMARKED = "unmarked"
"""The code of contents that nobody has decided about."""

SENTENCES = {
    UNMARKED: N_(
        "A content or an object in it has no TLP mark, and nobody has set one for the field {field}."
    )
}
"""What people read for the codes of this module."""


def set_default(
    identity: Identity, store: Store, own: LogName, field: str, handling: Handling
) -> DefaultHandling:
    """Keep what a person decided for a partner and a field; it replaces what was decided before.

    Raises:
        MalformedError: the field is no identifier.
    """
    identifier(field, "field")
    default = DefaultHandling(field, handling.tlp, handling.pap, identity.now())
    store.write(lambda tx: tx.ledger.put_default_handling(own, default))
    return default


def handling(tx: Transaction, own: LogName, field: str, findings: Sequence[Findings]) -> Handling:
    """The handling of contents for which the sender named none.

    What is marked decides for itself; what is not gets the default of the field; the strictest wins.

    Raises:
        RefusedError: something is unmarked and the field has no default.
    """
    marked = _marks(findings)
    if marked and not any(each.unmarked for each in findings):
        return marked
    for default in tx.ledger.default_handling(own):
        if default.field == field:
            decided = Handling(default.tlp, default.pap)
            return decided.stricter(marked) if marked else decided
    raise RefusedError(
        "the contents are not marked",
        codes=(UNMARKED,),
        where=field,
        todo="name the level (--tlp), or set a default: mithaq handling set",
    )


def _marks(findings: Sequence[Findings]) -> Handling | None:
    """The strictest marks in the contents; None where no TLP mark stands."""
    tlp = max((each.tlp for each in findings if each.tlp), key=TLP.index, default=None)
    pap = max((each.pap for each in findings if each.pap), key=PAP.index, default="")
    return Handling(tlp, pap) if tlp else None
