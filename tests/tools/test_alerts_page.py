"""What the page on alerts shows to declare is an inventory's, and usable."""

import re

import pytest
import yaml

from streams.inventory import KINDS
from streams.inventory.parameters import unusable
from tools.docs import FOLDER

BLOCKS = re.findall(r"```yaml\n(.*?)```", (FOLDER / "alerts.md").read_text("utf-8"), re.DOTALL)
ITEMS = [
    (kind, item)
    for block in BLOCKS
    for kind, items in yaml.safe_load(block).items()
    for item in items
]


@pytest.mark.parametrize(("kind", "item"), ITEMS, ids=[item["id"] for _, item in ITEMS])
def test_what_is_shown_can_be_declared(kind: str, item: dict[str, object]) -> None:
    assert list(unusable(KINDS[kind].model_validate(item))) == []


def test_conditions_are_shown() -> None:
    assert sum("conditions" in item for _, item in ITEMS) >= 3
