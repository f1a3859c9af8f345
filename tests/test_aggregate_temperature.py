"""Log-loss after a temperature that other items tell."""

import numpy as np
import pytest
from made_predictions import prediction, table

from normsuite import metrics
from normsuite.aggregate import aggregate, apart


def certain_rows(split, too_sure, scorer="scorer", items=60, seed=0):
    """Probabilities that are too sure: those of the people, to this power."""
    random = np.random.default_rng([seed, split == "dev"])
    rows = []
    for at in range(items):
        shares = random.dirichlet([1.0, 1.0, 1.0])
        votes = random.multinomial(8, shares)
        for prompt in ("one", "two"):
            told = metrics.tempered(shares, 1 / too_sure)
            own = {"votes": votes.tolist(), "probabilities": told.tolist(), "split": split, "prompt": prompt}
            gold, predicted = int(votes.argmax()), int(told.argmax())
            rows.append(prediction(f"{split} {at}", gold, predicted, scorer=scorer, **own))
    return rows


def losses(rows, calibration):
    found = aggregate(
        table(rows),
        metrics=["log_loss", "calibrated_log_loss", "accuracy"],
        headline="accuracy",
        calibration=table(calibration),
        replicates=200,
    )
    return {
        (row["scorer"], row["metric"]): row
        for row in found.to_pylist()
        if row["facet"] == "" and row["metric"].endswith("log_loss")
    }


def test_rows_of_the_split_that_calibrates_are_set_apart():
    rows = [*certain_rows("test", 3.0), *certain_rows("dev", 3.0)]
    scored, aside = apart(table(rows), "dev")
    assert set(scored["split"].to_pylist()) == {"test"}
    assert set(aside["split"].to_pylist()) == {"dev"}
    everything, nothing = apart(table(rows), None)
    assert (everything.num_rows, nothing.num_rows) == (len(rows), 0)


def test_each_scorer_has_the_temperature_of_its_own_other_rows():
    rows = [row for sure, name in ((3.0, "a"), (0.5, "b")) for row in certain_rows("test", sure, name)]
    aside = [row for sure, name in ((3.0, "a"), (0.5, "b")) for row in certain_rows("dev", sure, name)]
    found = losses(rows, aside)
    assert found["a", "log_loss"]["value"] > found["b", "log_loss"]["value"] + 0.05
    # Both models know the same: what is left after the temperature is alike.
    values = [found[name, "calibrated_log_loss"]["value"] for name in "ab"]
    assert values[0] == pytest.approx(values[1], abs=1e-3)
    dev = table(row for row in aside if row["scorer"] == "a")
    read, _ = metrics.read_rows(dev)
    temperature = metrics.fit_temperature(read.shares, read.probabilities)
    assert temperature == pytest.approx(3, rel=0.2)
    scored, _ = metrics.read_rows(table(row for row in rows if row["scorer"] == "a"))
    expected = metrics.log_loss(scored.shares, metrics.tempered(scored.probabilities, temperature))
    assert values[0] == pytest.approx(expected)
    assert (
        found["a", "calibrated_log_loss"]["ci_low"] < expected < found["a", "calibrated_log_loss"]["ci_high"]
    )
    assert found["a", "calibrated_log_loss"]["chance"] == pytest.approx(np.log(3))


def test_a_scorer_without_other_rows_has_no_calibrated_log_loss():
    rows = [*certain_rows("test", 3.0, "a", items=5), *certain_rows("test", 3.0, "b", items=5)]
    unread = [row | {"status": "error", "probabilities": None} for row in certain_rows("dev", 3.0, "a")]
    for aside in ([], unread, certain_rows("dev", 3.0, "c")):
        found = losses(rows, aside)
        for name in "ab":
            assert found[name, "calibrated_log_loss"]["value"] is None
            assert found[name, "calibrated_log_loss"]["n"] == 0
            assert found[name, "log_loss"]["n"] == 5


def test_the_rows_that_calibrate_move_nothing_else():
    rows = certain_rows("test", 3.0, items=20)
    options = {"metrics": ["accuracy", "log_loss", "ece"], "headline": "accuracy", "replicates": 100}
    alone = aggregate(table(rows), **options)
    assert aggregate(table(rows), calibration=table(certain_rows("dev", 1.0)), **options).equals(alone)
