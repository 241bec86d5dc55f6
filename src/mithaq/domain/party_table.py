"""The table of a party in an agreement: all that differs by nature between the two (protocol section 4)."""

import msgspec

from mithaq.domain.party import Origin, origin
from mithaq.domain.texts import TITLE_MAX, Texts, check_languages, check_texts


class PartyTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What differs by nature between the parties; each fills every member.

    Args:
        origin: the party.
        languages: tags of the languages in which it accepts contents, sorted.
        name: the authority, by language.
        signatory: the office that signed the instrument and its capacity, by language; never a person's name.
        legal_basis: the law on which it exchanges, by language.
        supervisor: who supervises its processing, by language.
        contact: where it is reached outside the node, by language.
    """

    origin: Origin
    languages: tuple[str, ...]
    name: Texts
    signatory: Texts
    legal_basis: Texts
    supervisor: Texts
    contact: Texts

    def __post_init__(self) -> None:
        origin(self.origin)
        where = f"parties.{self.origin}"
        check_languages(self.languages, f"{where}.languages")
        for member in ("name", "signatory", "legal_basis", "supervisor", "contact"):
            check_texts(getattr(self, member), f"{where}.{member}", 2 * TITLE_MAX)
