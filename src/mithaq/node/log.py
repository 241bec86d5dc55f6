"""The log of a node: on standard error, for whoever supervises it; standard output belongs to answers.

One JSON object a line; on a terminal, lines for people. Never the values of variables: an exception's trace
says where it happened, not what was in memory, which are keys, passphrases and contents.
"""

import logging
import sys

import structlog
from structlog.typing import Processor


def configure() -> None:
    """Send what this process logs to standard error, from ``info`` on."""
    structlog.configure(
        processors=[
            structlog.stdlib.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *_form(terminal=sys.stderr.isatty()),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def _form(*, terminal: bool) -> list[Processor]:
    """What turns an event into a line; a partner's bytes in it stay escaped in both forms."""
    if terminal:
        plain = structlog.dev.plain_traceback
        return [structlog.dev.ConsoleRenderer(repr_native_str=True, exception_formatter=plain)]
    return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
