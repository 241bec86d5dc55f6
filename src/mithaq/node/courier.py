"""The courier: two threads for each partner, one a lane, that carry pouches and wait (protocol 7).

What to send is ``exchange``'s, when to try again ``exchange.courier``'s decision; here are only threads.
"""

import threading
import time
from collections.abc import Callable

import structlog

from mithaq.crypto.keys import Random
from mithaq.domain.party import Origin
from mithaq.errors import MithaqError, ReachError
from mithaq.exchange import courier
from mithaq.exchange.packing import Lane
from mithaq.exchange.service import GRACE, Outgoing, Service
from mithaq.wire.client import PouchClient
from mithaq.wire.http import StatusError

STOP = 10.0
"""Seconds that pouches under way are given when the node stops, all together: as long as the server gives
those that came. A partner could draw one out for half an hour; what is left is sent again after the start."""

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

    def end(self) -> None:
        """Carry nothing after the pouch that is under way."""
        self._stopping.set()
        self._wake.set()

    def join(self, seconds: float) -> None:
        """Wait until it has ended, but not longer than this."""
        self._thread.join(seconds)

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
                exc_info=not isinstance(error, MithaqError),
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
    """All lanes of a node; a partner gets its two when it is first woken.

    Args:
        service: the node, when it is there.
        client: sends pouches.
        random: for waits that are left to chance.
        patience: seconds that pouches under way are given in the end.
    """

    def __init__(
        self,
        service: Callable[[], Service],
        client: PouchClient,
        random: Random,
        patience: float = STOP,
    ) -> None:
        self._service = service
        self._client = client
        self._random = random
        self._patience = patience
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
        """End every lane, all at once; whatever a partner does, it ends in time."""
        with self._lock:
            self._stopped = True
            carriers = [carrier for lanes in self._carriers.values() for carrier in lanes]
        for carrier in carriers:
            carrier.end()
        end = time.monotonic() + self._patience
        for carrier in carriers:
            carrier.join(max(0.0, end - time.monotonic()))
