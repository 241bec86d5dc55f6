"""An index of the legal entries of kind ``rules``."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_index(
        "legal_rules", "entries", ["log", "index"], sqlite_where=sa.text("kind = 'rules' AND outcome < x'65'")
    )
