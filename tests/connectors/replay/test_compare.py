"""What counts as a difference between two worlds."""

from connectors.replay.compare import Comparison

SAME = {"device": "a", "property": "p", "live": 3, "side": 3, "only_live": 0, "values": 0}
OTHER = {"device": "b", "property": "p", "live": 5, "side": 4, "only_live": 1, "values": 2}
MORE = {"device": "c", "property": "p", "live": 9, "side": 9, "only_live": 0, "values": 9}


def test_worlds_with_the_same_rows_are_equal() -> None:
    found = Comparison({"observations": [SAME], "windows": []})
    assert found.equal
    assert found.different() == {"observations": [], "windows": []}


def test_the_most_different_comes_first_and_all_are_summed() -> None:
    found = Comparison({"observations": [SAME, OTHER, MORE]})
    assert not found.equal
    assert found.different()["observations"] == [MORE, OTHER]
    assert found.totals() == {
        "observations": {"live": 17, "side": 16, "only_live": 1, "values": 11}
    }
