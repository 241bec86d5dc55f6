"""What may be sent as it is, and its author may want to know: notices, which refuse nothing.

Codes: ``unmarked`` (no TLP mark: the handling of the sending decides) and ``id`` (an observable whose UUIDv5
is not the one that STIX 2.1 says it SHOULD have, so that others will not see that it is the same).
"""

import json

from mithaq.domain.findings import Problem
from mithaq.formats import stix_ids, stix_precise
from mithaq.formats.stix_persons import ID_MAX


def notices(content: bytes) -> list[Problem]:
    """The notices about a bundle that ``stix.examine`` accepts, in the order of its objects."""
    unmarked = set(stix_precise.unmarked(content))
    found: list[Problem] = []
    for i, item in enumerate(json.loads(content)["objects"]):
        name = item["id"][:ID_MAX]
        if i in unmarked:
            found.append(Problem("unmarked", f"objects[{i}]", "no TLP mark of its own", i, name))
        expected = stix_ids.differs(item)
        if expected:
            message = f"expected {expected}, as its contributing properties give"
            found.append(Problem("id", f"objects[{i}].id", message, i, name))
    return found
