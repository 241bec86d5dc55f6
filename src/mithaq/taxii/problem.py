"""Refusals of a request, as TAXII says them (3.6)."""

import msgspec

from mithaq.errors import LimitError, MalformedError, MithaqError, StoreError

RETRY_SECONDS = 5
"""After which it is worth trying again, where this node's disk failed."""


class ProblemError(Exception):
    """A request that is refused.

    Args:
        status: of HTTP.
        title: one English sentence.
        description: what was expected and what came.
        headers: besides those of every answer.
    """

    def __init__(
        self, status: int, title: str, description: str = "", headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(title)
        self.status, self.title, self.description = status, title, description
        self.headers = headers or {}

    def body(self) -> bytes:
        """The TAXII error message."""
        parts = {"title": self.title, "description": self.description, "http_status": str(self.status)}
        return msgspec.json.encode({name: value for name, value in parts.items() if value})


def problem_of(error: MithaqError) -> ProblemError:
    """What an error of ours is to the client."""
    if isinstance(error, LimitError):
        return ProblemError(413, "Too large", str(error))
    if isinstance(error, MalformedError):
        return ProblemError(422 if not error.where else 400, "Not understood", str(error))
    if isinstance(error, StoreError):
        return ProblemError(503, "The server cannot do that now", headers={"Retry-After": str(RETRY_SECONDS)})
    return ProblemError(500, "The server failed")
