"""Append-only Merkle logs, in the words of RFC 9162 and C2SP: no clock, no disk, no rule of the field.

``merkle`` hashes and verifies, ``tiles`` keeps a tree and makes proofs, ``checkpoint`` is a head's text,
``head`` its author's signature, ``cosignature`` its reader's, ``proof`` the file that a third party checks,
``mirror`` what a reader may take from an author.
"""
