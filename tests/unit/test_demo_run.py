"""The demo around its exercise: what it expects, how it waits, where it works, how it ends."""

import os
from contextlib import ExitStack

import pytest

from mithaq.demo import refusal, run, stage
from mithaq.demo.programme import forbidden
from mithaq.demo.screen import Screen
from mithaq.demo.stage import ExpectationError, expect, wait
from mithaq.errors import ReachError
from mithaq.words import Words
from signed_texts import agreement


def test_what_is_not_as_expected_is_said():
    expect("they are equal", (1,), (1,))
    with pytest.raises(ExpectationError, match="both are red: expected red, got 'green'") as caught:
        expect("both are red", "red", "green")
    assert caught.value.exit_code == 1


def test_waiting_ends(monkeypatch):
    looks = iter((None, b"", "found"))
    assert wait("something comes", lambda: next(looks)) == "found"
    monkeypatch.setattr(stage, "PATIENCE", 0.05)
    with pytest.raises(ExpectationError, match="something comes"):
        wait("something comes", lambda: None)


@pytest.mark.parametrize("error", [ExpectationError("the records differ"), ReachError("no node")])
def test_a_failure_ends_with_a_code_and_a_reason(error, monkeypatch, capsys):
    ended = []

    def fail(root, screen, stix, stack: ExitStack):
        stack.callback(ended.append, root)
        raise error

    monkeypatch.setattr(run, "play", fail)
    assert run.demo(lang="en", exit=True) == error.exit_code != 0
    assert str(error) in capsys.readouterr().err
    assert not ended[0].exists()


def test_what_is_kept_is_named_and_new(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(run, "play", lambda root, *_: (root / "file").write_text("x"))
    kept = tmp_path / "a" / "b"
    assert run.demo(lang="en", exit=True, keep=kept) == 0
    assert str(kept) in capsys.readouterr().out
    assert (kept / "file").exists()
    assert run.demo(lang="en", exit=True, keep=kept) == 2
    assert "must be new" in capsys.readouterr().err


def test_an_interrupt_is_not_success(monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(run, "play", interrupted)
    assert run.demo(lang="en", exit=True) == 130


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({"LANG": "de_DE.UTF-8"}, "de"),
        ({"LANG": "de_DE.UTF-8", "LC_ALL": "ar_MA.UTF-8"}, "ar"),
        ({"LANG": "pl_PL.UTF-8"}, "en"),
        ({"LANG": "C"}, "en"),
        ({}, "en"),
    ],
)
def test_the_language_of_the_system(environment, language, monkeypatch):
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setitem(os.environ, name, value)
    assert run.system_language() == language


def test_a_refusal_names_the_field_as_the_text_does():
    said = refusal.sentence(Words("fr"), agreement(), forbidden(), ("kind", "tlp"))
    assert agreement().fields["migration"].title["fr"] in said
    assert "Alerte" in said


def test_screens_tell_how_long_it_took():
    assert 0 <= Screen(Words("en")).elapsed() < 60
