"""Two whole nodes with a text in force: made once for each process, copied for each test."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from nodes import A, B, Node, made, make_node, make_pair, settle


@pytest.fixture(scope="session")
def made_pair(tmp_path_factory) -> Path:
    """The directory of both nodes, closed."""
    return made(tmp_path_factory, "pair", lambda directory: [node.close() for node in make_pair(directory)])


@pytest.fixture
def pair(made_pair, tmp_path) -> Iterator[tuple[Node, Node]]:
    """Both nodes, open; neither has anything to say."""
    shutil.copytree(made_pair, tmp_path / "pair")
    nodes = make_node(tmp_path / "pair" / "a", "a", A), make_node(tmp_path / "pair" / "b", "b", B)
    settle(*nodes)
    yield nodes
    for node in nodes:
        node.close()
