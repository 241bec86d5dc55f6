"""Writes the table of limits in ``docs/protocol.md`` from the constants and the reasons below them."""

import ast
import importlib
import inspect
import re
from functools import cache
from types import ModuleType

from marked import ROOT, filled

PAGE = ROOT / "docs" / "protocol.md"

LIMITS: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    ("domain.party", (("ORIGIN_MAX", "bytes"), ("SEALING_SIZE", "bytes"))),
    ("domain.canonical", (("INTEGER_MAX", ""), ("DEPTH_MAX", "levels"))),
    (
        "domain.entry",
        (("ENTRY_MAX", "bytes"), ("BODY_MAX", "bytes"), ("SALT_SIZE", "bytes")),
    ),
    (
        "domain.kinds",
        (
            ("BODIES_MAX", ""),
            ("RE_MAX", ""),
            ("RANGES_MAX", ""),
            ("ITEMS_MAX", ""),
            ("CODES_MAX", ""),
        ),
    ),
    ("domain.enacted", (("TEXTS_MAX", ""),)),
    ("domain.about", (("HOLD_MAX", "days"),)),
    ("domain.things", (("REGISTER_MAX", "steps"),)),
    ("domain.declaration", (("DECLARATION_MAX", "bytes"),)),
    ("domain.rules", (("SKEW", "s"),)),
    ("domain.strict_toml", (("DEPTH_MAX", "levels"), ("LINE_MAX", "characters"))),
    ("domain.texts", (("TITLE_MAX", "characters"), ("PROSE_MAX", "characters"), ("LANGUAGES_MAX", ""))),
    (
        "domain.card",
        (("CARD_MAX", "bytes"), ("VALID_MAX", "s"), ("URL_MAX", "bytes")),
    ),
    (
        "domain.agreement",
        (("AGREEMENT_MAX", "bytes"), ("FIELDS_MAX", ""), ("NOTICE_MAX", "days")),
    ),
    ("domain.terms", (("RETENTION_MAX", "days"),)),
    ("domain.profile", (("URGENCIES_MAX", ""), ("CHOICES_MAX", ""))),
    ("crypto.vkeys", (("NAME_MAX", "bytes"),)),
    ("crypto.notes", (("LINES_MAX", "lines"),)),
    ("audit.cards", (("CARD_NOTE_MAX", "bytes"),)),
    ("audit.receipt", (("RECEIPT_MAX", "bytes"),)),
    ("exchange.cards", (("CLOCK_SKEW", "s"),)),
    ("tlog.merkle", (("SIZE_MAX", "entries"), ("PROOF_MAX", "hashes"))),
    ("tlog.head", (("HEAD_MAX", "bytes"),)),
    ("tlog.proof", (("EXTRA_MAX", "bytes"), ("TLOG_PROOF_MAX", "bytes"))),
    ("exchange.pair", (("BATCH_MAX", "entries"),)),
    (
        "exchange.manifest",
        (
            ("WANT_MAX", "bodies"),
            ("PARTS_MAX", "parts"),
            ("NOTE_MAX", "bytes"),
            ("ENTRIES_MAX", "bytes"),
            ("PAD_MAX", "bytes"),
        ),
    ),
    (
        "exchange.pouch",
        (
            ("POUCH_MAX", "bytes"),
            ("MANIFEST_STEP", "bytes"),
            ("MANIFEST_MAX", "bytes"),
            ("POUCH_ENTRIES_MAX", "entries"),
        ),
    ),
    (
        "exchange.packing",
        (
            ("PROMPT_TARGET", "bytes"),
            ("PROMPT_BODY_MAX", "bytes"),
            ("BULK_TARGET", "bytes"),
            ("ENTRIES_MAX", "entries"),
        ),
    ),
    ("exchange.delivery", (("STAGED_MAX", "bytes"),)),
    ("exchange.work", (("WORK_MAX", "looks"), ("NOTE_WORK", "looks"), ("EXCHANGE_WORK", "looks"))),
    ("exchange.recovery", (("UNHELD_MAX", "entries"),)),
    ("exchange.yours", (("GIVEN_MAX", "bytes"), ("GIVEN_ENTRIES_MAX", "entries"))),
    ("domain.national", (("RULES_MAX", "bytes"),)),
    ("exchange.introduction", (("ROTATE_AFTER", "s"),)),
    ("exchange.daily", (("RECORD_EVERY", "s"),)),
    ("exchange.service", (("GRACE", "s"), ("UNOPENED_MAX", ""))),
    (
        "wire.http",
        (
            ("POUCH_MAX", "bytes"),
            ("FIRST_MAX", "bytes"),
            ("HEAD_MAX", "bytes"),
            ("IDLE_SECONDS", "s"),
            ("TOTAL_SECONDS", "s"),
            ("BODY_SECONDS", "s"),
            ("BODY_RATE", "bytes/s"),
            ("KEEP_SECONDS", "s"),
            ("RETRY_SECONDS", "s"),
        ),
    ),
    ("wire.places", (("PARTNER_PLACES", ""), ("STALE_PLACES", ""))),
)
"""Module, then each constant with its unit, in the order of the page."""


@cache
def _reasons(module: ModuleType) -> dict[str, str]:
    """The string below each constant; of several constants in a row, the one below the last."""
    reasons: dict[str, str] = {}
    waiting: list[str] = []
    for node in ast.parse(inspect.getsource(module)).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            waiting.append(node.targets[0].id)
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            reasons |= dict.fromkeys(waiting, " ".join(str(node.value.value).split()))
            waiting = []
        else:
            waiting = []
    return reasons


def reason(module: ModuleType, name: str) -> str:
    """Why a limit is what it is, as the source says.

    Raises:
        ValueError: the source does not say.
    """
    text = _reasons(module).get(name, "")
    if not text:
        raise ValueError(f"{module.__name__}.{name} has no reason below it")
    return re.sub(r"``([^`]+)``", r"`\1`", text).replace("|", "\\|")


def shown(value: float, unit: str) -> str:
    """A value with its unit, thousands apart, whole powers of two also in their own unit."""
    text = f"{value:,}" if value < 2**53 - 1 else "2^53 − 1"
    if unit == "bytes" and value >= 1024 and value % 1024 == 0:
        text += f" ({value // 2**20} MiB)" if value % 2**20 == 0 else f" ({value // 1024} KiB)"
    if unit == "s" and value % 86_400 == 0:
        text += f" ({value // 86_400} days)" if value > 86_400 else " (1 day)"
    return f"{text} {unit}".replace(") bytes", ")").replace(") s", ")").strip()


def page() -> str:
    """The page with its table as the constants are now."""
    rows = ["| constant | value | what it is, and why |", "|---|---|---|"]
    for path, constants in LIMITS:
        module = importlib.import_module(f"mithaq.{path}")
        for name, unit in constants:
            value = shown(getattr(module, name), unit)
            rows.append(f"| `{path}.{name}` | {value} | {reason(module, name)} |")
    return filled(PAGE, "limits", rows)


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
    print(PAGE.name)
