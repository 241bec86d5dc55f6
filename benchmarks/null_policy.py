"""No policy: the same node that looks into no content and asks no rule, to see what policy costs.

`install` puts an answer that allows everything in the place of the examination of contents and of the
judgment of entries, in this process. It lives here only: `src` has no switch for it.
"""

from typing import Any

from mithaq.domain import policy
from mithaq.domain.findings import Findings
from mithaq.domain.policy import Verdict
from mithaq.formats import media, stix

OBJECTS = 1_000
"""Objects in every body of the benchmark."""


def _examine(media_type: str, _content: bytes) -> Findings:
    return Findings(media_type, OBJECTS if media_type == stix.MEDIA_TYPE else 1)


def _judge(*_: Any) -> Verdict:
    return Verdict()


def install() -> None:
    """Take policy out of this process."""
    media.examine = _examine
    policy.judge = _judge
