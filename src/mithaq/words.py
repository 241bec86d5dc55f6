"""Where text that people read gets its language: gettext over the catalogues in ``locale/``.

A sentence is marked with ``_`` where it stands (``N_`` where it stands in a table) and translated where it
is shown, by the ``Words`` of one language. Logs and code are English.
"""

import gettext
from importlib.resources import files

LANGUAGES = ("ar", "de", "en", "fr")
"""The languages with a catalogue; English is the source."""


def N_(message: str) -> str:  # noqa: N802 - gettext's own name for "marked, translated later"
    """Mark a sentence of a table for translation and give it back unchanged."""
    return message


class Words:
    """The catalogue of one language.

    Args:
        language: one of ``LANGUAGES``; anything else falls back to English.
    """

    def __init__(self, language: str) -> None:
        self.language = language if language in LANGUAGES else "en"
        with_locale = files("mithaq") / "locale"
        self._catalogue = gettext.translation(
            "mithaq", str(with_locale), languages=[self.language], fallback=self.language == "en"
        )

    @property
    def right_to_left(self) -> bool:
        """Whether the script runs from right to left."""
        return self.language == "ar"

    def __call__(self, message: str, **values: object) -> str:
        """The sentence in this language, its ``{names}`` filled with ``values``."""
        return self._catalogue.gettext(message).format(**values) if message else ""

    def plural(self, one: str, many: str, n: int, **values: object) -> str:
        """The form of the sentence that ``n`` takes in this language; ``{n}`` is ``n``."""
        return self._catalogue.ngettext(one, many, n).format(n=n, **values)
