"""The tables: what a node keeps, in the fewest bytes (protocol section 8).

Logs go by a small number inside (``logs.id``); their names stand once. The large bytes of a row (an entry, a
note) are its last column: SQLite keeps what does not fit a page in a chain behind the row, so what stands
before is read without them. ``WITHOUT ROWID`` only where rows are small: a large row makes the inner pages of
such a tree hold next to nothing.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    text,
)

HEAD = "0008"
"""The newest revision in ``migrations/versions``."""

LEGAL_RULES = "kind = 'rules' AND outcome < x'65'"
"""Entries of kind ``rules`` that have effect: of the outcomes only ``done`` sorts before the letter e."""

metadata = MetaData()


def _log() -> Column[int]:
    return Column("log", Integer, ForeignKey("logs.id"), primary_key=True)


def _key(name: str) -> Column[int]:
    return Column(name, BigInteger, primary_key=True)


def _value(name: str, kind: Any) -> Column[Any]:
    return Column(name, kind, nullable=False)


meta = Table(
    "meta",
    metadata,
    Column("name", Text, primary_key=True),
    _value("value", Text),
    sqlite_with_rowid=False,
)
"""``origin``: whose store this is."""

logs = Table(
    "logs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    _value("size", BigInteger),
    _value("edge", LargeBinary),
    _value("state", LargeBinary),
)
"""A row for each log that anything here is about. ``edge``: the frontier's hashes; ``state``: packed."""

entries = Table(
    "entries",
    metadata,
    _log(),
    _key("index"),
    _value("leaf", LargeBinary),
    _value("kind", Text),
    _value("outcome", LargeBinary),
    _value("digest", LargeBinary),
    _value("data", LargeBinary),
    # Not unique: a partner may write the same bytes twice; they are kept, without effect (protocol 11).
    Index("entries_by_leaf", "log", "leaf", "index"),
    Index("entries_by_kind", "log", "kind", "index"),
    # Whoever enters void rules by the million makes nobody look through them.
    Index("legal_rules", "log", "index", sqlite_where=text(LEGAL_RULES)),
)

tiles = Table("tiles", metadata, _log(), _key("level"), _key("index"), _value("hashes", LargeBinary))

heads = Table(
    "heads", metadata, _log(), _key("size"), _value("root", LargeBinary), _value("note", LargeBinary)
)

cosignatures = Table(
    "cosignatures",
    metadata,
    _log(),
    _key("size"),
    _value("root", LargeBinary),
    _value("time", BigInteger),
    _value("lines", LargeBinary),
)

bodies = Table(
    "bodies",
    metadata,
    _log(),
    _key("index"),
    _key("ordinal"),
    _value("commit", LargeBinary),
    _value("part", LargeBinary),
    _value("size", BigInteger),
    _value("day", BigInteger),
    _value("findings", LargeBinary),
    Index("bodies_by_day", "day"),
)

sealed = Table(
    "sealed",
    metadata,
    Column("log", Integer, primary_key=True),
    _key("index"),
    _key("ordinal"),
    _key("chunk"),
    _value("data", LargeBinary),
    ForeignKeyConstraint(
        ["log", "index", "ordinal"], ["bodies.log", "bodies.index", "bodies.ordinal"], ondelete="CASCADE"
    ),
)
"""The sealed bytes of a body in chunks, so that a large one is never in memory twice."""

marks = Table(
    "marks",
    metadata,
    Column("log", Integer, primary_key=True),
    _key("index"),
    _key("ordinal"),
    _value("mark", LargeBinary),
    ForeignKeyConstraint(
        ["log", "index", "ordinal"], ["bodies.log", "bodies.index", "bodies.ordinal"], ondelete="CASCADE"
    ),
    Index("marks_by_mark", "mark"),
)
"""Keyed fingerprints of bodies, by which the same content is found again; they go with their body."""

wanted = Table(
    "wanted",
    metadata,
    _log(),
    _key("index"),
    _key("ordinal"),
    _value("commit", LargeBinary),
    _value("day", BigInteger),
    Index("wanted_by_day", "log", "day"),
    sqlite_with_rowid=False,
)

things = Table(
    "things",
    metadata,
    _log(),
    Column("key", Text, primary_key=True),
    _value("agreement", Boolean),
    _value("data", LargeBinary),
    sqlite_with_rowid=False,
)
"""Things of a pair, by its own log. ``data``: packed; ``agreement``: if its sort is in ``moves.LIFE``."""

