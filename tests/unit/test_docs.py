"""Pages are tested like code: links, commands, words, codes, tests they name, what is made from code."""

import importlib
import re
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path

import pytest

import mithaq
from mithaq import errors
from mithaq.domain.effect import CODES
from mithaq.domain.kinds import KINDS
from mithaq.domain.rules import RULES

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
ADRS = sorted(ROOT.glob("docs/adr/[0-9]*.md"))
WORDS = {
    "fold",
    "field",
    "cut",
    "mirror",
    "verdict",
    "anchor",
    "pouch",
    "body",
    "held",
    "receipt",
    "origin",
    "ladder",
    "outcome",
    "commitment",
    "cosignature",
    "record",
    "card",
    "log",
    "terms",
    "head",
    "agreement",
    "party",
    "lane",
    "entry",
}
MACHINE = re.compile("/(?:" + "work|tmp|root|home" + r")/[\w.-]")
"""Paths of somebody's machine; nothing that is kept may name one."""


def read(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def names(pages):
    return [str(page.relative_to(ROOT)) for page in pages]


def tool(name):
    sys.path.insert(0, str(ROOT / "tools"))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(ROOT / "tools"))


def anchors(page: Path) -> set[str]:
    """GitHub's names of a page's headings."""
    heads = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def links(page: Path) -> list[str]:
    text = re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.DOTALL)
    return re.findall(r"\]\(([^)\s]+)\)", text)


@pytest.mark.parametrize("page", PAGES, ids=names(PAGES))
def test_links_resolve(page):
    for link in links(page):
        if "://" in link:
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def test_every_page_is_in_the_index():
    listed = {(ROOT / "docs" / link).resolve() for link in links(ROOT / "docs" / "README.md")}
    assert listed >= set(ROOT.glob("docs/**/*.md")) - {ROOT / "docs" / "README.md"}


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "docs/operations.md"])
def test_commands_of_make_are_there(name):
    targets = set(re.findall(r"^([a-z]+):", read("Makefile"), re.MULTILINE))
    commands = re.findall(r"(?:`|^)make ([a-z]+)", read(name), re.MULTILINE)
    assert set(commands) <= targets


@pytest.mark.parametrize("page", PAGES, ids=names(PAGES))
def test_commands_of_the_program_are_there(page):
    known = tool("commands").commands()
    for line in re.findall(r"(?:`|^)(mithaq [a-z][a-z -]*)", page.read_text("utf-8"), re.MULTILINE):
        words = re.split(r" -|  ", line)[0].split()
        assert any(" ".join(words[:n]) in known for n in (2, 3, 4)), line


def test_the_two_commands_come_first():
    code = re.search(r"```\n(.*?)```", read("README.md"), re.DOTALL)
    assert code
    assert [line.split("#")[0].strip() for line in code[1].splitlines()] == ["make demo", "make test"]


@cache
def defined(path: str) -> set[str]:
    return set(re.findall(r"^ *def (test_\w+)", read(path), re.MULTILINE))


@pytest.mark.parametrize("page", PAGES, ids=names(PAGES))
def test_tests_that_are_named_are_there(page):
    for path, test in re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", page.read_text("utf-8")):
        assert (ROOT / path).is_file(), path
        assert not test or test in defined(path), test


@pytest.mark.parametrize("page", PAGES, ids=names(PAGES))
def test_files_that_are_named_are_there(page):
    for path in re.findall(r"`((?:docs|src|tools|tests/vectors)/[\w./-]+)`", page.read_text("utf-8")):
        assert (ROOT / path).exists(), path


@pytest.mark.parametrize("name", ["docs/architecture.md", "docs/glossary.md"])
def test_modules_that_are_named_are_there(name):
    packages = "|".join(path.parent.name for path in ROOT.glob("src/mithaq/*/__init__.py"))
    for path, member in re.findall(rf"`((?:{packages})\.\w+)(?:\.(\w+))?`", read(name)):
        module = importlib.import_module(f"mithaq.{path}")
        assert not member or member in vars(module), (path, member)


def test_every_layer_is_in_the_picture():
    layers = tomllib.loads(read("pyproject.toml"))["tool"]["importlinter"]["contracts"][0]["layers"]
    for page in ("docs/architecture.md", "docs/adr/0001-layers.md"):
        for layer in layers:
            assert layer in re.sub(r"\s+", " ", read(page)), (page, layer)


