"""The OASIS JSON schemas of STIX 2.1 (``schemas/``), compiled when a type is first met."""

import json
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

import jsonschema_rs

_TYPE_FOLDERS = ("sdos", "sros", "observables")
_COMMON_TYPES = ("extension-definition", "language-content", "marking-definition")


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


def check(item: dict[str, Any]) -> Fault | None:
    """The first thing that its schema says against an object of a known type; None when it fits.

    Only the first: finding all of them takes seconds and a gigabyte for a list of half a million mistakes.
    """
    try:
        _validator(item["type"]).validate(item)
    except jsonschema_rs.ValidationError as error:
        return Fault(_path(error.instance_path), _cut(error.message))
    return None


def _path(parts: Sequence[str | int]) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part[:60]}" for part in parts)


def _cut(message: str) -> str:
    """The start and the end of a message: the value that was found may be long, the reason comes last."""
    return message if len(message) <= 200 else f"{message[:60]} … {message[-130:]}"
