"""The ceiling of the webhook: a handler that appends the same bytes and does nothing else.

``python -m bench._webhook_bare SETTINGS VALUE``; the settings as JSON, the value as hexadecimal.
"""

import asyncio
import json
import sys

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connectors.webhook.append import Appender
from connectors.webhook.frames import Spooled
from connectors.webhook.server import KEEP_ALIVE, wall
from streams.settings import Settings
from streams.topics import UPLINKS


async def _serve(settings: Settings, value: bytes) -> None:
    async with Appender(settings, UPLINKS.name(settings.topic_prefix)) as appender:

        async def keep(request: Request) -> Response:
            await request.body()
            record = Spooled(b"0004A30B001C0530", value, wall() // 1000)
            await appender.append(record, settings.produce_timeout)
            return Response(status_code=204)

        config = uvicorn.Config(
            Starlette(routes=[Route("/v1/{source}", keep, methods=["POST"])]),
            port=settings.webhook_port,
            http="h11",
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="error",
            access_log=False,
            server_header=False,
            date_header=False,
            proxy_headers=False,
            limit_concurrency=settings.webhook_connections_max,
            timeout_keep_alive=KEEP_ALIVE,
        )
        await uvicorn.Server(config).serve()


if __name__ == "__main__":
    given = Settings.model_validate(json.loads(sys.argv[1]))
    asyncio.run(_serve(given, bytes.fromhex(sys.argv[2])))
