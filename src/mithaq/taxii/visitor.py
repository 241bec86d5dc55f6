"""Who asks: the account that a request names (TAXII 1.6.10; RFC 7617 and 6750)."""

import base64

import structlog

from mithaq.exchange.account import Account
from mithaq.exchange.admission import Admission
from mithaq.taxii.problem import ProblemError

CHALLENGE = 'Basic realm="TAXII", charset="UTF-8", Bearer realm="TAXII"'
_log = structlog.get_logger("mithaq.taxii")


def visitor(admission: Admission, authorization: str) -> Account:
    """The account, which has one request less to make now.

    Raises:
        ProblemError: 401, or 429 where it asks too fast.
    """
    name, token = _credentials(authorization)
    account = admission.admit(token, name) if token else None
    if account is None:
        _log.warning("taxii_refused", reason="no such account" if token else "no account", account=name)
        raise ProblemError(401, "Who are you?", "expected Basic or Bearer", {"WWW-Authenticate": CHALLENGE})
    wait = admission.wait(token)
    if wait:
        _log.warning("taxii_refused", reason="too fast", account=account.name)
        raise ProblemError(429, "Too many requests", headers={"Retry-After": str(int(wait) + 1)})
    return account


def _credentials(authorization: str) -> tuple[str | None, str]:
    """The user, where one is named, and the token; empty where there is none."""
    scheme, _, value = authorization.strip().partition(" ")
    value = value.strip()
    if scheme.lower() == "bearer":
        return None, value
    if scheme.lower() != "basic":
        return None, ""
    try:
        name, colon, token = base64.b64decode(value, validate=True).decode().partition(":")
    except ValueError:
        return None, ""
    return (name, token) if colon else (None, "")
