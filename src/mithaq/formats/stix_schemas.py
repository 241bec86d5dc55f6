"""The OASIS JSON schemas of STIX 2.1 (``schemas/``), compiled when a type is first met."""

import json
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files
from itertools import islice
from typing import Any, NamedTuple

import jsonschema_rs

_TYPE_FOLDERS = ("sdos", "sros", "observables")
_COMMON_TYPES = ("extension-definition", "language-content", "marking-definition")

FAULTS_MAX = 5
"""Faults that one object is read for; a hostile one could have a million."""


class Fault(NamedTuple):
    """Where an object does not fit its schema (``.labels[0]``, empty for the object itself), and why."""

    path: str
    message: str


@cache
def _registry() -> tuple[jsonschema_rs.Registry, dict[str, str]]:
    """All schemas, and the address of the schema of each type."""
    schemas = files("mithaq.formats") / "schemas"
    resources: dict[str, dict[str, Any]] = {}
    addresses: dict[str, str] = {}
    for folder in ("common", *_TYPE_FOLDERS):
        for path in (schemas / folder).iterdir():
            schema = json.loads(path.read_text("utf-8"))
            resources[schema["$id"]] = schema
            name = path.name.removesuffix(".json")
            if folder in _TYPE_FOLDERS or name in _COMMON_TYPES:
                addresses[name] = schema["$id"]
    return jsonschema_rs.Registry(list(resources.items())), addresses


@cache
def _validator(kind: str) -> jsonschema_rs.Draft202012Validator:
    registry, addresses = _registry()
    return jsonschema_rs.Draft202012Validator(
        {"$ref": addresses[kind]},
        registry=registry,
        offline=True,
        # The linear engine: some patterns of the schemas are exponential in one that backtracks.
        pattern_options=jsonschema_rs.RegexOptions(),
    )


def known(kind: str) -> bool:
    """Whether STIX 2.1 has this type of object."""
    return kind in _registry()[1]


def faults(item: dict[str, Any]) -> Iterator[Fault]:
    """What the schema of its type says against an object of a known type; nothing when it fits.

    Alternatives ("not valid under any of …") are told only where nothing plainer is.
    """
    validator = _validator(item["type"])
    if not validator.is_valid(item):
        found = list(islice(validator.iter_errors(item), FAULTS_MAX))
        plain = [each for each in found if each.kind.name not in ("anyOf", "oneOf", "not")]
        for each in plain or found[:1]:
            yield Fault(_path(each.instance_path), _cut(each.message))


def _path(parts: Sequence[str | int]) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part[:60]}" for part in parts)


def _cut(message: str) -> str:
    """The start and the end of a message: the value that was found may be long, the reason comes last."""
    return message if len(message) <= 200 else f"{message[:60]} … {message[-130:]}"
