"""The JavaScript codecs decode what the models encode."""

import json
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest
import quickjs
from hypothesis import given
from hypothesis import strategies as st

from connectors.simulator.models import JAUGE, MODELS, SONOMETRE, Model
from connectors.simulator.plan import plan


def _decoder(model: Model) -> quickjs.Context:
    context = quickjs.Context()
    context.eval(model.script)
    return context


DECODERS = {model.name: _decoder(model) for model in MODELS}


def _decode(model: Model, payload: bytes, port: int | None = None) -> dict[str, Any]:
    given_ = {"bytes": list(payload), "fPort": model.port if port is None else port}
    text = f"JSON.stringify(decodeUplink({json.dumps(given_)}))"
    outcome: dict[str, Any] = json.loads(DECODERS[model.name].eval(text))
    return outcome


def _at(data: Any, path: str) -> Any:
    for part in path.split("."):
        data = data[part]
    return data


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.name)
@given(tenths=st.none() | st.integers(0, 1300), seed=st.integers())
def test_the_codec_gives_back_the_encoded_value(
    model: Model, tenths: int | None, seed: int
) -> None:
    tenths = tenths if tenths is None or model is SONOMETRE else min(tenths, 1000)
    outcome = _decode(model, model.encode(tenths, Random(seed)))
    value = _at(outcome["data"], model.path)
    assert value == (None if tenths is None else tenths / 10)


def test_every_payload_of_a_plan_is_decoded_to_what_was_reported() -> None:
    for frame in plan(3, datetime(2026, 10, 23, tzinfo=UTC), 1, 10).frames:
        outcome = _decode(frame.sensor.model, frame.payload)
        if frame.intact:
            value = _at(outcome["data"], frame.sensor.model.path)
            assert value == (None if frame.tenths is None else frame.tenths / 10)
        else:
            assert "data" not in outcome
            assert "3" in outcome["errors"][0]


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.name)
@given(payload=st.binary(max_size=12), port=st.integers(1, 255))
def test_any_bytes_give_data_or_errors(model: Model, payload: bytes, port: int) -> None:
    outcome = _decode(model, payload, port)
    assert ("data" in outcome) != bool(outcome.get("errors"))


def test_the_documented_bytes_of_the_gauge() -> None:
    data = _decode(JAUGE, bytes.fromhex("01 04c6 0181 ae fc"))["data"]
    assert data == {"distance": 1222, "fill_level": 38.5, "battery": 3.48, "temperature": -4}


def test_the_documented_bytes_of_the_sound_level_meter() -> None:
    data = _decode(SONOMETRE, bytes.fromhex("02 0256 02c4 63 ae"))["data"]
    noise = {"laeq": 59.8, "lafmax": 70.8, "la90": 49.5}
    assert data == {"noise": noise, "battery": 3.48}
