"""Values of the domain as bytes in a row: msgpack by member names, so that members can be added."""

from typing import Generic, TypeVar

import msgspec

from mithaq.errors import StoreError

T = TypeVar("T")

_ENCODER = msgspec.msgpack.Encoder()


class Packed(Generic[T]):
    """How values of one type are packed.

    Args:
        kind: a dataclass or msgspec Struct.
    """

    def __init__(self, kind: type[T]) -> None:
        self._kind = kind
        self._decoder = msgspec.msgpack.Decoder(kind)

    def pack(self, value: T) -> bytes:
        """The value as bytes."""
        return _ENCODER.encode(value)

    def unpack(self, data: bytes) -> T:
        """The value that ``pack`` was given.

        Raises:
            StoreError: these are no such bytes: the database is damaged, or from another version.
        """
        try:
            return self._decoder.decode(data)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise StoreError(
                "a stored value cannot be read", expected=self._kind.__name__, got=error
            ) from None
