"""Is an Ed25519 public key a point of prime order, in its one canonical encoding? (protocol 3)

Signature verifiers disagree about keys of small or mixed order and about encodings that are not canonical:
what one side's library accepts, the other's may refuse, and under a key of small order one signature fits
many texts. Such keys are refused when a card is accepted, so no signature ever meets one. Plain integers and
public values only: nothing secret may pass through here, since the time taken depends on the values.
"""

from mithaq.errors import ForgedError, MalformedError

P = 2**255 - 19
"""The prime of the field (RFC 8032, 5.1)."""

L = 2**252 + 27742317777372353535851937790883648493
"""The order of the base point (RFC 8032, 5.1)."""

_D = -121665 * pow(121666, -1, P) % P
_ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)

Point = tuple[int, int, int, int]
"""Extended coordinates X, Y, Z, T with x = X/Z, y = Y/Z, xy = T/Z."""

IDENTITY: Point = (0, 1, 1, 0)


def _add(a: Point, b: Point) -> Point:
    # RFC 8032, 5.1.4: complete, so it doubles as well and holds for points of every order.
    e = (a[1] - a[0]) * (b[1] - b[0]) % P
    f = (a[1] + a[0]) * (b[1] + b[0]) % P
    g = 2 * a[3] * b[3] * _D % P
    h = 2 * a[2] * b[2] % P
    return (f - e) * (h - g) % P, (h + g) * (f + e) % P, (h - g) * (h + g) % P, (f - e) * (f + e) % P


def multiply(scalar: int, point: Point) -> Point:
    """``scalar`` times ``point``, for ``scalar`` from 0."""
    result = IDENTITY
    for bit in f"{scalar:b}":
        result = _add(result, result)
        if bit == "1":
            result = _add(result, point)
    return result


def is_identity(point: Point) -> bool:
    """Whether ``point`` is the neutral element."""
    x, y, z, _ = point
    return x % P == 0 and (y - z) % P == 0


def decode(key: bytes) -> Point:
    """The point that 32 bytes encode (RFC 8032, 5.1.3).

    Raises:
        MalformedError: the bytes are not the one canonical encoding of a point of the curve.
    """
    y = int.from_bytes(key, "little") & (2**255 - 1)
    sign = key[31] >> 7
    if y >= P:
        raise MalformedError("Ed25519 key is not canonical", expected="y below 2^255 - 19", got=key.hex())
    u, v = y * y - 1, _D * y * y + 1
    x = u * pow(v, 3, P) * pow(u * pow(v, 7, P), (P - 5) // 8, P) % P
    if (v * x * x + u) % P == 0:
        x = x * _ROOT_OF_MINUS_ONE % P
    if (v * x * x - u) % P:
        raise MalformedError("Ed25519 key is not a point of the curve", got=key.hex())
    if x == 0 and sign:
        raise MalformedError("Ed25519 key is not canonical", expected="no sign on x = 0", got=key.hex())
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


def check_prime_order(key: bytes) -> None:
    """Check that ``key``, 32 bytes, is a canonical point of order ``L``; takes a few milliseconds.

    Raises:
        MalformedError: not the canonical encoding of a point.
        ForgedError: a point of small order (the identity included) or of mixed order.
    """
    point = decode(key)
    if is_identity(multiply(8, point)):
        raise ForgedError("Ed25519 key of small order", expected="prime order", got=key.hex())
    if not is_identity(multiply(L, point)):
        raise ForgedError("Ed25519 key of mixed order", expected="prime order", got=key.hex())
