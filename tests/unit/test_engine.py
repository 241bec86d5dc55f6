"""The settings on which durability and erasure rest: no test can pull the plug."""

import pytest

from mithaq.store.engine import FILE_NAME, make_file, open_reading, open_writing


@pytest.mark.parametrize("opening", [open_writing, open_reading])
def test_the_settings_hold_on_every_connection(tmp_path, opening):
    path = tmp_path / FILE_NAME
    make_file(path)
    engine = opening(path)
    with engine.connect() as one, engine.connect() if opening is open_reading else one as two:
        for connection in (one, two):
            settings = {
                name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
                for name in (
                    "journal_mode",
                    "synchronous",
                    "foreign_keys",
                    "secure_delete",
                    "temp_store",
                    "trusted_schema",
                )
            }
            assert settings == {
                "journal_mode": "wal",
                "synchronous": 2,
                "foreign_keys": 1,
                "secure_delete": 1,
                "temp_store": 2,
                "trusted_schema": 0,
            }
    engine.dispose()