Index("agreements", things.c.log, sqlite_where=things.c.agreement)

notes = Table("notes", metadata, Column("digest", Text, primary_key=True), _value("note", LargeBinary))

partners = Table(
    "partners",
    metadata,
    _log(),
    _value("url", Text),
    _value("card", LargeBinary),
    _value("sealing", LargeBinary),
    _value("newest", BigInteger),
    _value("sent", BigInteger),
    _value("have", BigInteger),
    _value("problem", Text),
    _value("previous", LargeBinary),
)

default_handling = Table(
    "default_handling",
    metadata,
    _log(),
    Column("field", Text, primary_key=True),
    _value("tlp", Text),
    _value("pap", Text),
    _value("at", BigInteger),
    sqlite_with_rowid=False,
)
"""What persons decided for contents without marks, by partner and field."""

clocks = Table(
    "clocks",
    metadata,
    _log(),
    _value("theirs", BigInteger),
    _value("floor", BigInteger),
)
"""What a pair knows of its two clocks, by its own log."""

sealing_keys = Table(
    "sealing_keys",
    metadata,
    _log(),
    Column("public", LargeBinary, primary_key=True),
    _value("index", BigInteger),
    _value("entered", BigInteger),
    _value("acknowledged", BigInteger),
)

recoveries = Table("recoveries", metadata, _log(), _value("asked", Text))
"""Pairs that ask their partner for what this store lost, by their own log, with the id of their pouches."""

roots = Table("roots", metadata, Column("name", Text, primary_key=True), _value("title", Text))
"""API roots that an operator made."""

collections = Table(
    "collections",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("root", Text, ForeignKey("roots.name"), nullable=False),
    _value("alias", Text),
    _value("title", Text),
    _value("keep_days", Integer),
    _value("newest", BigInteger),
)
"""``newest``: when something was last added, which stays when it has gone."""

envelopes = Table(
    "envelopes",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("collection", Integer, ForeignKey("collections.number", ondelete="CASCADE"), nullable=False),
    _value("name", LargeBinary),
    _value("day", BigInteger),
    Index("envelopes_by_day", "day"),
    Index("envelopes_by_collection", "collection"),
)

parts = Table(
    "parts",
    metadata,
    Column("envelope", Integer, ForeignKey("envelopes.number", ondelete="CASCADE"), primary_key=True),
    Column("part", Integer, primary_key=True),
    _value("sealed", LargeBinary),
)
"""Objects as they came, some tens of thousands of bytes together: one that is read opens no more."""

objects = Table(
    "objects",
    metadata,
    Column("collection", Integer, primary_key=True),
    Column("added", BigInteger, primary_key=True),
    _value("id", Text),
    _value("type", Text),
    _value("version", BigInteger),
    _value("mark", LargeBinary),
    Column("envelope", Integer, ForeignKey("envelopes.number", ondelete="CASCADE"), nullable=False),
    _value("part", Integer),
    _value("offset", Integer),
    _value("length", Integer),
    Index("objects_by_id", "collection", "id", "version"),
    Index("objects_by_envelope", "envelope"),
    sqlite_with_rowid=False,
)

accounts = Table(
    "accounts",
    metadata,
    Column("name", Text, primary_key=True),
    Column("root", Text, ForeignKey("roots.name"), nullable=False),
    Column("secret", LargeBinary, nullable=False, unique=True),
    _value("made", BigInteger),
    _value("until", BigInteger),
    _value("used", BigInteger),
    _value("rate", Integer),
)
"""Tools that may sign in. ``secret``: SHA-256 of the token."""

grants = Table(
    "grants",
    metadata,
    Column("account", Text, ForeignKey("accounts.name", ondelete="CASCADE"), primary_key=True),
    Column("collection", Text, ForeignKey("collections.id", ondelete="CASCADE"), primary_key=True),
    _value("read", Boolean),
    _value("write", Boolean),
    sqlite_with_rowid=False,
)

statuses = Table(
    "statuses",
    metadata,
    Column("id", Text, primary_key=True),
    Column("collection", Text, ForeignKey("collections.id", ondelete="CASCADE"), nullable=False),
    _value("account", Text),
    _value("at", BigInteger),
    _value("status", LargeBinary),
    Index("statuses_by_time", "at"),
    Index("statuses_by_collection", "collection"),
)
"""What became of what was posted, as it is told (TAXII 4.3)."""
