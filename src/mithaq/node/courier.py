"""The courier: two threads for each partner, one a lane, that carry pouches and wait (protocol 7).

What to send is ``exchange``'s, when to try again ``exchange.courier``'s decision; here are only threads.
"""

import threading
import time
from collections.abc import Callable

import structlog

from mithaq.crypto.keys import Random
from mithaq.domain.party import Origin
from mithaq.errors import ReachError
from mithaq.exchange import courier
from mithaq.exchange.packing import Lane
from mithaq.exchange.service import GRACE, Outgoing, Service
from mithaq.wire.client import PouchClient
from mithaq.wire.http import StatusError

_log = structlog.get_logger("mithaq.courier")


class Carrier:
    """One lane to one partner.

    Args:
        service: this node.
        client: sends pouches.
        partner: to whom.
        lane: which.
        random: for waits that are left to chance.
    """

    def __init__(
        self, service: Service, client: PouchClient, partner: Origin, lane: Lane, random: Random
    ) -> None:
        self._service = service
        self._client = client
        self._partner = partner
        self._lane = lane
        self._random = random
        self._asked = time.monotonic()
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"courier-{lane}", daemon=True)

    def start(self) -> None:
        """Begin to carry."""
        self._thread.start()

    def wake(self) -> None:
        """There may be something to carry."""
        self._wake.set()

    def stop(self) -> None:
        """Finish the pouch that is under way, and end."""
        self._stopping.set()
        self._wake.set()
        self._thread.join()

    def _run(self) -> None:
        decision = courier.answered(more=True)
        while not self._stopping.is_set():
            decision = self._turn(decision)
            self._stopping.wait(decision.rest)
            longest = GRACE if self._lane is Lane.PROMPT and not decision.failures else decision.wait
            self._wake.wait(min(decision.wait - decision.rest, longest))
            self._wake.clear()

    def _turn(self, before: courier.Decision) -> courier.Decision:
        """Carry one pouch if there is one."""
        outgoing: Outgoing | None = None
        try:
            url = self._service.partner(self._partner).url
            outgoing = self._next() if url else None
            if outgoing is None:
                return courier.answered(more=False)
            with self._client.post(url, outgoing.pieces, outgoing.size) as answer:
                self._service.answered(outgoing, answer.read)
            self._asked = time.monotonic()
            return courier.answered(more=True)
        except Exception as error:  # noqa: BLE001 - whatever a partner makes us stumble over, the lane lives on
            status = error.status if isinstance(error, StatusError) else 0
            retry_after = error.retry_after if isinstance(error, StatusError) else 0
            if outgoing:
                self._service.failed(outgoing, status)
            decision = courier.failed(before, chance=self._random(1)[0] / 256, retry_after=retry_after)
            log = _log.info if isinstance(error, ReachError) else _log.warning
            log(
                "pouch_not_carried",
                partner=self._partner,
                lane=self._lane,
                error=str(error),
                wait=decision.wait,
            )
            return decision

    def _next(self) -> Outgoing | None:
        """What to say; a question, where there has been nothing to say for long."""
        outgoing = self._service.pouch(self._partner, self._lane)
        idle = time.monotonic() - self._asked >= courier.POLL
        if outgoing is None and idle and self._lane is Lane.PROMPT:
            return self._service.poll(self._partner)
        return outgoing


class Couriers:
    """All lanes of a node; a partner gets its two when it is first woken."""

    def __init__(self, service: Callable[[], Service], client: PouchClient, random: Random) -> None:
        self._service = service
        self._client = client
        self._random = random
        self._lock = threading.Lock()
        self._carriers: dict[Origin, tuple[Carrier, ...]] = {}
        self._stopped = False

    def wake(self, partner: Origin) -> None:
        """There may be something for this partner."""
        with self._lock:
            if self._stopped:
                return
            if partner not in self._carriers:
                lanes = tuple(
                    Carrier(self._service(), self._client, partner, lane, self._random) for lane in Lane
                )
                self._carriers[partner] = lanes
                for carrier in lanes:
                    carrier.start()
            carriers = self._carriers[partner]
        for carrier in carriers:
            carrier.wake()

    def stop(self) -> None:
        """End every lane."""
        with self._lock:
            self._stopped = True
            carriers = [carrier for lanes in self._carriers.values() for carrier in lanes]
        for carrier in carriers:
            carrier.stop()
