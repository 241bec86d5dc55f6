"""The program ``mithaq``: every command by name, the options that all have, and the one place for errors.

Commands are named here by where they stand and loaded when they are called, so that ``--help`` is quick.
"""

import os
import signal
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from cyclopts import App, CycloptsError, Group, Parameter

from mithaq.errors import MithaqError, UsageError
from mithaq.words import LANGUAGES, Words

Language = Literal["ar", "de", "en", "fr"]


def _where(module: str, names: str) -> dict[str, str]:
    return {name: f"{module}:{name}" for name in names.split()}


COMMANDS: dict[str, tuple[str, dict[str, str]]] = {
    "authority": (
        "The authority's keys, on a machine apart from any node.",
        _where("authority", "init succeed public"),
    ),
    "node": (
        "A node: make it, serve it, look at it.",
        _where("node", "init renew serve") | _where("status", "status"),
    ),
    "card": ("Our card and the partners'.", _where("card", "show sign install add rotate publish")),
    "agreement": (
        "From a text to one that is in force.",
        _where("agreement", "new check sign propose export cosign activate show")
        | _where("halting", "suspend declare resume terminate offboard"),
    ),
    "backup": (
        "Copies of a node, taken while it serves; keys apart.",
        _where("backup", "create verify restore"),
    ),
    "rules": (
        "National rules: what our own law closes of what the signed texts allow.",
        _where("rules", "new check sign load show"),
    ),
    "handling": (
        "What is decided for contents without marks, by partner and field.",
        _where("handling", "set show drop"),
    ),
    "taxii": (
        "API roots, collections and the accounts of tools.",
        {
            "root add": "taxii:root_add",
            "collection add": "taxii:collection_add",
            "collection drop": "taxii:collection_drop",
            "account add": "taxii:account_add",
            "account drop": "taxii:account_drop",
            "grant": "taxii:grant",
            "show": "taxii:show",
        },
    ),
    "receipt": ("Proof of delivery as a file.", _where("receipt", "export verify")),
    "stix": ("Files of STIX.", _where("stix", "check")),
    "pouch": ("The same pouches on a disk that somebody carries.", _where("pouch", "write read answer")),
}
"""Groups, what they are for, and their commands by module and function."""

SINGLE: dict[str, tuple[str, str]] = {
    "send": ("Say something to a partner.", "send:send"),
    "inbox": ("What a partner said, newest first.", "mailbox:inbox"),
    "sent": ("What we said, and what became of it.", "mailbox:sent"),
    "show": ("One entry with its ladder and its contents.", "mailbox:show"),
    "acknowledge": ("Say that we have taken note of entries.", "about:acknowledge"),
    "erase": ("Erase our copy of contents before their day, and say so.", "erase:erase"),
    "withdraw": ("Withdraw what we said: both sides erase it.", "erase:withdraw"),
    "hold": ("Hold contents over for supervision, until a time, and say so.", "erase:hold"),
    "feedback": ("Say how useful something was.", "about:feedback"),
    "correct": ("Correct what we said, or replace it by a later entry.", "about:correct"),
    "consent": ("Ask for, or give, consent to release to a third side.", "about:consent"),
    "record": ("The record of a pair, as both sides compare it.", "mailbox:record"),
    "demo": ("Two nodes on this machine, one exercise.", "demo:demo"),
}
"""Commands without a group: what they do, and their module and function."""


COMMON = Group("Options of every command", sort_key=9)


def build() -> App:
    """The program's commands."""
    app = App(
        name="mithaq",
        help="Two authorities, two nodes, one signed text that both enforce and can prove.",
        version=lambda: version("mithaq"),
        help_format="plaintext",
        result_action="return_value",
    )
    for name, (text, commands) in COMMANDS.items():
        group = App(name=name, help=text)
        app.command(group)
        for command, where in commands.items():
            *noun, verb = command.split()
            _below(group, noun).command(f"mithaq.cli.{where}", name=verb)
    for name, (text, where) in SINGLE.items():
        app.command(f"mithaq.cli.{where}", name=name, help=text)
    app.meta.default(_run)
    return app


def _below(group: App, nouns: list[str]) -> App:
    """The group of a noun within a group, made when it is first named."""
    for noun in nouns:
        if noun not in group:
            group.command(App(name=noun))
        group = group[noun]
    return group


def _run(
    *tokens: Annotated[str, Parameter(show=False, allow_leading_hyphen=True)],
    directory: Annotated[
        Path | None,
        Parameter(name="--dir", group=COMMON, env_var="MITHAQ_DIR", help="The node's directory."),
    ] = None,
    passphrase_fd: Annotated[
        int | None, Parameter(group=COMMON, help="Read the passphrase from this descriptor.")
    ] = None,
    passphrase_file: Annotated[
        Path | None, Parameter(group=COMMON, help="Read the passphrase from this file.")
    ] = None,
    json: Annotated[
        bool, Parameter(group=COMMON, negative=(), help="One JSON value on standard output.")
    ] = False,
    lang: Annotated[
        Language | None, Parameter(group=COMMON, help="Language of what is shown; that of the system.")
    ] = None,
) -> int:
    words = Words(lang or _system_language())
    try:
        command, bound, ignored = app.parse_args(tokens, exit_on_error=False, print_error=False)
        if ignored:
            from mithaq.cli.session import Session, Source  # noqa: PLC0415 - not for --help

            session = Session(directory, Source(passphrase_fd, passphrase_file), words, json)
            bound.arguments |= dict.fromkeys(ignored, session)
        answer = command(*bound.args, **bound.kwargs)
    except MithaqError as error:
        return _failed(error, words, json=json)
    except EOFError:
        silent = UsageError("nobody is there to type", todo="give it by an option")
        return _failed(silent, words, json=json)
    except CycloptsError as error:
        return _failed(UsageError(" ".join(str(error).split()), todo="see --help"), words, json=json)
    return _show(answer, words, json=json)


def _show(answer: Any, words: Words, *, json: bool) -> int:
    if answer is None or isinstance(
        answer, int
    ):  # --help and --version have spoken; the demo has its own code
        return answer or 0
    if json:
        sys.stdout.buffer.write(msgspec.json.encode(answer.value) + b"\n")
    else:
        from mithaq.demo.screen import Screen  # noqa: PLC0415 - not for --help

        screen = Screen(words)
        for line in answer.lines:
            screen.line(line)
    return answer.exit_code


def _failed(error: MithaqError, words: Words, *, json: bool) -> int:
    from mithaq.cli import failure  # noqa: PLC0415 - not for --help

    if json:
        sys.stdout.buffer.write(msgspec.json.encode(failure.value(error)) + b"\n")
    else:
        print(*failure.lines(error, words), sep="\n", file=sys.stderr)  # noqa: T201 - a program's last words
    return error.exit_code


def _system_language() -> str:
    """The language that the environment asks for, English where there is no catalogue for it."""
    wanted = (os.environ.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    language = next(filter(None, wanted), "")[:2]
    return language if language in LANGUAGES else "en"


app = build()


def main() -> None:
    """The program."""
    try:
        code = app.meta()
        sys.stdout.flush()
        sys.exit(code)
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)
    except BrokenPipeError:
        # Whoever read us has gone; Python would complain once more when it flushes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(128 + signal.SIGPIPE)
