import numpy as np
import pytest
from made_predictions import prediction, table

from normsuite.metrics import read_rows
from normsuite.metrics.plain import calibration_error
from normsuite.report.diagnosis import calibration_of, confusion_of, masses_of, statuses_of
from normsuite.report.pairing import pairings
from normsuite.report.readings import Readings


def readings(*rows, task="task"):
    """Readings of some predictions, as ``read_model`` gives them."""
    whole = table(rows)
    columns, position = read_rows(whole)
    return Readings(task, whole.take(position), columns)


def test_confusion_counts_readings_by_label_and_not_by_place_in_the_options():
    turned = {"options": ["no", "neutral", "yes"]}
    found = confusion_of(
        readings(
            prediction("a", 0, 0),
            prediction("b", 0, 1),
            prediction("c", 2, 0, **turned),  # gold yes, given no
            prediction("d", 1, None, status="unparsed"),
        )
    )
    counts = dict(zip(found.labels, found.counts.tolist(), strict=True))
    yes, no = found.labels.index("yes"), found.labels.index("no")
    assert (counts["yes"][yes], counts["yes"][no]) == (1, 2)
    assert found.counts.sum() == 3
    assert found.shares[yes].tolist() == pytest.approx(
        [1 / 3 if at == yes else 2 / 3 * (at == no) for at in range(3)]
    )
    assert np.isnan(found.shares[found.labels.index("neutral")]).all()
    assert found.table()["readings"].sum() == 3


def test_choices_without_labels_of_their_own_have_no_confusion():
    assert confusion_of(readings(prediction("a", 0, 0, kind="choice"))) is None


def test_the_calibration_curve_adds_up_to_the_calibration_error():
    random = np.random.default_rng(0)
    probabilities = random.dirichlet([1, 1, 1], 200)
    gold = random.integers(3, size=200)
    rows = [
        prediction(f"i{at:03}", int(gold[at]), int(own.argmax()), probabilities=own.tolist())
        for at, own in enumerate(probabilities)
    ]
    curve = calibration_of(readings(*rows).rows)
    assert curve.counts.sum() == 200
    gaps = np.abs(curve.confidence - curve.accuracy) @ curve.counts / 200
    assert gaps == pytest.approx(calibration_error(gold, probabilities))


def test_readings_without_probabilities_have_no_curve_and_no_masses():
    rows = readings(prediction("a", 0, 0)).rows
    assert calibration_of(rows) is None
    assert masses_of(rows) is None


def test_label_masses_fall_into_bins():
    rows = readings(prediction("a", 0, 0, mass=0.01), prediction("b", 0, 0, mass=1.0)).rows
    masses = masses_of(rows)
    assert (masses.counts[0], masses.counts[-1], masses.counts.sum()) == (1, 1, 2)


def test_what_a_run_lacks_is_missing():
    found = statuses_of(
        readings(prediction("a", 0, 0), prediction("b", 0, None, status="refused")),
        {"prompts": {"plain": "", "brief": ""}, "items": 3},
    )
    counts = dict(zip(found["status"], found["readings"], strict=True))
    assert (counts["ok"], counts["refused"], counts["missing"]) == (1, 1, 4)


def test_the_same_items_read_in_two_ways_are_paired():
    two = {"options": ["bad", "good"]}
    answers = readings(
        prediction("a", 1, 1, probabilities=[0.1, 0.9], **two),
        prediction("a", 1, 0, probabilities=[0.7, 0.3], prompt="brief", **two),
        prediction("b", 0, 1, probabilities=[0.4, 0.6], **two),
        prediction("c", 0, 0, probabilities=[1.0, 0.0], **two),
    )
    scores = readings(
        prediction("b", 0, 0, score=-1.0, **two),
        prediction("a", 1, 1, score=2.0, **two),
        prediction("z", 1, 1, score=3.0, **two),
        task="direction",
    )
    (pair,) = pairings(answers, [scores])
    assert pair.items == ("a", "b")
    assert pair.prompted.tolist() == pytest.approx([0.6, 0.6])
    assert pair.direction.tolist() == [2.0, -1.0]
    assert pair.threshold == 2.0
    counts = dict(zip(pair.agreement["reading"], pair.agreement["items"], strict=True))
    assert (counts["both right"], counts["direction alone right"]) == (1, 1)
    assert list(pair.table()["item"]) == ["a", "b"]


def test_readings_without_a_common_item_are_no_pair():
    assert pairings(readings(prediction("a", 0, 0)), [readings(prediction("b", 0, 0, score=1.0))]) == ()
