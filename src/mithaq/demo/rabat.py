"""The sample agreement after the Rabat case: it carries out a declaration like Rabat's (domain section 1).

Its words stand in ``rabat.toml``: four languages, four fields, two request profiles, offices of two invented
states and the mark of an exercise.
"""

from mithaq.demo.sample import SIGN_DAYS, Sample
from mithaq.domain.party import Origin

__all__ = ["ORIGINS", "RABAT", "SIGN_DAYS", "rabat"]

ORIGINS = (Origin("spoc.interior-atlas.example"), Origin("spoc.interior-lindmark.example"))
"""The two invented parties: Atlas and Lindmark, in this order."""

RABAT = Sample("rabat", ORIGINS, ("atlas", "lindmark"))
"""The sample."""

rabat = RABAT.agreement
"""The text of a day: ``Sample.agreement``."""
