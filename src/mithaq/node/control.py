"""The door of a running node for its own operator: a socket in its directory, mode 0600.

A call is the name of a method of ``Service`` and its arguments; types on both ends are those of the method's
own annotations, so there is no second description of them. One frame each way, msgpack, u32 length in front.
Errors of ours travel as their parts and are raised again as what they were.
"""

import inspect
import socket
import socketserver
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import cache, partial
from operator import attrgetter
from pathlib import Path
from typing import Any, cast, get_type_hints

import msgspec

from mithaq import errors
from mithaq.errors import ConfigError, LimitError, MithaqError, ReachError, RefusedError
from mithaq.exchange.librarian import Librarian
from mithaq.exchange.service import Service

CALLS = (
    "about",
    "activate",
    "agreements",
    "alarms",
    "answer_pouch",
    "closing",
    "content",
    "cosign",
    "declare",
    "default_handling",
    "drop_default_handling",
    "halts",
    "inbox",
    "introduce",
    "item",
    "librarian.accounts",
    "librarian.add_account",
    "librarian.add_collection",
    "librarian.add_root",
    "librarian.collections",
    "librarian.drop_account",
    "librarian.drop_collection",
    "librarian.grant",
    "librarian.roots",
    "load_rules",
    "lost",
    "note",
    "offboard",
    "partner",
    "partners",
    "propose",
    "publish_card",
    "receipt",
    "record_lines",
    "rules",
    "send",
    "sent",
    "set_default_handling",
    "status",
    "suspend",
    "take",
    "take_up",
    "told_rules",
    "unaware",
    "write_pouch",
)
"""What may be asked for: methods of ``Service``, and of what it holds."""
_HELD = {"librarian": Librarian}
FRAME_MAX = 2**30
"""Bytes of a call: a message holds at most 64 contents; an operator sends no more than this at once."""
PATH_MAX = 100
"""Bytes of the socket's path: the system allows 107."""


def _method(name: str) -> Callable[..., Any]:
    held, _, verb = name.rpartition(".")
    return getattr(_HELD[held] if held else Service, verb)


@cache
def _types(name: str) -> tuple[dict[str, Any], Any]:
    method = _method(name)
    hints = get_type_hints(method)
    result = hints.pop("return")
    return {
        parameter: hints[parameter]
        for parameter in inspect.signature(method).parameters
        if parameter in hints
    }, result


def _read(connection: socket.socket, size: int) -> bytes:
    data = bytearray()
    while len(data) < size:
        piece = connection.recv(min(size - len(data), 2**20))
        if not piece:
            raise ReachError("the control socket was closed", expected=f"{size} bytes", got=len(data))
        data += piece
    return bytes(data)


def _receive(connection: socket.socket) -> bytes:
    size = int.from_bytes(_read(connection, 4))
    if size > FRAME_MAX:
        raise LimitError("a call that is too large", expected=f"{FRAME_MAX} bytes", got=size)
    return _read(connection, size)


def _send(connection: socket.socket, value: Any) -> None:
    data = msgspec.msgpack.encode(value, enc_hook=str)  # a moment of a signed text, as it is written
    connection.sendall(len(data).to_bytes(4) + data)


def _parse(kind: type[Any], value: object) -> object:
    """A small word of a signed text, from its written form."""
    return kind.parse(value)


class _Call(msgspec.Struct):
    name: str
    arguments: dict[str, Any]


def _error(error: MithaqError) -> dict[str, Any]:
    """Its parts, under the class of ``errors`` that it is of: both ends know those."""
    kind = next(kind for kind in type(error).__mro__ if kind.__module__ == errors.__name__)
    parts: dict[str, Any] = error.fields() | {"error": kind.__name__}
    if isinstance(error, RefusedError):
        parts |= {"codes": list(error.codes), "by": error.by, "reasons": list(error.reasons)}
    return parts


