"""The day on which wanted contents end, and bodies by their day: so that what has ended is found at once."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_DAY = 86_400


def upgrade() -> None:
    op.create_index("bodies_by_day", "bodies", ["day"])
    wanted = _wanted()
    op.drop_table("wanted")
    table = op.create_table(
        "wanted",
        sa.Column("log", sa.Integer, sa.ForeignKey("logs.id"), primary_key=True),
        sa.Column("index", sa.BigInteger, primary_key=True),
        sa.Column("ordinal", sa.BigInteger, primary_key=True),
        sa.Column("commit", sa.LargeBinary, nullable=False),
        sa.Column("day", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("wanted_by_day", "wanted", ["log", "day"])
    if wanted:
        op.bulk_insert(table, wanted)


def _wanted() -> list[dict[str, object]]:
    """What is wanted, each with the day of its entry's ``keep_until``."""
    found = op.get_bind().exec_driver_sql(
        'SELECT w.log, w."index", w.ordinal, w."commit", e.data FROM wanted w JOIN entries e'
        ' ON e.log = w.log AND e."index" = w."index"'
    )
    return [
        {
            "log": log,
            "index": index,
            "ordinal": ordinal,
            "commit": commit,
            "day": json.loads(data)["keep_until"] // _DAY,
        }
        for log, index, ordinal, commit, data in found
    ]
