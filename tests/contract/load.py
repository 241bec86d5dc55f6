"""A process that writes until it is killed: run by ``test_store.py``, with a directory.

Prints the number of each write after it has returned.
"""

import itertools
import sys
import threading
from pathlib import Path

from mithaq.exchange.ports import BodyKey
from stores import BACKENDS, OWN, body, sign


def main(backend: str, directory: str) -> None:
    store = BACKENDS[backend](Path(directory)).open()
    numbers = itertools.count()

    def write() -> None:
        for number in numbers:

            def work(tx, number=number) -> None:
                row = sign(tx, OWN, b"entry %d" % number)
                tx.bodies.put(BodyKey(OWN, row.size - 1, 0), body(b"%d" % number * 5_000))

            store.write(work)
            sys.stdout.write(f"{number}\n")
            sys.stdout.flush()

    for _ in range(4):
        threading.Thread(target=write).start()


if __name__ == "__main__":
    main(*sys.argv[1:])
