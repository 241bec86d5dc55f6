"""Why something may not leave, in words: the sentence of the rule, with the names that the text gives."""

from collections.abc import Sequence

from mithaq.demo.programme import Part
from mithaq.domain.agreement import Agreement
from mithaq.domain.rules import RULES
from mithaq.words import Words


def sentence(words: Words, agreement: Agreement, part: Part, codes: Sequence[str]) -> str:
    """What people read of the first of these codes; fields bear the names of the text."""
    field = agreement.fields[part.message.field].title[words.language]
    rule = next(rule for rule in RULES if rule.code == codes[0])
    return words(rule.sentence, field=_quoted(words, field), kind=_quoted(words, words(part.title)))


def _quoted(words: Words, text: str) -> str:
    return words("“{text}”", text=text)
