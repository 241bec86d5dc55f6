"""Makes the vectors for agreements beside it: ``PYTHONPATH=tests python tests/vectors/agreements/make.py``.

A case is a directory ``NN-name-ok`` or ``NN-name-fail``: are these bytes the text of an agreement?

- ``README``: one line, what the case shows;
- ``text``: the bytes, without signatures;
- ``expected``: ``ok`` and the digest, or the family of the error.

Each is the sample agreement, changed in one place; there is nothing random in it.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from mithaq.domain import strict_toml
from signed_texts import A, agreement, lines, members

HERE = Path(__file__).parent
TEXT = agreement().text()
Files = dict[str, bytes]


def case(name: str, readme: str, text: bytes, expected: str = "MalformedError") -> tuple[str, Files]:
    files = {"README": readme, "expected": expected}
    return name, {"text": text, **{file: value.encode() + b"\n" for file, value in files.items()}}


def table(change: Callable[[dict[str, Any]], object]) -> bytes:
    """The sample, its table changed in place and written again."""
    value = members(agreement())
    value["parties"] = [dict(party) for party in value["parties"]]
    change(value)
    return strict_toml.dump(value)


def said(old: str, new: str) -> bytes:
    return lines(TEXT, (old, new))


def cases() -> Iterator[tuple[str, Files]]:
    yield case("01-sample-ok", "The sample agreement", TEXT, f"ok {agreement().digest}")
    yield case(
        "02-bidi-override-fail",
        "A title with a right-to-left override",
        said('en = "Security"', 'en = "Sec\u202eurity"'),
    )
    yield case("03-zero-width-fail", "A zero-width space in a title", said('"Security"', '"Sec\u200burity"'))
    yield case(
        "04-tag-characters-fail", "A message in tag characters", said('"Security"', '"Security\U000e0041"')
    )
    yield case("05-decomposed-fail", "Not in normal form C", said("Sécurité", "Se\u0301curite\u0301"))
    yield case(
        "06-signature-line-fail",
        "A line of the prose that looks like a signature",
        said("Article 2. Means.", f"— {A} 62WS/sAAAA==\nArticle 2. Means."),
    )
    yield case("07-duplicate-fail", "A member twice", said("serial = 1\n", "serial = 1\nserial = 2\n"))
    yield case(
        "08-unknown-member-fail", "A member that none has", said("serial = 1\n", "serial = 1\nlevy = 2\n")
    )
    yield case(
        "09-persons-fail",
        "A field for data about persons",
        table(lambda value: value["fields"]["migration"].update(data="persons")),
    )
    yield case(
        "10-hidden-law-fail",
        "Requests without a request profile",
        table(lambda value: value["fields"]["security"].pop("profile")),
    )
    yield case(
        "11-unused-profile-fail",
        "A request profile that no field names",
        table(lambda value: value["profiles"].update(shadow=value["profiles"]["police"])),
    )
    yield case(
        "12-direction-fail",
        "A term that mentions a party",
        said('"Security"', f'"Security, as {A} sees fit"'),
    )
    yield case(
        "13-parties-unsorted-fail",
        "The parties in the other order",
        table(lambda value: value["parties"].reverse()),
    )
    yield case(
        "14-three-parties-fail", "A third party", table(lambda value: value["parties"].append(third(value)))
    )
    yield case(
        "15-zone-name-fail", "An offset that is the name of a zone", said('"+01:00"', '"Africa/Casablanca"')
    )
    yield case("16-other-spelling-fail", "A number that TOML may write so", said("33554432", "33_554_432"))
    yield case("17-comment-fail", "A comment, as TOML allows", said("serial = 1\n", "serial = 1 # first\n"))
    yield case(
        "18-previous-of-first-fail",
        "A first text that claims one before it",
        said("serial = 1\n", f'serial = 1\nprevious = "{"ab" * 32}"\n'),
    )
    yield case(
        "19-members-unsorted-fail",
        "Languages in another order",
        table(lambda value: value.update(title=dict(reversed(value["title"].items())))),
    )


def third(value: dict[str, Any]) -> dict[str, Any]:
    return {**value["parties"][1], "origin": "z.example"}


def main() -> None:
    for name, files in cases():
        (HERE / name).mkdir(exist_ok=True)
        for file, data in files.items():
            (HERE / name / file).write_bytes(data)


if __name__ == "__main__":
    main()
