"""The tables that the revisions make are those of ``store.schema``."""

import sqlite3
import subprocess
import sys

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect

from mithaq.domain.party import origin
from mithaq.errors import StoreError
from mithaq.store import migrate, schema
from mithaq.store.engine import FILE_NAME, make_file
from mithaq.store.migrate import SCRIPTS
from mithaq.store.sqlite import open_store
from mithaq.store.values import Packed
from stores import ME


@pytest.fixture
def directory(tmp_path):
    open_store(tmp_path / "store", ME, anchor=tmp_path / "anchor", create=True).close()
    return tmp_path / "store"


def statements(path):
    connection = sqlite3.connect(path)
    found = dict(connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"))
    connection.close()
    return {name: sorted(sql.replace("\n", "").replace("\t", "").split(", ")) for name, sql in found.items()}


def test_the_revisions_make_the_schema(directory, tmp_path):
    engine = create_engine(f"sqlite:///{directory / FILE_NAME}")
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), schema.metadata) == []
        migrated = set(inspect(connection).get_table_names())
    engine.dispose()
    assert migrated == {*schema.metadata.tables, "alembic_version"}
    engine = create_engine(f"sqlite:///{tmp_path / 'made'}")
    schema.metadata.create_all(engine)
    engine.dispose()
    # To the letter: alembic's comparison sees neither WITHOUT ROWID nor the condition of an index.
    made = statements(tmp_path / "made")
    assert {name: sql for name, sql in statements(directory / FILE_NAME).items() if name in made} == made


def test_head_is_the_newest_revision():
    scripts = ScriptDirectory(str(SCRIPTS))
    assert scripts.get_heads() == [schema.HEAD]


def test_a_store_that_is_up_to_date_opens_without_alembic(directory):
    script = (
        "import sys; from pathlib import Path; from mithaq.store.sqlite import open_store\n"
        "directory = Path(sys.argv[1])\n"
        "open_store(directory, sys.argv[2], anchor=directory.parent / 'anchor').close()\n"
        "assert 'alembic' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", script, directory, ME], check=True)


def test_the_store_of_a_newer_version_is_refused(directory, tmp_path):
    connection = sqlite3.connect(directory / FILE_NAME)
    connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.commit()
    connection.close()
    with pytest.raises(StoreError, match="another version"):
        open_store(directory, ME, anchor=tmp_path / "anchor")


def test_the_store_of_another_party_is_refused(directory, tmp_path):
    with pytest.raises(StoreError, match="another party"):
        open_store(directory, origin("spoc.other.example"), anchor=tmp_path / "anchor")


def test_a_file_that_is_no_database_is_refused(directory, tmp_path):
    for path in directory.iterdir():
        path.write_bytes(b"this is no database" * 1000)
    with pytest.raises(StoreError, match="failed to open"):
        open_store(directory, ME, anchor=tmp_path / "anchor")


def test_a_place_where_nothing_can_be_made_is_told(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StoreError, match="cannot be made"):
        make_file(tmp_path / "file" / "below")


def test_a_value_that_is_damaged_is_told():
    with pytest.raises(StoreError, match="cannot be read"):
        Packed(int).unpack(b"\xc1")
    with pytest.raises(StoreError, match="cannot be read"):
        Packed(str).unpack(b"\xa1\xff")
    with pytest.raises(StoreError, match="cannot be read"):
        Packed(list).unpack(b"\x91" * 100_000)
    assert Packed(str).unpack(Packed(str).pack("ميثاق")) == "ميثاق"


def test_what_was_wanted_before_days_were_kept_gets_the_day_of_its_entry(tmp_path, monkeypatch):
    """A store of the first revision, brought up to date."""
    directory = tmp_path / "store"
    with monkeypatch.context() as first:
        first.setattr(migrate, "HEAD", "0001")
        open_store(directory, ME, anchor=tmp_path / "anchor", create=True).close()
    connection = sqlite3.connect(directory / FILE_NAME)
    connection.executescript(
        "INSERT INTO logs VALUES (1, 'a.x.example/to/b.x.example/1', 1, x'', x'');"
        "INSERT INTO entries VALUES (1, 0, x'', 'alert', x'', x'', CAST('{\"keep_until\":864001}' AS BLOB));"
        "INSERT INTO wanted VALUES (1, 0, 0, x'aa');"
    )
    connection.close()
    open_store(directory, ME, anchor=tmp_path / "anchor").close()
    connection = sqlite3.connect(directory / FILE_NAME)
    assert connection.execute("SELECT * FROM wanted").fetchall() == [(1, 0, 0, b"\xaa", 10)]
    connection.close()
