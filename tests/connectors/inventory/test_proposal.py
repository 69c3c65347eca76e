"""What an inventory would do, before it is done."""

from pathlib import Path

import pytest

from connectors.inventory.folder import load
from connectors.inventory.proposal import document, propose, summary, text
from streams.errors import Stop
from streams.inventory.vocabulary import vocabulary
from streams.registry import Registry

HORIZON = 48 * 3_600_000_000
OWN = (
    "property:\n- {id: fill_level, title_fr: mien, title_en: mine, unit: '%', resolution: 1}\n"
    "use_case:\n- {id: pav, title_fr: a, title_en: b}\n"
)


def test_the_shipped_vocabulary_is_declared_along_and_the_folder_s_own_counts(
    tmp_path: Path,
) -> None:
    (tmp_path / "a.yaml").write_text(OWN)
    first = propose(load(tmp_path), Registry(), prune=False, horizon=HORIZON)
    assert first.after.get("property", "fill_level").title_en == "mine"  # type: ignore[union-attr]
    assert set(first.after.all("property")) == {prop.id for prop in vocabulary()}
    assert list(text(first))[:2] == [
        "+ use_case pav (a.yaml:4)",
        "+ property fill_level (a.yaml:2)",
    ]
    again = propose(load(tmp_path), first.after, prune=True, horizon=HORIZON)
    assert (again.changes, again.kept) == ([], [])


def test_a_property_of_another_folder_stays_unless_it_is_pruned(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(OWN)
    before = propose(load(tmp_path), Registry(), prune=False, horizon=HORIZON).after
    (tmp_path / "a.yaml").write_text("group:\n- {id: g, title_fr: a, title_en: b}\n")
    kept = propose(load(tmp_path), before, prune=False, horizon=HORIZON)
    assert [(c.sort, c.id) for c in kept.changes] == [("added", "g")]
    assert [(c.kind, c.id) for c in kept.kept] == [("use_case", "pav")]
    pruned = propose(load(tmp_path), before, prune=True, horizon=HORIZON)
    assert [(c.sort, c.id) for c in pruned.changes] == [
        ("changed", "fill_level"),
        ("added", "g"),
        ("removed", "pav"),
    ]
    assert {"field": "title_en", "old": "mine", "new": "Fill level"} in document(pruned)[0][
        "fields"
    ]


def test_what_does_not_fit_is_told_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(
        "source:\n- {id: s, network: ttn}\n- {id: t, network: tts}\n"
        "dataset:\n- id: d\n  title_fr: a\n  title_en: b\n  licence: Etalab-2.0\n  use_case: pav\n"
    )
    with pytest.raises(Stop) as said:
        propose(load(tmp_path), Registry(), prune=False, horizon=HORIZON)
    assert str(said.value).splitlines() == [
        "a.yaml:9: dataset d: use_case 'pav' is not declared: declare it as well",
        "a.yaml:2: source s: there is no network 'ttn': did you mean tts?",
    ]


MAPPED = "codec:\n- {id: c, decoded: true, mapping: [{path: l, property: fill_level}]}\n"


def test_a_property_that_may_have_values_keeps_its_unit(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(OWN + MAPPED)
    before = propose(load(tmp_path), Registry(), prune=False, horizon=HORIZON).after
    (tmp_path / "a.yaml").write_text(OWN.replace("'%'", "'1'") + MAPPED)
    with pytest.raises(
        Stop, match=r"a\.yaml:2: property fill_level: .* is in %, so its unit stays"
    ):
        propose(load(tmp_path), before, prune=False, horizon=HORIZON)
    alone = before.having("codec", "c", None)
    assert propose(load(tmp_path), alone, prune=False, horizon=HORIZON).changes


def test_a_summary_counts_days_and_devices(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("group:\n- {id: g, title_fr: a, title_en: b}\n")
    proposal = propose(load(tmp_path), Registry(), prune=False, horizon=HORIZON)
    assert summary(proposal, []).endswith("no history becomes pending")
    assert "3 days of history of 2 devices" in summary(proposal, [("D", 1), ("D", 2), ("E", 1)])
