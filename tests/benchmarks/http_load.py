"""Requests at a steady rate to a server on this machine, whatever it takes to answer them."""

import asyncio
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit


@dataclass
class Answered:
    """Milliseconds from when a request was due to its last byte; and what went wrong."""

    milliseconds: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


class Client:
    """Keeps connections and asks on a free one, or on a new one if none is free.

    Args:
        url: Of the server.
    """

    def __init__(self, url: str) -> None:
        found = urlsplit(url)
        self.host, self.port = str(found.hostname), found.port
        self.free: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def post(self, path: str, body: bytes) -> tuple[int, bytes]:
        """Post JSON; status and body."""
        pair = self.free.pop() if self.free else await asyncio.open_connection(self.host, self.port)
        reader, writer = pair
        head = (
            f"POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
            f"content-length: {len(body)}\r\n\r\n"
        )
        writer.write(head.encode() + body)
        told = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        size = int(told.partition("content-length:")[2].split("\r\n")[0])
        answer = await reader.readexactly(size)
        self.free.append(pair)
        return int(told.split()[1]), answer

    def close(self) -> None:
        """Close all connections."""
        for _, writer in self.free:
            writer.close()


async def steady(url: str, bodies: Sequence[bytes], rate: float, seconds: float) -> Answered:
    """Post bodies to /recommend, `rate` a second."""
    client, found = Client(url), Answered()
    start = time.perf_counter()

    async def ask(number: int) -> None:
        due = start + number / rate
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        try:
            status, answer = await client.post("/recommend", bodies[number % len(bodies)])
            if status != 200 or not json.loads(answer)["people"]:
                found.errors.append(f"status {status}")
        except (OSError, ValueError, asyncio.IncompleteReadError) as error:
            found.errors.append(repr(error))
        found.milliseconds.append(1_000 * (time.perf_counter() - due))

    await asyncio.gather(*(ask(number) for number in range(int(rate * seconds))))
    client.close()
    return found
