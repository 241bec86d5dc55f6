"""TAXII 2.1 (OASIS): the door to every analyst's own tools. It knows no policy and no SQL."""
