"""Cutting many STIX objects into bodies, so that each body can be judged alone.

An object may lean on others: on the definition of its marking, and an account on what attests it as attack
infrastructure (``stix_persons``). Those are repeated in every body that needs them; the same object twice in
two bodies is the same object. Everything keeps its order otherwise.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from mithaq.formats.stix_persons import ACCOUNT_VALUES, ACCOUNTS, named_accounts
from mithaq.formats.strict_json import dicts, texts

Objects = Sequence[dict[str, Any]]


def parts(objects: Objects, per_part: int) -> Iterator[list[dict[str, Any]]]:
    """The objects in lists of at most ``per_part``, each with what its objects lean on.

    Members of wrong types lean on nothing: ``stix.examine`` tells what is wrong with them.
    """
    supports = _Supports(objects)
    rest = iter(objects)
    while part := list(islice(rest, per_part)):
        yield [*supports.of(part), *part]


class _Supports:
    """What objects can lean on, by what names it."""

    def __init__(self, objects: Objects) -> None:
        self._by_name: dict[str, list[dict[str, Any]]] = {}
        for item in objects:
            for name in _supported(item):
                self._by_name.setdefault(name, []).append(item)

    def of(self, part: Objects) -> list[dict[str, Any]]:
        """What these objects lean on and is not among them, in the order in which it was found."""
        present = {id(item) for item in part}
        found: list[dict[str, Any]] = []
        asked: set[str] = set()
        ask = [name for item in part for name in _leans_on(item)]
        while ask:
            name = ask.pop()
            if name in asked:
                continue
            asked.add(name)
            for item in self._by_name.get(name, ()):
                if id(item) not in present:
                    present.add(id(item))
                    found.append(item)
                    ask += _leans_on(item)
        return found


def _supported(item: dict[str, Any]) -> Iterable[str]:
    """The names under which an object supports others."""
    match item.get("type"):
        case "marking-definition":
            return texts([item.get("id")])
        case "relationship":
            return [f"to {target}" for target in texts([item.get("target_ref")])]
        case "indicator":
            return [f"value {value}" for value in named_accounts(item)]
        case "observed-data":
            return [f"to {held}" for held in texts(item.get("object_refs"))]
        case "email-message":
            return [f"to {sender}" for sender in texts([item.get("from_ref"), item.get("sender_ref")])]
        case "email-addr":
            return [f"sender {name}" for name in texts([item.get("id")])]
        case _:
            return ()


def _leans_on(item: dict[str, Any]) -> list[str]:
    """The names of what an object needs beside it."""
    needs = texts(item.get("object_marking_refs"))
    needs += texts([each.get("marking_ref") for each in dicts(item.get("granular_markings"))])
    kind = item.get("type")
    if kind in ACCOUNTS or kind == "observed-data":
        needs += [f"to {name}" for name in texts([item.get("id")])]
        needs += [f"value {each}" for each in texts([item.get(member) for member in ACCOUNT_VALUES])]
    if kind == "email-message":
        needs += [f"sender {name}" for name in texts([item.get("from_ref"), item.get("sender_ref")])]
    return needs
