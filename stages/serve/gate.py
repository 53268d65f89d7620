"""What every request passes: token, host, size and time of the body; one line of log each."""

import asyncio
import hmac
import json
import logging
import secrets
import time
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from stages.serve.logs import tell
from stages.serve.metrics import Metrics
from stages.serve.settings import LOOPBACK, Limits

OPEN = {"/", "/health", "/ready", "/page.css", "/page.js", "/page-parts.js"}  # without the token
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}


class RefusedError(Exception):
    """A request that is not answered: status and reason."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status, self.reason = status, reason


@dataclass
class Gate:
    """Middleware around the whole application.

    Attributes:
        app: What answers.
        limits: Bytes of a body and seconds of an answer.
        metrics: Told of every request.
        token: What `Authorization: Bearer` has to hold; None lets everyone in.
        local: Only requests to a name of this machine are meant for us: a page elsewhere that
            makes its own name point here gets no answer.
    """

    app: ASGIApp
    limits: Limits
    metrics: Metrics
    token: str | None = None
    local: bool = True

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        reply = _Reply(send, secrets.token_hex(6))
        scope["hhrec.id"] = reply.id
        begun = time.perf_counter()
        self.metrics.running.inc()
        try:
            async with asyncio.timeout(self.limits.seconds):
                self._check(scope)
                await self.app(scope, await self._whole(receive), reply)
        except RefusedError as error:
            await reply.refuse(error.status, error.reason)
        except TimeoutError:
            await reply.refuse(503, f"no answer within {self.limits.seconds:g} seconds; try again")
        except Exception:  # noqa: BLE001  whatever it is, the server goes on
            tell("fault", logging.ERROR, failed=True, id=reply.id)
            await reply.refuse(500, f"a fault of the server; its log tells more: {reply.id}")
        finally:
            self.metrics.running.dec()
            self._told(scope, reply, time.perf_counter() - begun)

    def _check(self, scope: Scope) -> None:
        headers = Headers(scope=scope)
        host = headers.get("host", "").rsplit(":", 1)[0].strip("[]")
        name = headers.get("host", "").strip("[]")
        if self.local and not {host, name} & {*LOOPBACK, ""}:
            raise RefusedError(421, "this server answers under the names of its own machine only")
        if self.token and scope["path"] not in OPEN:
            given = headers.get("authorization", "").removeprefix("Bearer ").encode()
            if not hmac.compare_digest(given, self.token.encode()):
                raise RefusedError(401, "expected the header `Authorization: Bearer TOKEN`")
        length = headers.get("content-length", "0")
        if length.isdecimal() and int(length[:19]) > self.limits.body:
            raise RefusedError(413, f"a body has at most {self.limits.body:,} bytes")

    async def _whole(self, receive: Receive) -> Receive:
        """Take the body in, as long as it keeps to the limit."""
        body, more = bytearray(), True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise RefusedError(499, "gone")
            body += message.get("body", b"")
            more = message.get("more_body", False)
            if len(body) > self.limits.body:
                raise RefusedError(413, f"a body has at most {self.limits.body:,} bytes")
        given: list[Message] = [{"type": "http.request", "body": bytes(body), "more_body": False}]

        async def again() -> Message:
            return given.pop() if given else await receive()

        return again

    def _told(self, scope: Scope, reply: "_Reply", seconds: float) -> None:
        path = getattr(scope.get("route"), "path", None) or "other"
        self.metrics.requests.labels(_method(scope), path, str(reply.status)).inc()
        self.metrics.seconds.labels(path).observe(seconds)
        told: dict[str, Any] = {"method": _method(scope), "path": path, "status": reply.status}
        tell("request", id=reply.id, **told, ms=round(seconds * 1000, 2), bytes=reply.bytes)


def _method(scope: Scope) -> str:
    """The method, where it is one that HTTP knows: anyone may write anything there."""
    known = {"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"}
    return scope["method"] if scope["method"] in known else "other"


class _Reply:
    """Sends an answer with our headers, and remembers what it was."""

    def __init__(self, send: Send, number: str) -> None:
        self._send, self.id = send, number
        self.status, self.bytes = 0, 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            more = {**HEADERS, "x-request-id": self.id}
            named = [(key.encode(), value.encode()) for key, value in more.items()]
            message = {**message, "headers": [*message.get("headers", []), *named]}
        self.bytes += len(message.get("body", b""))
        await self._send(message)

    async def refuse(self, status: int, reason: str) -> None:
        """Answer with the reason, unless an answer is under way."""
        if self.status:
            return
        body = json.dumps({"detail": reason}).encode()
        headers: list[Any] = [(b"content-type", b"application/json")]
        headers += [(b"content-length", str(len(body)).encode())]
        extra = {401: (b"www-authenticate", b"Bearer"), 503: (b"retry-after", b"1")}
        headers += [extra[status]] if status in extra else []
        headers += [(b"connection", b"close")] if status == 413 else []  # noqa: PLR2004
        await self({"type": "http.response.start", "status": status, "headers": headers})
        await self({"type": "http.response.body", "body": body})
