"""Collections of objects that tools read and write over TAXII (docs/adr/0015)."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "roots",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("title", sa.Text, nullable=False),
    )
    op.create_table(
        "collections",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("id", sa.Text, nullable=False, unique=True),
        sa.Column("root", sa.Text, sa.ForeignKey("roots.name"), nullable=False),
        sa.Column("alias", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("keep_days", sa.Integer, nullable=False),
        sa.Column("newest", sa.BigInteger, nullable=False),
    )
    _objects()
    _accounts()


def _objects() -> None:
    collection = sa.ForeignKey("collections.number", ondelete="CASCADE")
    op.create_table(
        "envelopes",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("collection", sa.Integer, collection, nullable=False),
        sa.Column("name", sa.LargeBinary, nullable=False),
        sa.Column("day", sa.BigInteger, nullable=False),
    )
    op.create_index("envelopes_by_day", "envelopes", ["day"])
    op.create_index("envelopes_by_collection", "envelopes", ["collection"])
    op.create_table(
        "parts",
        sa.Column(
            "envelope", sa.Integer, sa.ForeignKey("envelopes.number", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("part", sa.Integer, primary_key=True),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "objects",
        sa.Column("collection", sa.Integer, primary_key=True),
        sa.Column("added", sa.BigInteger, primary_key=True),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("mark", sa.LargeBinary, nullable=False),
        sa.Column(
            "envelope", sa.Integer, sa.ForeignKey("envelopes.number", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("part", sa.Integer, nullable=False),
        sa.Column("offset", sa.Integer, nullable=False),
        sa.Column("length", sa.Integer, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("objects_by_id", "objects", ["collection", "id", "version"])
    op.create_index("objects_by_envelope", "objects", ["envelope"])


def _accounts() -> None:
    op.create_table(
        "accounts",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("root", sa.Text, sa.ForeignKey("roots.name"), nullable=False),
        sa.Column("secret", sa.LargeBinary, nullable=False, unique=True),
        sa.Column("made", sa.BigInteger, nullable=False),
        sa.Column("until", sa.BigInteger, nullable=False),
        sa.Column("used", sa.BigInteger, nullable=False),
        sa.Column("rate", sa.Integer, nullable=False),
    )
    op.create_table(
        "grants",
        sa.Column("account", sa.Text, sa.ForeignKey("accounts.name", ondelete="CASCADE"), primary_key=True),
        sa.Column(
            "collection", sa.Text, sa.ForeignKey("collections.id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("read", sa.Boolean, nullable=False),
        sa.Column("write", sa.Boolean, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "statuses",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("collection", sa.Text, sa.ForeignKey("collections.id", ondelete="CASCADE"), nullable=False),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("status", sa.LargeBinary, nullable=False),
    )
    op.create_index("statuses_by_time", "statuses", ["at"])
    op.create_index("statuses_by_collection", "statuses", ["collection"])
