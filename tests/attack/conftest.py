"""The scene of the lying partner: made once for each process, copied for each test."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from liar import Scene, make_scene, open_scene
from nodes import made


@pytest.fixture(scope="session")
def made_scene(tmp_path_factory) -> Path:
    """The directory of three nodes, closed."""
    return made(tmp_path_factory, "scene", lambda directory: make_scene(directory).close())


@pytest.fixture
def scene(made_scene, tmp_path) -> Iterator[Scene]:
    """Victim, liar and third party, at rest."""
    shutil.copytree(made_scene, tmp_path / "scene")
    opened = open_scene(tmp_path / "scene")
    yield opened
    opened.close()
