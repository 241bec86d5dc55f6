"""A keyed fingerprint beside each content, by which the same content is found again."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the table; contents that came before cannot be found again by it."""
    op.create_table(
        "marks",
        sa.Column("log", sa.Integer, primary_key=True),
        sa.Column("index", sa.BigInteger, primary_key=True),
        sa.Column("ordinal", sa.BigInteger, primary_key=True),
        sa.Column("mark", sa.LargeBinary, nullable=False),
        sa.ForeignKeyConstraint(
            ["log", "index", "ordinal"],
            ["bodies.log", "bodies.index", "bodies.ordinal"],
            ondelete="CASCADE",
        ),
    )
    op.create_index("marks_by_mark", "marks", ["mark"])
