"""What the demo sends: valid, marked as an exercise, without persons, the same each time."""

import hashlib
import json
import re

import pytest

import stix_samples as make
from mithaq.demo import galaxies, paper, pdf
from mithaq.demo.exercise import LANGUAGES, mark, plain, table
from mithaq.demo.infrastructure import attack_infrastructure
from mithaq.errors import ConfigError, UsageError
from mithaq.formats import media, stix, stix_fast


@pytest.fixture(scope="module")
def objects():
    return galaxies.galaxy_objects()


def test_galaxies_are_valid_and_proven_fast(objects):
    assert len(objects) >= 5_000
    for part in stix.split(objects):
        found = stix_fast.prove(stix.bundle(part))
        assert found is not None
        assert not found.persons
        assert not found.technical
        assert found.tlp in ("clear", "green")


def test_galaxies_are_one_set_without_free_text_about_groups(objects):
    assert len({item["id"] for item in objects}) == len(objects)
    assert all("description" not in item for item in objects if item["type"] == "intrusion-set")
    assert all(len(item.get("description", "")) <= galaxies.DESCRIPTION_MAX for item in objects)
    ids = {item["id"] for item in objects}
    ends = (item for item in objects if item["type"] == "relationship")
    assert all({item["source_ref"], item["target_ref"]} <= ids for item in ends)


def test_galaxies_are_deterministic(objects):
    assert stix.bundle(galaxies.galaxy_objects()[:2_000]) == stix.bundle(objects[:2_000])


def test_galaxies_need_their_package(monkeypatch):
    def missing(name):
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(galaxies, "files", missing)
    with pytest.raises(ConfigError, match="pymispgalaxies"):
        galaxies.galaxy_objects()


def test_a_stix_file_may_be_a_bundle_or_a_list(tmp_path):
    path = tmp_path / "a.json"
    for content in (make.plain_bundle(*make.samples()), json.dumps(make.samples()).encode()):
        path.write_bytes(content)
        assert galaxies.load_stix_file(path) == make.samples()


def test_a_stix_file_may_be_larger_than_a_body(tmp_path):
    path = tmp_path / "a.json"
    items = [make.indicator(i) for i in range(1_500)]
    path.write_bytes(json.dumps(items).encode())
    assert len(galaxies.load_stix_file(path)) == 1_500
    items[1_203]["confidence"] = 101
    path.write_bytes(json.dumps(items).encode())
    with pytest.raises(UsageError, match=re.escape("objects[1203].confidence")):
        galaxies.load_stix_file(path)


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[1]", b'{"objects":1}', b'[{"a":1,"a":2}]', b'[{"a":1}]', b"\xff"]
)
def test_a_file_that_is_no_stix(tmp_path, content):
    path = tmp_path / "a.json"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=re.escape(str(path))):
        galaxies.load_stix_file(path)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(UsageError, match="cannot be read"):
        galaxies.load_stix_file(tmp_path / "none.json")


TEXTS = [
    (sample, name)
    for sample in ("rabat", "cairo")
    for name in table(f"{sample}_contents")
    if name != "expertise"
]


@pytest.mark.parametrize(("sample", "name"), TEXTS)
def test_texts_are_marked_in_each_language(sample, name):
    tags = [tag for tag in LANGUAGES if tag in table(sample)["title"]]
    content = plain(sample, name, tags)
    assert media.examine(media.TEXT, content).problems == ()
    for language in tags:
        assert mark(language) in content.decode()
        assert plain(sample, name, [language]).decode().startswith(mark(language))
    assert "{" not in content.decode()


def test_the_malware_of_the_exercise_is_a_word():
    digest = hashlib.sha256(b"EXERCISE\n").hexdigest()
    for name in ("request", "reply"):
        assert plain("rabat", name, LANGUAGES).decode().count(digest) == len(LANGUAGES)


def test_technical_data_is_valid_and_names_nothing_real():
    found = stix.examine(stix.bundle(attack_infrastructure()))
    assert (found.problems, found.persons, found.tlp) == ((), False, "green")
    assert found.technical
    assert "c2.exercise.example" in json.dumps(attack_infrastructure())


def test_the_paper_is_a_pdf_and_marked():
    content = paper.expertise_pdf()
    assert media.examine(media.PDF, content).problems == ()
    for language in paper.LANGUAGES:
        assert mark(language).encode("cp1252") in content
    assert content.count(b"/Type/Page/") == 3
    assert paper.expertise_pdf("de").count(b"/Type/Page/") == 1
    assert b"sorgho" in paper.expertise_pdf("fr", sample="cairo")


def test_the_large_document_comes_in_volumes_that_are_pdfs():
    volumes = paper.large_document(size=3 * 2**20, seed=b"a")
    assert media.examine(media.PDF, volumes[0]).problems == ()
    assert mark("en").encode("cp1252") in volumes[0]
    assert volumes == paper.large_document(size=3 * 2**20, seed=b"a")
    assert volumes != paper.large_document(size=3 * 2**20, seed=b"b")


def test_volumes_fit_bodies(monkeypatch):
    monkeypatch.setattr(paper, "VOLUME_MAX", 300_000)
    volumes = paper.large_document(size=800_000)
    assert len(volumes) == 3
    assert all(len(volume) < 300_000 for volume in volumes)
    assert abs(sum(map(len, volumes)) - 800_000) < 20_000


def test_text_in_a_pdf_cannot_leave_its_string():
    content = pdf.write([pdf.Page("(top", "a\\b)", ["c ) Tj \u202f عربي"])])
    assert rb"(\(top) Tj" in content
    assert rb"(a\\b\))" in content
    assert b"(c \\) Tj \xa0 ????)" in content


def test_offsets_of_a_pdf_are_exact():
    content = pdf.write([pdf.Page("t", "t", ["p"])], bytes(100), 10)
    table = content[content.rindex(b"xref\n0") :].splitlines()
    offsets = [int(line[:10]) for line in table[3 : table.index(b"trailer")]]
    for number, offset in enumerate(offsets, 1):
        assert content[offset:].startswith(b"%d 0 obj\n" % number)
