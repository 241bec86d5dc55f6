"""Media types: what a client may say it sends or takes (TAXII 1.6.8, 3.5; RFC 9110, 12.5.1)."""

from mithaq.taxii.problem import ProblemError

TAXII = "application/taxii+json;version=2.1"
"""What every answer is."""
_KIND = "application/taxii+json"


def check_accept(accept: str) -> None:
    """Raise 406 unless the client takes TAXII 2.1; no header at all takes everything."""
    if accept and not any(map(_takes, accept.split(","))):
        raise ProblemError(406, "Not acceptable", f"expected {TAXII}")


def _takes(media_range: str) -> bool:
    kind, parameters = _parse(media_range)
    weight = parameters.pop("q", "1").rstrip("0").rstrip(".")
    if weight in ("", "0"):  # "0" and "0.000": never this
        return False
    return kind in ("*/*", "application/*") or (kind == _KIND and parameters.get("version", "2.1") == "2.1")


def check_content_type(content_type: str) -> None:
    """Raise 415 unless the body is TAXII 2.1."""
    kind, parameters = _parse(content_type)
    if kind != _KIND or parameters.get("version", "2.1") != "2.1":
        raise ProblemError(415, "Unsupported media type", f"expected {TAXII}")


def _parse(text: str) -> tuple[str, dict[str, str]]:
    kind, *parameters = (part.strip().lower() for part in text.split(";"))
    pairs = (part.partition("=") for part in parameters)
    return kind, {name.strip(): value.strip().strip('"') for name, _, value in pairs}
