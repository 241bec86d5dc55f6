"""Parts of envelopes, sealed under the key of the day on which their collection lets go of them."""

import zlib
from collections.abc import Iterable

from mithaq.crypto.bodies import SealedBody, seal_body
from mithaq.errors import StaleError
from mithaq.exchange.collection import Collection, Place
from mithaq.exchange.contents import COMPRESSION, check_day, day_name
from mithaq.exchange.identity import Identity

SALT_SIZE = 32


class Opener:
    """Seals and opens the parts of a collection.

    Args:
        identity: whose day keys.
        collection: whose parts.
    """

    def __init__(self, identity: Identity, collection: Collection) -> None:
        self._identity, self._collection = identity, collection
        self._keys = dict[int, bytes]()

    def _context(self, name: bytes, part: int) -> bytes:
        return f"collection {self._collection.id} {name.hex()} {part}".encode()

    def seal(self, name: bytes, day: int, part: int, clear: bytes) -> bytes:
        """A part at rest."""
        key = self._identity.files.get_or_create(day_name(day))
        salt = self._identity.random(SALT_SIZE)
        pieces = zlib.compress(clear, COMPRESSION)
        return b"".join(seal_body(key, self._identity.random, self._context(name, part), salt, [pieces]))

    def open(self, place: tuple[int, int], name: bytes, day: int, sealed: bytes) -> bytes | None:
        """The clear bytes of a part; None if its day has ended.

        Raises:
            KeyStoreError: its key is not here.
            ForgedError: what is stored was changed.
        """
        try:
            check_day(self._identity, day, self._collection.id)
        except StaleError:
            return None
        if day not in self._keys:
            self._keys[day] = self._identity.files.get(day_name(day))
        body = SealedBody(self._keys[day], self._context(name, place[1]), sealed)
        return zlib.decompress(body.chunk(0))

    def without(
        self, place: tuple[int, int], name: bytes, day: int, sealed: bytes, gone: Iterable[Place]
    ) -> bytes:
        """A part at rest in which objects are blank and the others stay in place; empty if it has ended."""
        clear = bytearray(self.open(place, name, day, sealed) or b"")
        if not clear:
            return b""
        for each in gone:
            clear[each.offset : each.offset + each.length] = b" " * each.length
        return self.seal(name, day, place[1], bytes(clear))
