"""Contacts that lead to a role and not to a person: all that may stand where a format has a contact."""

import re

_ROLE = re.compile(
    r"https?://\S+"
    r"|(?:mailto:)?(?:abuse|cert|contact|csirt|hostmaster|info|noc|postmaster|press|psirt|security|soc|support"
    r"|webmaster)@[\w.-]+",
    re.IGNORECASE,
)
_BETWEEN = re.compile(r"[\s,;|]+")


def is_role(text: str) -> bool:
    """Whether every word is a page, or a mailbox that a role answers (RFC 2142, and what response teams use).

    Telephone numbers and names are not told apart from persons', so they are none.
    """
    return all(_ROLE.fullmatch(word) for word in _BETWEEN.split(text.strip()))
