"""Schema ids come from the registry and are checked against the repository's fingerprints.

Source: Confluent Schema Registry API reference, served by Apicurio as ccompat v7. Four calls by
httpx: the extra of confluent-kafka that wraps them asks for packages that nothing else needs.
"""

import httpx
import stamina

from streams.errors import Retry, Stop
from streams.settings import Settings, masked
from streams.wire import Schema, Wire, schema_from, schemas

_TIMEOUT = 10.0
_MEDIA = "application/vnd.schemaregistry.v1+json"
_SCHEMA_MAX = 1 << 20


def _client(settings: Settings) -> httpx.Client:
    return httpx.Client(
        base_url=settings.schema_registry, timeout=_TIMEOUT, headers={"content-type": _MEDIA}
    )


def _call(client: httpx.Client, method: str, path: str, json: object = None) -> httpx.Response:
    try:
        for attempt in stamina.retry_context(on=httpx.TransportError, attempts=5, timeout=20.0):
            with attempt:
                response = client.request(method, path, json=json)
    except httpx.TransportError as e:
        raise Retry(
            f"the schema registry at {masked(str(client.base_url))} does not answer: {e}; "
            "does `vigie status` show it running?"
        ) from e
    if response.status_code >= 500:
        raise Retry(f"the schema registry answers {response.status_code}: {response.text[:200]}")
    return response


def register(settings: Settings) -> Wire:
    """Register every schema that is missing, in fixed order, each at its compatibility level.

    Raises:
        Retry: the registry does not answer.
        Stop: a schema is not compatible with the version that is registered, or its level
            may not be set.
    """
    with _client(settings) as client:
        for schema in schemas().values():
            level = {"compatibility": schema.compatibility}
            answer = _call(client, "PUT", f"/config/{schema.subject}", level)
            if answer.is_error:
                raise Stop(
                    f"the registry refuses the compatibility of {schema.subject} "
                    f"({answer.status_code}): {answer.text[:500]}; give its user that right"
                )
            answer = _call(
                client, "POST", f"/subjects/{schema.subject}/versions", {"schema": schema.text}
            )
            if answer.is_error:
                raise Stop(
                    f"{schema.subject} is refused by the registry ({schema.compatibility}): "
                    f"{answer.text[:500]}; give new fields a default and rename none"
                )
    return connect(settings)


def connect(settings: Settings) -> Wire:
    """The ids of our schemas, each checked against the repository.

    Raises:
        Retry: the registry does not answer.
        Stop: a schema is not registered, or the registry's text is not the repository's.
    """
    with _client(settings) as client:
        ids = {name: _id(client, schema) for name, schema in schemas().items()}
    return Wire(ids, lambda schema_id: _text(settings, schema_id))


def _id(client: httpx.Client, schema: Schema) -> int:
    answer = _call(client, "POST", f"/subjects/{schema.subject}", {"schema": schema.text})
    if answer.is_error:
        raise Stop(
            f"{schema.subject} is not registered as this version of vigie has it: run "
            f"`vigie run bootstrap` ({answer.status_code})"
        )
    found = answer.json()
    if schema_from(found["schema"]).fingerprint != schema.fingerprint:
        raise Stop(f"the registry's {schema.subject} (id {found['id']}) is not the repository's")
    return int(found["id"])


def _text(settings: Settings, schema_id: int) -> str:
    with _client(settings) as client:
        answer = _call(client, "GET", f"/schemas/ids/{schema_id}")
    if answer.is_error or len(answer.content) > _SCHEMA_MAX:
        raise KeyError(schema_id)
    return str(answer.json()["schema"])
