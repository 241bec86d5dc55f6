"""Bringing the tables of a store up to date with this software."""

from pathlib import Path

from sqlalchemy import Connection, inspect, select
from sqlalchemy.dialects.sqlite import insert

from mithaq.domain.party import Origin
from mithaq.errors import StoreError
from mithaq.store.schema import HEAD, meta

SCRIPTS = Path(__file__).parent / "migrations"
"""Where alembic finds its revisions."""


def migrate(connection: Connection, me: Origin) -> None:
    """Make or change the tables, in the transaction of ``connection``; note whose store it is.

    Raises:
        StoreError: it is another party's, or of a newer version.
    """
    revision = stored_revision(connection)
    if revision != HEAD:
        _upgrade(connection, revision)
        connection.execute(insert(meta).on_conflict_do_nothing(), {"name": "origin", "value": me})
    owner = connection.execute(select(meta.c.value).where(meta.c.name == "origin")).scalar_one()
    if owner != me:
        raise StoreError(
            "the store of another party", expected=me, got=owner, todo="look at the configuration"
        )


def stored_revision(connection: Connection) -> str | None:
    """The revision of the tables; None before there are any."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()


def _upgrade(connection: Connection, revision: str | None) -> None:
    # Imported only when there is something to do: alembic takes longer to load than a store to open.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415
    from alembic.util import CommandError  # noqa: PLC0415

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    try:
        command.upgrade(config, HEAD)
    except CommandError as error:
        raise StoreError(
            "the store is of another version",
            expected=f"revision {HEAD} or older",
            got=f"{revision}: {error}",
            todo="install the newer software again",
        ) from error
