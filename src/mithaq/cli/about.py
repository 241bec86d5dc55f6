"""What is said about an exchange: ``mithaq acknowledge``, ``feedback``, ``correct`` and ``consent``."""

from typing import Annotated, Any, Literal

from cyclopts import Parameter

from mithaq.cli.answer import Answer, typed
from mithaq.cli.session import Here, Session
from mithaq.exchange.about import About

Leaf = Annotated[str, Parameter(help="Eight or more of the first digits of its leaf hash.")]


def acknowledge(partner: str, leaf: list[str], /, *, session: Here) -> Answer:
    """Say that we have taken note of entries that we accepted.

    Args:
        partner: its origin.
        leaf: eight or more of the first digits of each leaf hash.
    """
    return say(session, partner, "acknowledgement", leaf, {})


def feedback(
    partner: str,
    leaf: Leaf,
    usefulness: Literal["useful", "partly-useful", "not-useful"],
    /,
    *,
    session: Here,
) -> Answer:
    """Say how useful something was to us.

    Args:
        partner: its origin.
        leaf: what it was.
        usefulness: how useful.
    """
    return say(session, partner, "feedback", [leaf], {"usefulness": usefulness})


def correct(
    partner: str,
    leaf: Leaf,
    /,
    *,
    reason: Literal["inaccurate", "incomplete", "outdated"],
    by: Annotated[str, Parameter(name="--replaced-by", help="A later entry of ours that replaces it.")] = "",
    session: Here,
) -> Answer:
    """Say that something of ours was wrong, and what replaces it.

    Args:
        partner: its origin.
        leaf: what was wrong.
        reason: why.
    """
    return say(session, partner, "correction", [leaf, by] if by else [leaf], {"reason": reason})


def consent(
    partner: str,
    leaf: Leaf,
    act: Literal["ask", "grant", "refuse", "revoke"],
    /,
    *,
    to: Annotated[str, Parameter(help="The third side, by its origin.")],
    session: Here,
) -> Answer:
    """Ask its owner to let something go to a third side, or decide about it as its owner.

    Args:
        partner: its origin.
        leaf: what it is about.
        act: what is said.
    """
    return say(session, partner, "consent", [leaf], {"act": act, "to": to})


def say(session: Session, partner: str, kind: str, leaves: list[str], facts: dict[str, Any]) -> Answer:
    """Say something about entries that are named by the first digits of their leaf hashes."""
    with session.service() as service:
        re = tuple(service.item(partner, leaf).leaf for leaf in leaves)
        with typed():
            said = service.about(partner, About(kind, re, facts))
    # Of closed logs an erasure is stated nowhere.
    return Answer({"leaf": said, "kind": kind, "re": list(re)}, [said] if said else list(re))