def _raise(parts: dict[str, Any]) -> None:
    kind = getattr(errors, parts.pop("error"), MithaqError)
    message = parts.pop("message")
    if issubclass(kind, RefusedError):
        parts = {
            "codes": tuple(parts["codes"]),
            "reasons": tuple(parts.get("reasons", ())),
            "where": parts.get("where", ""),
            "todo": parts.get("todo", ""),
            "by": parts["by"],
        }
    raise kind(message, **parts)


class Control:
    """Serves the socket.

    Args:
        path: of the socket.
        service: what is asked.
    """

    def __init__(self, path: Path, service: Service) -> None:
        check_path(path)
        path.unlink(missing_ok=True)

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                with suppress(MithaqError, OSError):  # it hung up, or sends what cannot be read: it ends
                    while True:
                        _send(self.request, _answer(service, _receive(self.request)))

        self._server = socketserver.ThreadingUnixStreamServer(str(path), Handler, bind_and_activate=False)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self._server.server_bind()
        path.chmod(0o600)
        self._server.server_activate()
        self._path = path
        self._thread = threading.Thread(target=self._server.serve_forever, name="control", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Take no more calls."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        self._path.unlink(missing_ok=True)


def check_path(path: Path) -> None:
    """Raises ConfigError if the system allows no socket of so long a name."""
    if len(str(path).encode()) > PATH_MAX:
        raise ConfigError(
            "the directory's path is too long for a socket",
            where=str(path),
            expected=f"{PATH_MAX} bytes",
            todo="use a shorter directory",
        )


def _answer(service: Service, frame: bytes) -> dict[str, Any]:
    try:
        call = msgspec.msgpack.decode(frame, type=_Call)
        if call.name not in CALLS:
            raise ConfigError("no such call", got=call.name)
        types, _ = _types(call.name)
        arguments = {
            name: msgspec.convert(value, types[name], strict=False) for name, value in call.arguments.items()
        }
        return {"result": attrgetter(call.name)(service)(**arguments)}
    except MithaqError as error:
        return _error(error)
    # A frame that is no msgpack or too deep; a number that the store has no room for.
    except (
        msgspec.MsgspecError,
        UnicodeDecodeError,
        RecursionError,
        OverflowError,
        KeyError,
        TypeError,
    ) as error:
        return {"error": "ConfigError", "message": "the call does not fit", "got": str(error)[:200]}


class _Held:
    """What the running node's ``Service`` holds under a name."""

    def __init__(self, name: str, call: Callable[..., Any]) -> None:
        self._name, self._call = name, call

    def __getattr__(self, verb: str) -> Callable[..., Any]:
        name = f"{self._name}.{verb}"
        if name not in CALLS:
            raise AttributeError(verb)
        return partial(self._call, name)


class Remote:
    """A running node's ``Service``, asked through its socket; ``connect`` gives it its type."""

    def __init__(self, path: Path) -> None:
        check_path(path)
        self._connection = socket.socket(socket.AF_UNIX)
        try:
            self._connection.connect(str(path))
        except OSError as error:
            self._connection.close()
            raise ReachError(
                "the node does not run", where=str(path.parent), got=error, todo="start it: mithaq node serve"
            ) from None
        self._lock = threading.Lock()

    def __getattr__(self, name: str) -> Any:
        if name in _HELD:
            return _Held(name, self._call)
        if name not in CALLS:
            raise AttributeError(name)
        return partial(self._call, name)

    def _call(self, name: str, *values: Any, **named: Any) -> Any:
        types, result = _types(name)
        arguments = dict(zip(types, values, strict=False)) | named
        with self._lock:
            _send(self._connection, _Call(name, arguments))
            frame = _receive(self._connection)
        answer = msgspec.msgpack.decode(frame)
        if "error" in answer:
            _raise(answer)
        try:
            return msgspec.convert(answer["result"], result, strict=False, dec_hook=_parse)
        except msgspec.ValidationError as error:
            raise ReachError(
                "the running node is of another version", got=error, todo="start it again"
            ) from None

    def close(self) -> None:
        """Hang up."""
        self._connection.close()


def connect(path: Path) -> Service:
    """The service of the running node with this control socket.

    Raises:
        ReachError: it does not run.
    """
    return cast("Service", Remote(path))
