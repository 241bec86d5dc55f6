"""Where a partner's node listens: what its card's URL says to the client (protocol section 7)."""

from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

from mithaq.errors import ConfigError
from mithaq.wire.http import POUCH_PATH, is_loopback


@dataclass(frozen=True, slots=True)
class Address:
    """Where a partner's node listens: the base of its ``/pouch``.

    ``https://host[:port][/prefix]``; ``http://`` for this machine only.
    """

    tls: bool
    host: str
    port: int
    path: str
    authority: str

    @classmethod
    def parse(cls, url: str) -> Self:
        """Read a partner's URL.

        Raises:
            ConfigError: it is of another form, or plain HTTP to another machine.
        """
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port
        except ValueError:
            raise _bad_url(url) from None
        clean = port != 0 and url.isascii() and url.isprintable() and " " not in url
        if not clean or not host or parts.username is not None or parts.query or parts.fragment:
            raise _bad_url(url)
        if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(host)):
            raise _bad_url(url)
        tls = parts.scheme == "https"
        path = parts.path.rstrip("/") + POUCH_PATH
        return cls(tls, host, port or (443 if tls else 80), path, parts.netloc)


def _bad_url(url: str) -> ConfigError:
    return ConfigError(
        "not the address of a node",
        expected="https://host[:port][/prefix], or http:// on this machine",
        got=url,
    )
