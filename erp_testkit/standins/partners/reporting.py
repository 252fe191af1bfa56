"""What a partner tells the ERP by itself, once it knows the address; misbehaviour included."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from erp_testkit.standins import local_http
from erp_testkit.standins.partners.idempotency import Report
from erp_testkit.standins.partners.misbehaviours import Misbehaviour


@dataclass(frozen=True, slots=True)
class Address:
    """Where an ERP takes a partner's reports."""

    url: str
    token: str = field(repr=False)


class Reporter:
    """Sends reports to the ERP, in the background.

    Args:
        misbehaviour: returns the one that is switched on.
    """

    def __init__(self, misbehaviour: Callable[[], Misbehaviour | None]) -> None:
        self.address: Address | None = None
        self._misbehaviour = misbehaviour
        self._held: Report | None = None
        self._sent: list[dict[str, Any]] = []
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def sent(self) -> Sequence[dict[str, Any]]:
        """Every report so far with the ERP's answer, oldest first; status 0 where there was none."""
        return self._sent

    def offer(self, make: Callable[[], Report]) -> None:
        """Tell the ERP, if there is one."""
        if self.address is None:
            return
        report, misbehaviour = make(), self._misbehaviour()
        name = misbehaviour.name if misbehaviour else ""
        if name == "out-of-order" and self._held is None:
            self._held = report
            return
        reports = [report] * (2 if name == "duplicate-callback" else 1)
        if self._held is not None:
            reports.append(self._held)
            self._held = None
        wait = misbehaviour.options["seconds"] if misbehaviour and name == "late-callback" else 0.0
        bodies = [(one.body(former=name == "old-version"), one.media_type) for one in reports]
        task = asyncio.get_running_loop().create_task(self._send(self.address, bodies, wait))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _send(self, address: Address, bodies: Sequence[tuple[str, str]], wait: float) -> None:
        await asyncio.sleep(wait)
        for body, media_type in bodies:
            status, answer = await asyncio.to_thread(_post, address, body, media_type)
            self._sent.append({"url": address.url, "body": body, "status": status, "answer": answer})


def _post(address: Address, body: str, media_type: str) -> tuple[int, str]:
    headers = {"Content-Type": media_type, "Authorization": f"Bearer {address.token}"}
    try:
        response = local_http.request("POST", address.url, content=body.encode(), headers=headers)
    except ConnectionError as error:
        return 0, str(error)
    return response.status_code, response.content.decode(errors="replace")
