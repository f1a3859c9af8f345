"""Nothing that a submission holds quotes its data."""

import pyarrow as pa

from normsuite.leaderboard.redact import without_texts
from tests.made_predictions import prediction, random_predictions, table

TEXT = "A guest pours the tea away."


def of(predictions: pa.Table, name: str) -> list:
    return predictions[name].to_pylist()


def test_texts_that_name_clusters_families_and_items_become_digests() -> None:
    rows = [
        prediction(TEXT, 0, 0, family=TEXT),
        prediction("set:1", 0, 0),
        prediction("set:2", 0, 0, cluster=TEXT),
    ]
    told = without_texts(table(rows), labels=True)
    assert "guest" not in str(told.to_pylist())
    assert of(told, "item")[1:] == ["set:1", "set:2"]
    assert of(told, "cluster")[0] == of(told, "cluster")[2] == of(told, "family")[0]
    assert of(told, "family")[1] is None
    assert of(told, "options") == [["yes", "no", "neutral"]] * 3


def test_options_that_are_not_the_tasks_labels_become_digests() -> None:
    rows = [
        prediction("a", 0, 0, kind="choice", options=[TEXT, "Leave."]),
        prediction("b", 0, 0, options=["Leave.", "x"]),
    ]
    one, other = of(without_texts(table(rows), labels=False), "options")
    assert one[1] == other[0]
    assert len({*one, *other}) == 3
    assert all(len(option) == 16 for option in one)


def test_reasons_are_left_out_since_they_tell_of_the_machine() -> None:
    rows = [prediction("a", 0, None, status="error", detail="cannot reach http://10.0.0.7")]
    assert of(without_texts(table(rows), labels=True), "detail") == [None]


def test_facets_that_name_items_are_left_out() -> None:
    rows = [
        prediction(f"i{n}", 0, 0, categories=[("act", [f"{TEXT} {n}"]), ("topic", ["tea", f"t{n % 3}"])])
        for n in range(201)
    ]
    rows.append(prediction("none", 0, 0))
    told = of(without_texts(table(rows), labels=True), "categories")
    assert told[5] == [("topic", ["tea", "t2"])]
    assert told[-1] is None


def test_doing_it_again_changes_nothing_and_plain_predictions_stay_as_they_are() -> None:
    plain = random_predictions().combine_chunks()
    once = without_texts(plain, labels=True)
    assert once["categories"].equals(plain["categories"])
    for labels in (True, False):
        once = without_texts(plain, labels=labels)
        assert without_texts(once, labels=labels).equals(once)
