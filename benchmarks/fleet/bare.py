"""What the bus alone costs: a bare nats-py client in the centre's place, which decodes nothing and keeps nothing.

It subscribes as the centre does and counts. A line ``<orders>`` on standard input lets it publish so many orders at once,
to sites that accept, and wait for the answers; it prints after how many seconds 90 % and all of them were there.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from datetime import UTC, datetime, timedelta

from nats.aio.client import Client
from nats.aio.msg import Msg

from benchmarks.fleet.sites import ROOM_KW, Shares, name_of

FOLLOWS_S = 60.0


class Bare:
    """Counts what comes."""

    def __init__(self) -> None:
        self.answered_at_s: list[float] = []
        self.sites: set[str] = set()

    async def take(self, message: Msg) -> None:
        """Look at the subject, at nothing else."""
        if message.subject.endswith(".answer"):
            self.answered_at_s.append(time.monotonic())
        else:
            self.sites.add(message.subject)


def order(number: int) -> tuple[str, bytes]:
    """An order to a site, as the centre encodes it."""
    now = datetime.now(UTC)
    body = {
        "id": f"bare-{number}",
        "epoch": 1,
        "deliver_kw": ROOM_KW,
        "from": now.isoformat(),
        "until": (now + timedelta(minutes=10)).isoformat(),
        "reason": "benchmark",
    }
    return f"em.v1.site.{name_of(number)}.down.order", json.dumps(body, separators=(",", ":")).encode()


async def main(port: int, count: int) -> None:
    client, bare, shares = Client(), Bare(), Shares()
    await client.connect(f"nats://127.0.0.1:{port}")
    await client.subscribe("em.v1.site.*.up.*", cb=bare.take)
    print("connected", flush=True)
    while len({name for name in bare.sites if name.endswith(".state")}) < count:
        await asyncio.sleep(0.1)
    print("heard", flush=True)
    loop = asyncio.get_running_loop()
    while word := await loop.run_in_executor(None, sys.stdin.readline):
        wanted = int(word)
        healthy = [number for number in range(count) if shares.behaviour(number) == "healthy"][:wanted]
        begin_s = time.monotonic()
        for number in healthy:
            subject, body = order(number)
            await client.publish(subject, body, f"em.v1.centre.bare.gone.{number}")
        while len(bare.answered_at_s) < wanted and time.monotonic() - begin_s < FOLLOWS_S:
            await asyncio.sleep(0.01)
        took_s = [at_s - begin_s for at_s in bare.answered_at_s] or [float("inf")]
        print(took_s[int(len(took_s) * 0.9) - 1], took_s[-1], flush=True)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))
