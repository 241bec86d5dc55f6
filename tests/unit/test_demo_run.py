"""The demo around its exercise: what it expects, how it waits, where it works, how it ends."""

import signal
from contextlib import ExitStack

import pytest

from mithaq.cli.main import app
from mithaq.demo import refusal, run, stage
from mithaq.demo.lying import lie
from mithaq.demo.rabat_parts import forbidden
from mithaq.demo.screen import Screen
from mithaq.demo.stage import ExpectationError, expect, wait
from mithaq.errors import UsageError
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


def test_a_failure_is_raised_when_all_is_ended_and_removed(monkeypatch):
    ended = []

    def fail(root, screen, scenario, props, stack: ExitStack):
        stack.callback(ended.append, root)
        raise ExpectationError("the records differ")

    monkeypatch.setattr(run, "play", fail)
    with pytest.raises(ExpectationError, match="the records differ"):
        run.demo(lang="en", exit=True)
    assert not ended[0].exists()
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_what_is_kept_is_named_and_new(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(run, "play", lambda root, *_: (root / "file").write_text("x"))
    kept = tmp_path / "a" / "b"
    run.demo(lang="en", exit=True, keep=kept)
    assert str(kept) in capsys.readouterr().out
    assert (kept / "file").exists()
    with pytest.raises(UsageError, match="must be new"):
        run.demo(lang="en", exit=True, keep=kept)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_is_not_success(number, monkeypatch):
    def interrupted(*_):
        signal.raise_signal(number)

    monkeypatch.setattr(run, "play", interrupted)
    assert run.demo(lang="en", exit=True) is None
    assert app.meta(["demo", "--exit"]) == 130


def test_only_scenarios_that_there_are():
    with pytest.raises(UsageError, match="rabat"):
        run.demo(lang="en", scenario="geneva")


def test_a_refusal_names_the_field_as_the_text_does():
    said = refusal.sentence(Words("fr"), agreement(), forbidden(), ("kind", "tlp"))
    assert agreement().fields["migration"].title["fr"] in said
    assert "Alerte" in said


def test_screens_tell_how_long_it_took():
    assert 0 <= Screen(Words("en")).elapsed() < 60


def test_without_a_liar_the_step_is_left_out(capsys):
    played = stage.Stage((None, None), None, Screen(Words("en")))
    lie(played, None, forbidden(), ("kind",))
    assert "left out" in capsys.readouterr().out
    assert not played.shown
