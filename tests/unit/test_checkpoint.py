"""The text of a head: the example of C2SP, and what is refused."""

import base64

import pytest

from mithaq.errors import MalformedError
from mithaq.tlog.checkpoint import Checkpoint
from mithaq.tlog.merkle import EMPTY_ROOT, SIZE_MAX

EXAMPLE = b"example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"


def test_example_of_tlog_checkpoint():
    checkpoint = Checkpoint.parse(EXAMPLE)
    assert (checkpoint.origin, checkpoint.size) == ("example.com/behind-the-sofa", 20852163)
    assert checkpoint.text == EXAMPLE


def test_the_limits_themselves_pass():
    root = base64.b64encode(bytes(32))
    assert Checkpoint.parse(b"a\n%d\n%s\n" % (SIZE_MAX, root)).size == SIZE_MAX
    assert Checkpoint.parse(b"a\n0\n%s\n" % base64.b64encode(EMPTY_ROOT)).size == 0


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\n\n\n",
        EXAMPLE[:-1],
        EXAMPLE + b"\n",
        EXAMPLE + b"extension\n",
        EXAMPLE.replace(b"example.com", b"exa mple.com"),
        EXAMPLE.replace(b"example.com", b"exa+mple.com"),
        EXAMPLE.replace(b"example.com", b"\xff"),
        EXAMPLE.replace(b"example.com", b"a" * 256),
        EXAMPLE.replace(b"example.com/behind-the-sofa", b""),
        EXAMPLE.replace(b"20852163", b"+20852163"),
        EXAMPLE.replace(b"20852163", b"-1"),
        EXAMPLE.replace(b"20852163", b"2_0"),
        EXAMPLE.replace(b"20852163", b" 20852163"),
        EXAMPLE.replace(b"20852163", b"020852163"),
        EXAMPLE.replace(b"20852163", "٢".encode()),
        EXAMPLE.replace(b"20852163", b"%d" % (SIZE_MAX + 1)),
        EXAMPLE.replace(b"20852163", b"9" * 100_000),
        EXAMPLE.replace(b"20852163", b"0"),
        EXAMPLE.replace(b"q2I=", b"q2J="),
        EXAMPLE.replace(b"q2I=", b"q2I"),
        EXAMPLE.replace(b"q2I=", b"q2I=="),
        EXAMPLE.replace(b"q2I=", b"q2JJ"),
        EXAMPLE.replace(b"q2I=", b""),
        EXAMPLE.replace(b"\n", b"\r\n"),
    ],
)
def test_refused(text):
    with pytest.raises(MalformedError):
        Checkpoint.parse(text)


@pytest.mark.parametrize(
    ("origin", "size", "root"),
    [
        ("a", -1, bytes(32)),
        ("a", SIZE_MAX + 1, bytes(32)),
        ("a", 1, bytes(31)),
        ("", 1, bytes(32)),
        ("a", 0, bytes(32)),
    ],
)
def test_cannot_be_made(origin, size, root):
    with pytest.raises(MalformedError):
        Checkpoint(origin, size, root)
