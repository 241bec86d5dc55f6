"""All targets: importing this module fills ``TARGETS``."""

from fuzz import carriers, contents, misp, own, pouches, signed, taxii, texts
from fuzz.target import TARGETS

__all__ = ["TARGETS", "carriers", "contents", "misp", "own", "pouches", "signed", "taxii", "texts"]