def test_words():
    rows = re.findall(r"^\| ([^|]+) \|", read("docs/glossary.md"), re.MULTILINE)
    assert set(rows) >= WORDS


def test_every_code_is_documented():
    page = read("docs/rules.md")
    for rule in RULES:
        assert f"| `{rule.code}` |" in page
        assert rule.sentence in page
    for code in CODES:
        assert f"| `{code}` |" in page


def test_every_kind_is_in_the_protocol():
    rows = "\n".join(re.findall(r"^\| `.*$", read("docs/protocol.md"), re.MULTILINE))
    for kind in KINDS:
        assert f"`{kind}`" in rows, kind


def _errors(kind=errors.MithaqError):
    yield kind
    for sub in kind.__subclasses__():
        if sub.__module__ == errors.__name__:
            yield from _errors(sub)


def test_every_exit_code_is_documented():
    page = read("docs/operations.md")
    for kind in _errors():
        assert re.search(rf"^\| {kind.exit_code} \|", page, re.MULTILINE), kind


def test_every_dependency_has_a_reason():
    project = tomllib.loads(read("pyproject.toml"))["project"]
    wanted = [
        *project["dependencies"],
        *(one for group in project["optional-dependencies"].values() for one in group),
    ]
    page = read("docs/adr/0002-dependencies.md")
    for requirement in wanted:
        name = re.match(r"[\w-]+", requirement)
        assert name
        assert re.search(rf"^\|.*\b{name[0]}\b", page, re.MULTILINE), requirement


@pytest.mark.parametrize("page", ADRS, ids=names(ADRS))
def test_decisions_are_numbered_and_have_a_status(page):
    text = page.read_text("utf-8")
    assert text.startswith(f"# {page.name[:4]}: ")
    assert re.search(r"^Status: (proposed|accepted|superseded by \d{4})", text, re.MULTILINE)
    assert f"adr/{page.name}" in read("docs/README.md")


def test_decisions_have_no_gap():
    assert [int(page.name[:4]) for page in ADRS] == list(range(1, len(ADRS) + 1))


@pytest.mark.parametrize(
    "name",
    [
        "life_diagram",
        "moves_docs",
        "rules_docs",
        "limits",
        "commands",
        "protocol_examples",
        "readme_figures",
        "demo_picture",
    ],
)
def test_generated_pages_are_current(name):
    made = tool(name)
    assert made.PAGE.read_text("utf-8") == made.page(), "run: python tools/pages.py"


def test_pages_makes_every_one():
    made = {each.__name__ for each in tool("pages").TOOLS} | {"checks"}  # which takes minutes, and runs apart
    assert made == {path.stem for path in ROOT.glob("tools/*.py") if "\ndef page(" in path.read_text("utf-8")}


def test_figures_are_those_of_the_file():
    figures = tool("readme_figures")
    results = {
        "date": "2026-11-25",
        "machine": {"cpu": "x", "cores": 2, "memory_gb": 8, "python": "3.11", "load": 0.5},
    }
    for place, (path, _, _) in enumerate(figures.FIGURES):
        *groups, last = path.split(".")
        here = results
        for group in groups:
            here = here.setdefault(group, {})
        here[last] = 1234.5 + place
    block = figures.block(results)
    assert "2026-11-25" in block[0]
    assert [row.split("|")[1].strip() for row in block[5:]] == [
        figures.number(1234.5 + place) for place in range(len(figures.FIGURES))
    ]
    assert figures.block(None) == [figures.NONE_YET]


def test_a_limit_without_a_reason_is_refused():
    limits = tool("limits")
    with pytest.raises(ValueError, match="no reason"):
        limits.reason(mithaq, "NOTHING")


def test_a_page_without_the_block_is_refused(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("nothing")
    with pytest.raises(ValueError, match="0 blocks"):
        tool("marked").filled(page, "limits", [])


def test_no_path_of_a_machine_is_kept():
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.split("\0")
    kept = [ROOT / name for name in listed if name] or PAGES
    found = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in {*kept, *PAGES}
        if path.is_file()
        and path.suffix in {".md", ".py", ".toml", ".json", ".svg", ".txt", ""}
        and (match := MACHINE.search(path.read_text("utf-8", "replace")))
    ]
    assert found == []
