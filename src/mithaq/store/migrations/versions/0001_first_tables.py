"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def _log() -> sa.Column[int]:
    return sa.Column("log", sa.Integer, sa.ForeignKey("logs.id"), primary_key=True)


def _key(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, primary_key=True)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)


def _bytes(name: str) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary, nullable=False)


def upgrade() -> None:
    op.create_table(
        "meta",
        sa.Column("name", sa.Text, primary_key=True),
        _text("value"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "logs",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.Text, nullable=False, unique=True),
        _number("size"),
        _bytes("edge"),
        _bytes("state"),
    )
    op.create_table(
        "entries",
        _log(),
        _key("index"),
        _bytes("leaf"),
        _text("kind"),
        _bytes("outcome"),
        _bytes("digest"),
        _bytes("data"),
    )
    op.create_index("entries_by_leaf", "entries", ["log", "leaf", "index"])
    op.create_index("entries_by_kind", "entries", ["log", "kind", "index"])
    op.create_table("tiles", _log(), _key("level"), _key("index"), _bytes("hashes"))
    op.create_table("heads", _log(), _key("size"), _bytes("root"), _bytes("note"))
    op.create_table("cosignatures", _log(), _key("size"), _bytes("root"), _number("time"), _bytes("lines"))
    op.create_table(
        "bodies",
        _log(),
        _key("index"),
        _key("ordinal"),
        _bytes("commit"),
        _bytes("part"),
        _number("size"),
        _number("day"),
        _bytes("findings"),
    )
    op.create_table(
        "sealed",
        sa.Column("log", sa.Integer, primary_key=True),
        _key("index"),
        _key("ordinal"),
        _key("chunk"),
        _bytes("data"),
        sa.ForeignKeyConstraint(
            ["log", "index", "ordinal"],
            ["bodies.log", "bodies.index", "bodies.ordinal"],
            ondelete="CASCADE",
        ),
    )
    op.create_table(
        "wanted", _log(), _key("index"), _key("ordinal"), _bytes("commit"), sqlite_with_rowid=False
    )
    things = op.create_table(
        "things",
        _log(),
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("agreement", sa.Boolean, nullable=False),
        _bytes("data"),
        sqlite_with_rowid=False,
    )
    op.create_index("agreements", "things", ["log"], sqlite_where=things.c.agreement)
    op.create_table("notes", sa.Column("digest", sa.Text, primary_key=True), _bytes("note"))
    op.create_table(
        "partners",
        _log(),
        _text("url"),
        _bytes("card"),
        _bytes("sealing"),
        _number("newest"),
        _number("sent"),
        _number("have"),
        _text("problem"),
        _bytes("previous"),
    )
    op.create_table(
        "sealing_keys",
        _log(),
        sa.Column("public", sa.LargeBinary, primary_key=True),
        _number("index"),
        _number("entered"),
        _number("acknowledged"),
    )
