"""Every target of the fuzzer with a few inputs, always the same ones; `make soak` lets it run on.

Also: every function of the sources that takes bytes from outside is one that a target covers.
"""

import ast
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import mithaq
from fuzz.every import TARGETS
from fuzz.mutate import mutate

SOURCES = Path(mithaq.__file__).parent
READERS = {"parse", "decode", "load", "read", "unpack", "examine", "prove", "accept_card", "open_pouch"}
READERS |= {
    "unpack_entries",
    "parse_card",
    "parse_number",
    "unbase64",
    "_read_header",
    "_answer",
    "read_agreement",
}
ELSEWHERE = {
    "crypto.edwards.decode": "within check_pair",
    "crypto.keystore.KeyStore.load": "the port of crypto.filestore",
    "domain.outcome.Outcome.parse": "our own store's, as the fold wrote it",
    "exchange.intake._Work._answer": "of a pouch that has been read",
    "domain.lifecycle.read": "of values, not of bytes",
    "exchange.contents.load": "our own sealed bytes: crypto.bodies",
    "exchange.ports.Store.read": "a transaction",
    "store.sqlite.SqliteStore.read": "a transaction",
    "store.migrations": "tables",
    "wire.file.open_pouch": "opens a file and reads nothing",
    "wire.file.PouchFile.read": "bytes of a file, not what they say",
    "wire.link.PouchReader.read": "bytes of a connection: wire.visit",
    "wire.visit.Visit._answer": "within Visit._run",
    "cli.": "commands: what they read goes to the layers below",
    "exchange.national.load": "exchange.signing.verify_rules, then the store",
    "domain.strict_toml._Reader.read": "within load",
    "formats.misp_tags.read": "within misp_stix.convert",
    "formats.pdf._Reading.read": "within media.examine",
    "formats.strict_xml.parse": "within media.examine",
    "demo": "the demo reads files of its own",
}
"""Functions with such a name that no target covers by this name, and why."""


@pytest.mark.parametrize("name", TARGETS)
def test_any_bytes(name):
    """Seeds, then changed seeds and random bytes: nothing but the errors that are promised."""
    target = TARGETS[name]
    seeds = st.integers(0, len(target.corpus) - 1)
    changed = st.builds(
        lambda which, chance: mutate(target.corpus[which], Random(chance), target.words, target.longest),
        seeds,
        st.integers(0, 2**64),
    )

    @settings(
        max_examples=target.examples,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(changed | changed | changed | st.binary(max_size=200))
    def run(data):
        target(data)

    run()


@pytest.mark.parametrize("name", TARGETS)
def test_something_is_taken(name):
    """A target whose seeds are all refused would test nothing but the first check."""
    assert any(TARGETS[name](seed) for seed in TARGETS[name].corpus)


CRASHES = [(name, path) for name, made in TARGETS.items() for path in made.crashes]


@pytest.mark.parametrize(("name", "path"), CRASHES, ids=[f"{name}-{path.name}" for name, path in CRASHES])
def test_what_once_broke_it(name, path):
    TARGETS[name](path.read_bytes())


def functions(path: Path):
    """Every function of a module, with its class."""
    module = ".".join(path.relative_to(SOURCES).with_suffix("").parts)
    for node in ast.parse(path.read_text("utf-8")).body:
        for each in node.body if isinstance(node, ast.ClassDef) else [node]:
            if isinstance(each, ast.FunctionDef):
                prefix = f"{node.name}." if isinstance(node, ast.ClassDef) else ""
                yield f"{module}.{prefix}{each.name}", each.name


def test_every_reader_of_bytes_is_a_target():
    covered = {name for made in TARGETS.values() for name in made.covers}
    names = dict(pair for path in SOURCES.rglob("*.py") for pair in functions(path))
    lacking = {
        name
        for name, short in names.items()
        if short in READERS and name not in covered and not any(name.startswith(known) for known in ELSEWHERE)
    }
    assert lacking == set()
    assert {name for name in covered if name.startswith("domain")} <= names.keys()
    for name in covered:
        assert name in names, name
