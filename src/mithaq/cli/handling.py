"""``mithaq handling``: what a person decides for contents without marks, by partner and field."""

import dataclasses
from typing import Annotated, Literal

from cyclopts import Parameter

from mithaq.cli.answer import Answer, listing, moment, table, typed
from mithaq.cli.session import Here
from mithaq.domain.handling import Handling

Tlp = Literal["clear", "green", "amber", "amber+strict", "red"]
Pap = Literal["clear", "green", "amber", "red"]


def set(  # noqa: A001 - the command's name
    partner: str,
    field: str,
    /,
    *,
    tlp: Annotated[Tlp, Parameter(help="TLP 2.0.")],
    pap: Annotated[Pap | None, Parameter(help="PAP; none.")] = None,
    session: Here,
) -> Answer:
    """Decide how contents without marks are handled that go to a partner in a field.

    Args:
        partner: its origin.
        field: a field of the agreement.
    """
    with session.service() as service, typed():
        default = service.set_default_handling(partner, field, Handling(tlp, pap or ""))
    value = dataclasses.asdict(default)
    return Answer(value, listing(value | {"at": moment(default.at)}))


def show(partner: str, /, *, session: Here) -> Answer:
    """What has been decided for a partner, by field.

    Args:
        partner: its origin.
    """
    with session.service() as service:
        found = service.default_handling(partner)
    rows = [
        (each.field, f"tlp={each.tlp}", f"pap={each.pap}" if each.pap else "", moment(each.at))
        for each in found
    ]
    return Answer([dataclasses.asdict(each) for each in found], table(rows) if rows else [])


def drop(partner: str, field: str, /, *, session: Here) -> Answer:
    """Withdraw a decision: contents without marks need one of their own again.

    Args:
        partner: its origin.
        field: a field of the agreement.
    """
    with session.service() as service:
        service.drop_default_handling(partner, field)
    return Answer({"partner": partner, "field": field}, [])
