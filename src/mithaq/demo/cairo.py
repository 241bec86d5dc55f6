"""The sample agreement after the Cairo case: capacity building, tourism, education, trade (domain section 1).

Its words stand in ``cairo.toml``: two languages, both authentic, six fields of which security alone carries
technical data, one general request profile, offices of two invented states and the mark of an exercise.
"""

from mithaq.demo.sample import Sample
from mithaq.domain.party import Origin

CAIRO = Sample(
    "cairo",
    (Origin("spoc.foreign-sanabel.example"), Origin("spoc.foreign-lokara.example")),
    ("sanabel", "lokara"),
)
"""The sample; its two invented parties are Sanabel and Lokara, in this order."""
