"""The same pouches on a disk that somebody carries, where no network is between the nodes (protocol 7)."""

from pathlib import Path

from mithaq.crypto.private_files import make_directory
from mithaq.demo.outcome import Shown
from mithaq.demo.part import Part
from mithaq.demo.screen import size
from mithaq.demo.stage import Stage, expect
from mithaq.exchange.packing import Lane
from mithaq.wire.file import open_pouch, write_pouch
from mithaq.wire.http import POUCH_MAX


def carry(stage: Stage, directory: Path, part: Part) -> None:
    """Say something to a partner whose node does not serve: one file there, one file back.

    Args:
        stage: the exercise.
        directory: made here, for both files.
        part: what is said.
    """
    words, screen = stage.words, stage.screen
    seat, partner = stage.sides(part)
    screen.step(words("The line is cut; what is said goes as a file, and the proof comes back as a file"))
    partner.stop()
    make_directory(directory)
    there, back = directory / "there.pouch", directory / "back.pouch"
    said = stage.say(part)
    write_pouch(there, [seat.service.write_pouch(partner.origin, Lane.PROMPT)])
    partner.run("pouch", "read", there, "--output", back)
    with open_pouch(back) as answer:
        seat.service.take(answer.read(POUCH_MAX))
    item = seat.service.item(partner.origin, said.leaf)
    expect("one file there and one back bring the verdict", "accepted", item.verdict)
    expect("and the proof that it is held", True, item.held > 0)
    for file in (there, back):
        octets = file.stat().st_size
        screen.detail(words("{name}: {size}", name=screen.ltr(file.name), size=size(words, octets)))
    partner.start()
    stage.heard(said)
    sizes = {file.stem: file.stat().st_size for file in (there, back)}
    stage.shown.append(Shown("carried", "", sizes))
