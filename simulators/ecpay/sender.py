"""Sends callbacks until the shop answers `1|OK`, in the background and across restarts."""

import asyncio
import time
from urllib.parse import urlencode

import httpx

from simulators.ecpay.config import Config
from simulators.ecpay.store import Callback, Store

ANSWER_WITHIN = 10.0  # seconds, as the original
LOOK_AGAIN = 0.25  # seconds


class Sender:
    """One task that sends whatever is due."""

    def __init__(self, store: Store, config: Config, transport: httpx.AsyncBaseTransport | None) -> None:
        self._store = store
        self._config = config
        self._client = httpx.AsyncClient(timeout=ANSWER_WITHIN, transport=transport, trust_env=False)

    async def run(self) -> None:
        """Until cancelled."""
        try:
            while True:
                await self.send_due()
                await asyncio.sleep(LOOK_AGAIN)
        finally:
            await self._client.aclose()

    async def send_due(self) -> None:
        """One round: everything due, side by side."""
        await asyncio.gather(*(self._send(callback) for callback in self._store.due_callbacks(time.time())))

    async def _send(self, callback: Callback) -> None:
        try:
            answer = await self._client.post(
                callback.url,
                content=urlencode(callback.fields),
                headers={"Content-Type": "application/x-www-form-urlencoded"},
            )
            reply = f"{answer.status_code} {answer.text}"
        except httpx.HTTPError as error:
            reply = type(error).__name__
        waits = self._config.resend_after
        again = reply != "200 1|OK" and callback.tries < len(waits)
        next_due = time.time() + waits[callback.tries] if again else None
        self._store.callback_sent(callback, reply=reply, next_due=next_due)
