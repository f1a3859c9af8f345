"""Metrics by name: which rows they score, families, validity, and what guessing would give."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from made_predictions import LABELS, prediction, random_predictions, table

from normsuite import metrics
from normsuite.errors import InputError
from normsuite.metrics import METRICS, Metric, read_rows, resolve


def measure(name, rows):
    """Value and number of scored rows of a metric of sums."""
    read, _ = read_rows(table(rows))
    (metric,) = resolve([name], read.kind, read.labels)
    addends, scored = metric.statistics(read)
    return float(metric.value(addends[scored].sum(axis=0))), int(scored.sum())


def chance(name, predictions):
    read, _ = read_rows(predictions)
    (metric,) = resolve([name], read.kind, read.labels)
    _, scored = metric.statistics(read)
    return float(metric.value(metric.guess(read)[scored].sum(axis=0)))


def family(name, golds, predicted, **others):
    return [
        prediction(f"{name}{index}", gold, answer, family=name, cluster=name, **others)
        for index, (gold, answer) in enumerate(zip(golds, predicted, strict=True))
    ]


def test_rows_that_could_not_be_scored_count_in_coverage_only():
    rows = [
        prediction("a", 0, 0),
        prediction("b", 0, None, status="too_long"),
        prediction("c", 0, 1),
        prediction("d", 0, None, status="unparsed"),
    ]
    assert measure("accuracy", rows) == (0.5, 2)
    assert measure("coverage", rows) == (0.5, 4)
    assert measure("too_long", rows) == (0.25, 4)


def test_ties_leave_accuracy_but_stay_in_metrics_of_votes():
    rows = [
        prediction("a", None, 0, votes=[2, 2, 0], probabilities=[0.5, 0.5, 0.0]),
        prediction("b", 1, 0, votes=[1, 3, 0], probabilities=[0.5, 0.5, 0.0]),
    ]
    assert measure("accuracy", rows) == (0.0, 1)
    assert measure("brier", rows) == (pytest.approx(0.125 / 2), 2)
    assert measure("log_loss", rows) == (pytest.approx(np.log(2)), 2)
    assert measure("ece", rows)[1] == 1


def test_validity_is_the_mean_over_rows_that_have_it():
    rows = [prediction("a", 0, 0, mass=0.5, top_is_label=True), prediction("b", 0, 0)]
    assert measure("label_mass", rows) == (0.5, 1)
    assert measure("top_is_label", rows) == (1.0, 1)


def test_exact_match_counts_every_family_and_family_right_those_of_two():
    rows = [*family("f", [0, 1], [0, 1]), *family("g", [0, 1], [0, 0]), *family("h", [2], [2])]
    rows.append(prediction("alone", 0, 1))
    assert measure("exact_match", rows) == (0.5, 6)
    assert measure("family_right", rows) == (0.5, 4)


def test_wordings_of_a_family_are_judged_apart():
    rows = family("f", [0, 1], [0, 1], prompt="one") + family("f", [0, 1], [0, 0], prompt="two")
    assert measure("family_right", rows)[0] == 0.5
    assert measure("flip_accuracy", rows)[0] == 0.5


def test_a_family_with_an_unscored_item_is_left_out_and_an_item_without_gold_is_not_of_it():
    broken = family("f", [0, 1], [0, 1])
    broken[1] |= {"status": "error", "predicted": None}
    tied = family("g", [0, 1, None], [0, 1, 2])
    assert measure("family_right", [*broken, *tied]) == (1.0, 2)


@pytest.mark.parametrize(
    ("golds", "predicted", "share"),
    [
        ([0, 1], [2, 1], 1.0),  # wrong, but the answer changes as it should
        ([0, 1], [1, 1], 0.0),
        ([0, 0], [1, 1], 1.0),
        ([0, 0], [1, 2], 0.0),
        ([0, 0, 1], [0, 1, 1], 1 / 3),
    ],
)
def test_flip_accuracy_asks_whether_answers_change_with_the_gold(golds, predicted, share):
    assert measure("flip_accuracy", family("f", golds, predicted))[0] == pytest.approx(share)


def test_flip_accuracy_equals_a_loop_over_pairs():
    predictions = random_predictions(items=80, wordings=2)
    rows, _ = read_rows(predictions)
    value = METRICS["flip_accuracy"].statistics(rows)[0].sum(axis=0)
    shares = []
    units = {}
    for row in predictions.to_pylist():
        units.setdefault((row["family"], row["prompt"]), []).append(row)
    for unit in units.values():
        if len(unit) > 1 and all(row["status"] == "ok" for row in unit):
            pairs = itertools.combinations(unit, 2)
            right = [(a["gold"] != b["gold"]) == (a["predicted"] != b["predicted"]) for a, b in pairs]
            shares.append(np.mean(right))
    assert value[1] == len(shares)
    assert value[0] / value[1] == pytest.approx(np.mean(shares))


def test_an_item_in_two_orders_makes_no_pair_with_itself():
    rows = [prediction("a", 0, answer, family="f", order=str(answer)) for answer in (0, 1)]
    assert np.isnan(measure("flip_accuracy", rows)[0])
    rows = [row | {"cluster": "f"} for row in rows]
    rows.append(prediction("b", 1, 1, family="f", cluster="f"))
    assert measure("flip_accuracy", rows)[0] == 0.5


@pytest.mark.parametrize(
    "name",
    ["accuracy", "mae", "macro_f1", "weighted_f1", "balanced_accuracy", "family_right", "flip_accuracy"],
)
def test_chance_is_what_random_answers_give(name):
    random = np.random.default_rng(0)
    rows = [
        prediction(f"{index:05}", int(random.random() < 0.4), int(random.integers(3)), family=str(index // 2))
        | {"cluster": str(index // 2)}
        for index in range(20_000)
    ]
    assert chance(name, table(rows)) == pytest.approx(measure(name, rows)[0], abs=0.015)


def test_chance_of_probabilities_is_that_of_even_ones():
    rows = [prediction("a", 0, 0, votes=[3, 1, 0], probabilities=[1 / 3] * 3), prediction("b", 1, 0)]
    rows[1] |= {"probabilities": [1 / 3] * 3}
    for name in ("log_loss", "brier"):
        assert chance(name, table(rows)) == pytest.approx(measure(name, rows)[0])
    assert chance("js_similarity", table(rows[:1])) == pytest.approx(measure("js_similarity", rows)[0])


def test_distributions_are_compared_where_people_are_divided_and_not_with_a_gold_alone():
    rows = [
        prediction("a", 0, 0, votes=[3, 1, 0], probabilities=[0.75, 0.25, 0.0]),
        prediction("b", None, 0, votes=[0, 0, 5], probabilities=[0.5, 0.5, 0.0]),
        prediction("c", 0, 0, probabilities=[0.1, 0.8, 0.1]),
        prediction("d", 0, 0, votes=[0, 0, 0], probabilities=[0.1, 0.8, 0.1]),
        prediction("e", 0, 0, shares=[0.75, 0.25, 0.0], probabilities=[0.75, 0.25, 0.0]),
    ]
    assert measure("js_similarity", rows) == (pytest.approx(2 / 3), 3)


def test_shares_score_as_votes_of_the_same_proportions_do():
    read = {"probabilities": [0.5, 0.4, 0.1]}
    voted = [
        prediction("a", 0, 0, votes=[6, 3, 1], **read),
        prediction("b", None, 0, votes=[2, 2, 0], **read),
    ]
    told = [prediction("a", 0, 0, shares=[0.6, 0.3, 0.1], **read)]
    told += [prediction("b", None, 0, shares=[0.5, 0.5, 0.0], **read)]
    for name in ("log_loss", "brier", "js_similarity", "accuracy"):
        assert measure(name, told) == pytest.approx(measure(name, voted))
        assert chance(name, table(told)) == pytest.approx(chance(name, table(voted)))


def test_calibrated_log_loss_is_of_rows_with_a_temperature():
    read, _ = read_rows(table([prediction("a", 0, 0, probabilities=[0.6, 0.3, 0.1])]))
    metric = METRICS["calibrated_log_loss"]
    assert not metric.statistics(read)[1].any()
    addends, scored = metric.statistics(replace(read, temperature=np.array([0.5])))
    assert scored.all()
    assert addends[0, 0] == pytest.approx(-np.log(0.36 / (0.36 + 0.09 + 0.01)))


def test_chance_of_sets_is_that_of_coins():
    golds = [[], [0], [1, 2]]
    rows = [
        prediction(
            f"{index}{list(guess)}", None, None, gold_set=gold, predicted_set=list(guess), kind="multilabel"
        )
        for index, gold in enumerate(golds)
        for size in range(4)
        for guess in itertools.combinations(range(3), size)
    ]
    for name in ("samples_f1", "macro_f1", "weighted_f1", "set_iou"):
        assert chance(name, table(rows)) == pytest.approx(measure(name, rows)[0])


def test_ratings():
    random = np.random.default_rng(0)
    rows = [
        prediction(
            str(index), None, None, kind="rating", rating=rating, score=score, scale_min=1.0, scale_max=7.0
        )
        for index, (rating, score) in enumerate(random.uniform(1, 7, (50, 2)))
    ]
    rows.append(rows[0] | {"item": "missing", "score": None, "status": "unparsed"})
    gold, score = ([row[name] for row in rows[:50]] for name in ("rating", "score"))
    assert measure("pearson", rows) == (pytest.approx(metrics.pearson(gold, score)), 50)
    assert measure("rating_mae", rows)[0] == pytest.approx(metrics.mean_absolute_error(gold, score))
    assert chance("pearson", table(rows)) == 0.0
    assert chance("rating_mae", table(rows)) == pytest.approx(np.mean(np.abs(np.array(gold) - 4)))


def test_the_auroc_is_of_items_with_two_options():
    two = {"options": ["bad", "good"]}
    rows = [
        prediction("a", 1, 1, probabilities=[0.2, 0.8], **two),
        prediction("b", 0, 1, probabilities=[0.4, 0.6], **two),
        prediction("c", 1, 0, probabilities=[0.5, 0.5], **two),
        prediction("d", None, 0, probabilities=[0.9, 0.1], votes=[2, 2], **two),  # a tie has no gold
        prediction("e", 0, None, status="too_long", **two),
    ]
    read, _ = read_rows(table(rows))
    metric = METRICS["auroc"]
    gold, second, scored = metric.pairs(read)
    assert scored.tolist() == [True, True, True, False, False]
    assert metric.value(gold[scored], second[scored], np.ones(3)) == pytest.approx(0.5)
    three, _ = read_rows(table([prediction("a", 1, 1, probabilities=[0.2, 0.5, 0.3])]))
    assert not metric.pairs(three)[2].any()


def test_the_auroc_tells_scores_apart_whose_probabilities_round_to_1():
    two = {"options": ["bad", "good"], "probabilities": [0.0, 1.0]}
    rows = [prediction("a", 1, 1, score=50.0, **two), prediction("b", 0, 1, score=40.0, **two)]
    read, _ = read_rows(table(rows))
    gold, second, scored = METRICS["auroc"].pairs(read)
    assert METRICS["auroc"].value(gold[scored], second[scored], np.ones(2)) == 1


def test_recall_becomes_one_metric_for_each_label():
    assert [metric.name for metric in resolve(["recall"], "label", LABELS)] == [
        f"recall_{name}" for name in LABELS
    ]
    rows = [prediction("a", 0, 0), prediction("b", 0, 1), prediction("c", 1, 1)]
    read, _ = read_rows(table(rows))
    values = {
        m.name: m.statistics(read)[0].sum(axis=0).tolist() for m in resolve(["recall"], "label", LABELS)
    }
    assert values == {"recall_yes": [1, 2], "recall_no": [1, 1], "recall_neutral": [0, 0]}


def test_unknown_and_unfit_metrics_are_refused():
    with pytest.raises(InputError, match=r"no metric 'acuracy'; known are accuracy"):
        resolve(["acuracy"], "label", LABELS)
    with pytest.raises(InputError, match="metric 'spearman' is not for items of kind 'label'"):
        resolve(["spearman"], "label", LABELS)
    with pytest.raises(InputError, match="metric 'recall' is not for items of kind 'choice'"):
        resolve(["recall"], "choice", ())


def test_spreads_may_be_named_and_names_may_repeat():
    assert [m.name for m in resolve(["accuracy", "wording_spread", "accuracy"], "label", LABELS)] == [
        "accuracy"
    ]


def test_every_metric_says_what_it_is_for():
    assert all(name == metric.name and metric.kinds for name, metric in METRICS.items())
    errors = {"log_loss", "calibrated_log_loss", "brier", "ece", "mae", "rating_mae"}
    errors |= {"too_long", "unparsed", "refused", "error"}
    assert {name for name, metric in METRICS.items() if not metric.higher_is_better} == errors
    assert {n for n, metric in METRICS.items() if not isinstance(metric, Metric)} == {"spearman", "auroc"}
