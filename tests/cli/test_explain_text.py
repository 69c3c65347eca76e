"""How a flag is named for people."""

from cli.explain_text import FLAGS
from streams import quality


def test_every_flag_has_its_name() -> None:
    named = {name: getattr(quality, name) for name in ("GOOD", "SUSPECT", "FAIL", "MISSING")}
    assert {FLAGS[flag] for flag in named.values()} == {name.lower() for name in named}
    assert FLAGS[quality.UNKNOWN] == "not evaluated"
    assert FLAGS.keys() == {0, quality.UNKNOWN, *named.values()}
