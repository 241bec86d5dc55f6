"""A text that is signed: what a card and an agreement have in common (protocol sections 3 and 4)."""

import hashlib
from typing import ClassVar, Self

import msgspec

from mithaq.domain import strict_toml


class SignedText(
    msgspec.Struct,
    frozen=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    kw_only=True,
    tag_field="type",
):
    """The base of the texts: each has a largest size in bytes, one written form, and a digest."""

    limit: ClassVar[int]

    @classmethod
    def parse(cls, text: bytes) -> Self:
        """Read the text, without its signatures.

        Raises:
            LimitError: it is larger than ``limit``.
            MalformedError: it is not such a text in its one form.
        """
        return strict_toml.read(cls, text, cls.limit)

    def text(self) -> bytes:
        """The text that is signed."""
        return strict_toml.write(self)

    @property
    def digest(self) -> str:
        """SHA-256 of the text in hex: by it, other texts and entries name this one."""
        return hashlib.sha256(self.text()).hexdigest()
