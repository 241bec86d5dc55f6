"""A long random history of two parties, folded, with all that has to do with days, dates and letters.

Run in several processes under different zones, zone tables and locales (``property/test_zones``): each
writes the same bytes.
"""

import random
import sys

from mithaq.demo.rabat import rabat
from mithaq.domain.card import Card
from mithaq.domain.moment import DAY, Moment
from mithaq.domain.profile import Limit
from mithaq.domain.texts import UtcOffset
from mithaq.exchange.contents import day_name, day_of
from mithaq.words import Words
from pair import NOW, PAIR, make_card
from property.test_record import ACTS, Play

STEPS = 700
LIMITS = ("1 hours", "8 hours", "24 hours", "1 days", "3 days", "14 days", "999 days")
OFFSETS = ("+00:00", "+01:00", "-11:00", "+13:45", "+14:00")


def moments(chance: random.Random) -> list[int]:
    """Times at which zone tables differ: a day left out, Ramadan, summer time; any others."""
    changes = ("2011-12-30T00:00:00Z", "2026-02-15T03:00:00Z", "2026-03-29T01:00:00Z")
    edges = [int(Moment.parse(each)) for each in changes]
    edges += [NOW // DAY * DAY + n for n in (-1, 0, 1)] + [0, 2**31 - 1, 2**31, 4_102_444_800]
    return edges + [chance.randrange(4_102_444_800) for _ in range(200)]


def history(seed: int) -> bytes:
    chance = random.Random(seed)
    plan = [
        (chance.randrange(2), chance.choice(ACTS), chance.randrange(31), chance.randrange(6))
        for _ in range(STEPS)
    ]
    return b"".join(Play(plan).fold().lines())


def dates(seed: int) -> list[str]:
    said: list[str] = []
    for at in moments(random.Random(seed)):
        said += [str(Moment(at)), day_name(day_of(at))]
        said += [
            str(Limit.parse(text).due(at, UtcOffset.parse(offset))) for text in LIMITS for offset in OFFSETS
        ]
    return said


def texts() -> bytes:
    """A card and an agreement, written and read again."""
    card = make_card(PAIR[0]).text()
    agreement = rabat(NOW).text()
    assert Card.parse(card).text() == card
    return card + agreement


def main() -> None:
    seed = int(sys.argv[1])
    sys.stdout.buffer.write(history(seed))
    sys.stdout.buffer.write("\n".join(dates(seed)).encode())
    sys.stdout.buffer.write(texts())
    for language in ("ar", "de", "en", "fr"):
        sys.stdout.buffer.write(Words(language)("accepted").encode())


if __name__ == "__main__":
    main()
