"""Two models on the same items: what is paired, how they differ, and how sure that is."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_predictions import prediction, random_predictions, table
from scipy.stats import kstest, norm

from normsuite import metrics as plain
from normsuite.aggregate import adjusted, bootstrap, detectable, differences, draw, pair
from normsuite.aggregate.significance import bootstrap_p, flip_p, flipped, flips
from normsuite.errors import InputError
from normsuite.metrics import METRICS
from normsuite.schema import PREDICTION_SCHEMA

KEYS = ("metric", "facet", "group")


def with_column(predictions, name, values):
    at = predictions.schema.get_field_index(name)
    return predictions.set_column(
        at, PREDICTION_SCHEMA.field(name), pa.array(values, PREDICTION_SCHEMA.field(name).type)
    )


def another_model(predictions, seed=1, worse=0.2):
    """The same items read otherwise: a share of predictions is random, some rows are not scored."""
    random = np.random.default_rng(seed)
    n = predictions.num_rows
    read = [row if row is not None else [0.2, 0.3, 0.5] for row in predictions["probabilities"].to_pylist()]
    noise = random.dirichlet(np.ones(3), n)
    probabilities = np.where((random.random(n) < worse)[:, None], noise, np.array(read))
    ok = random.random(n) > 0.04
    columns = {
        "status": ["ok" if good else "refused" for good in ok],
        "probabilities": [
            row.tolist() if good else None for row, good in zip(probabilities, ok, strict=True)
        ],
        "predicted": [
            int(row.argmax()) if good else None for row, good in zip(probabilities, ok, strict=True)
        ],
        "mass": [0.5 if good else None for good in ok],
        "top_is_label": [True if good else None for good in ok],
    }
    for name, values in columns.items():
        predictions = with_column(predictions, name, values)
    return predictions


def compared(one, another, metrics=("accuracy",), **options):
    """{(metric, facet, group): row}."""
    chosen = [METRICS[name] for name in metrics]
    found = differences(pair(one, another), chosen, **{"replicates": 400} | options)
    return {tuple(row[key] for key in KEYS): row for row in found.to_pylist()}


def rated(clusters=30, per=3, seed=0, noise=1.0):
    """Ratings that a model follows with noise."""
    gold, random = np.random.default_rng(7), np.random.default_rng(seed)
    rows = []
    for item in range(clusters * per):
        rating = float(gold.random())
        score = rating + noise * random.normal()
        kind = {"kind": "rating", "options": None, "rating": rating, "scale_min": 0.0, "scale_max": 1.0}
        place = {"country": f"C{item % 2}", "cluster": f"cluster {item % clusters:03}"}
        rows.append(prediction(f"item {item:03}", None, None, score=score, order="", **kind, **place))
    return table(rows)


def simulated(clusters, seed, effect=0.0, size=4):
    """Two models' hits [clusters, size]: a cluster is hard or easy for both, and suits one of them better."""
    random = np.random.default_rng(seed)
    hardness, taste = random.normal(0, 1, (clusters, 1)), random.normal(0, 0.8, (clusters, 2, 1))
    odds = hardness[:, None] + taste + np.array([0.0, effect])[:, None]
    chance = 1 / (1 + np.exp(-odds))
    return random.random((clusters, 2, size)) < chance


def hits_table(hits):
    """Predictions that are right where [clusters, items] says so."""
    rows = [
        prediction(f"i{c}-{i}", 0, 0 if hit else 1, cluster=f"c{c:04}")
        for c, row in enumerate(hits)
        for i, hit in enumerate(row)
    ]
    return table(rows)


# What is paired


def test_readings_are_paired_by_item_and_wording_whatever_the_order_of_rows():
    one = random_predictions(items=30, clusters=10)
    shuffled = one.take(np.random.default_rng(0).permutation(one.num_rows))
    pairs = pair(one, shuffled)
    assert pairs.counts.items == 30
    assert pairs.counts.other_orders == 0
    for name in ("item", "wording", "predicted", "status"):
        assert np.array_equal(getattr(pairs.baseline, name), getattr(pairs.other, name))


def test_what_only_one_run_has_is_counted_on_its_side():
    one = random_predictions(items=30, clusters=10, wordings=2)
    numbers = pc.cast(pc.utf8_slice_codeunits(one["item"], 5), pa.int64())
    other = one.filter(pc.greater_equal(numbers, 4))  # four items are missing
    # and of one more a wording
    other = other.filter(
        pc.invert(pc.and_(pc.equal(other["item"], "item 0009"), pc.equal(other["prompt"], "wording 1")))
    )
    counts = pair(one, other).counts
    assert (counts.items, counts.only_baseline, counts.only_other) == (26, 5, 0)
    assert pair(other, one).counts.only_other == 5


def test_what_one_run_could_not_score_is_out_of_both_and_counted():
    one = table([prediction(f"i{at}", 0, at % 2, country=f"C{at % 2}") for at in range(40)])
    status = ["refused" if at < 3 else "ok" for at in range(40)]
    other = with_column(one, "status", status)
    pairs = pair(one, other)
    assert (pairs.counts.unscored_baseline, pairs.counts.unscored_other, pairs.counts.unscored_both) == (
        0,
        3,
        0,
    )
    rows = compared(one, other, ["accuracy", "coverage"])
    overall = rows["accuracy", "", ""]
    assert (overall["n"], overall["unscored"], overall["difference"]) == (37, 3, 0)
    assert {group: rows["accuracy", "country", group]["unscored"] for group in ("C0", "C1")} == {
        "C0": 2,
        "C1": 1,
    }
    # coverage itself is of all paired readings
    assert rows["coverage", "", ""]["n"] == 40
    assert rows["coverage", "", ""]["difference"] == pytest.approx(-3 / 40)


def test_a_family_of_which_one_run_lacks_a_reading_is_out_of_both():
    family = [prediction(f"i{at}", 0, 0, family=f"f{at // 2}", cluster=f"f{at // 2}") for at in range(40)]
    one = table(family)
    other = with_column(one, "status", ["unparsed"] + ["ok"] * 39)
    row = compared(one, other, ["family_right"])["family_right", "", ""]
    assert (row["n"], row["baseline_value"], row["other_value"]) == (38, 1, 1)


def test_a_group_that_nobody_could_be_scored_on_is_still_told():
    one = table(
        [
            prediction(f"i{at}", 0, 0, country=f"C{at % 2}", status="error" if at % 2 else "ok")
            for at in range(40)
        ]
    )
    row = compared(one, one)["accuracy", "country", "C1"]
    assert (row["n"], row["unscored"], row["difference"], row["p"]) == (0, 20, None, None)


def test_other_label_orders_are_paired_and_counted():
    one = table([prediction(f"i{at}", 0, 0) for at in range(12)])
    other = with_column(one, "order", ["2-1-0"] * 5 + ["0-1-2"] * 7)
    assert pair(one, other).counts.other_orders == 5


@pytest.mark.parametrize(
    ("change", "field"),
    [({"gold": 1}, "gold"), ({"cluster": "other"}, "cluster"), ({"votes": [1, 2, 3]}, "shares")],
)
def test_other_words_on_an_item_are_refused_and_named(change, field):
    rows = [prediction(f"i{at}", 0, 0, cluster=f"c{at // 2}") for at in range(12)]
    other = [*rows[:7], rows[7] | change, *rows[8:]]
    with pytest.raises(InputError, match=f"{field}.*other things of the item 'i[67]'"):
        pair(table(rows), table(other))


def test_runs_without_a_common_item_are_refused():
    with pytest.raises(InputError, match="no item in common"):
        pair(table([prediction("a", 0, 0)]), table([prediction("b", 0, 0)]))


# How they differ


def slow_value(name, rows):
    rows = rows.take(rows.answered)
    if name in ("pearson", "spearman"):
        return getattr(plain, name)(rows.rating, rows.score)
    if name == "log_loss":
        return plain.log_loss(rows.shares, rows.probabilities)
    return getattr(plain, name)(rows.gold, rows.predicted)


def check_against_slow(one, another, names, replicates=60):
    """Each replicate again, by hand: draw clusters, repeat both models' rows, compute the metric plainly."""
    pairs = pair(one, another)
    clusters = int(pairs.baseline.cluster.max()) + 1
    either = (pairs.baseline.status != 0) | (pairs.other.status != 0)
    rows = compared(one, another, names, replicates=replicates, seed=3)
    drawn = (
        np.concatenate(
            [
                draw(clusters, replicates, np.random.Generator(np.random.SFC64(child)))
                for child in np.random.SeedSequence(3).spawn(1)
            ]
        ).T.astype(int)
        + 1
    )
    for facet in pairs.facets:
        for at, group in enumerate(facet.groups):
            members = facet.row[facet.group == at]
            members = members[~either[members]]
            sides = [side.take(members) for side in (pairs.baseline, pairs.other)]
            for name in names:
                row = rows[name, facet.name, group]
                values = [slow_value(name, side) for side in sides]
                assert [row["baseline_value"], row["other_value"]] == pytest.approx(values)
                assert row["difference"] == pytest.approx(values[1] - values[0])
                again = [np.repeat(np.arange(len(members)), times[sides[0].cluster]) for times in drawn]
                gains = [
                    slow_value(name, sides[1].take(i)) - slow_value(name, sides[0].take(i)) for i in again
                ]
                low, high = np.nanquantile(gains, [0.025, 0.975])
                assert [row["ci_low"], row["ci_high"]] == pytest.approx([low, high], abs=1e-6)
                assert row["standard_error"] == pytest.approx(np.nanstd(gains, ddof=1), abs=1e-6)
                known = detectable(row["standard_error"], row["clusters"])
                assert row["detectable"] == pytest.approx(float(known))
                assert row["n"] == len(np.unique(sides[0].item))


def test_differences_equal_a_plain_pass_over_drawn_rows():
    one = random_predictions(items=60, clusters=24, countries=2, wordings=1)
    check_against_slow(one, another_model(one), ["accuracy", "macro_f1", "log_loss"])


def test_correlations_equal_a_plain_pass_over_drawn_rows():
    check_against_slow(rated(noise=1.0), rated(seed=1, noise=0.3), ["pearson", "spearman"], replicates=30)


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 1000))
def test_swapping_the_runs_flips_signs(seed):
    one = random_predictions(items=50, clusters=25, seed=seed)
    another = another_model(one, seed)
    names = ["accuracy", "macro_f1", "brier", "ece", "coverage", "family_right"]
    there, back = compared(one, another, names), compared(another, one, names)
    assert there.keys() == back.keys()
    for key, row in there.items():
        mirror = back[key]
        for name in ("n", "clusters", "unscored", "p", "detectable"):
            assert row[name] == pytest.approx(mirror[name]) if row[name] is not None else mirror[name] is None
        if row["difference"] is not None:
            told = row["difference"], row["ci_low"], row["ci_high"]
            mirrored = mirror["difference"], mirror["ci_high"], mirror["ci_low"]
            assert [-value if value is not None else None for value in told] == [
                pytest.approx(value, abs=1e-9) if value is not None else None for value in mirrored
            ]


def test_a_run_against_itself_differs_by_nothing_with_p_1():
    one = random_predictions(items=60, clusters=30)
    for row in compared(one, one, ["accuracy", "macro_f1", "log_loss", "ece", "coverage"]).values():
        assert (row["difference"], row["ci_low"], row["ci_high"]) == (0, 0, 0)
        assert row["p"] == (1 if row["clusters"] >= 10 else None)
        assert row["detectable"] is None  # two equal runs tell nothing of what would be found


def test_threads_and_seed_are_all_that_draws_depend_on():
    one = random_predictions(items=40, clusters=20)
    pairs = pair(one, another_model(one))
    first, second, other = (
        differences(pairs, [METRICS["accuracy"]], replicates=600, seed=seed, threads=threads)
        for seed, threads in ((1, 1), (1, 2), (2, 1))
    )
    assert first.equals(second)
    assert not first.equals(other)


def test_facets_of_how_an_item_was_put_are_no_groups():
    one = random_predictions(items=40, clusters=20)
    assert {facet for _, facet, _ in compared(one, another_model(one))} == {"", "country", "topic"}


# How sure that is


def test_flips_are_exact_where_all_can_be_counted():
    """With 12 clusters there are 4,096 sign patterns."""
    gain = np.random.default_rng(4).integers(-3, 5, 12).astype(float)
    patterns = 1 - 2 * np.array([[number >> bit & 1 for bit in range(12)] for number in range(4096)])
    exact = np.mean(np.abs(patterns @ gain) >= abs(gain.sum()))
    (reached,) = bootstrap([flipped([(np.arange(12), gain)], 12)], 12, 20_000, drawing=flips)
    assert flip_p(reached[:, 0])[0] == pytest.approx(exact, abs=0.012)


def test_half_of_the_signs_are_flipped():
    surplus = flips(50, 203, np.random.default_rng(0))
    assert surplus.shape == (50, 203)
    assert set(np.unique(surplus)) == {-2.0, 0.0}
    assert np.mean(surplus == 0) == pytest.approx(0.5, abs=0.02)


def test_the_bootstraps_p_is_its_interval_inverted():
    replicates = np.random.default_rng(0).normal(1.0, 0.6, (1, 1999))
    p = float(bootstrap_p(replicates)[0])
    low, high = np.quantile(replicates, [p / 2 + 0.002, 1 - p / 2 - 0.002])
    assert low > 0
    assert np.quantile(replicates, max(p / 2 - 0.002, 0)) < 0 < high
    assert np.isnan(bootstrap_p(np.full((1, 50), np.nan))[0])


def test_under_the_null_p_is_near_uniform_and_intervals_cover():
    """300 worlds in which two models are alike: clusters differ, and suit one or the other."""
    p, covered = [], []
    for world in range(300):
        hits = simulated(24, world)
        gain = (hits[:, 1].sum(axis=1) - hits[:, 0].sum(axis=1)).astype(float)
        (reached,) = bootstrap(
            [flipped([(np.arange(24), gain)], 24)], 24, 499, seed=world, threads=1, drawing=flips
        )
        p.append(flip_p(reached[:, 0])[0])
        weights = draw(24, 499, np.random.default_rng(world)) + 1
        low, high = np.quantile(gain @ weights, [0.025, 0.975])
        covered.append(low <= 0 <= high)
    # p of whole numbers has ties, which only make it larger
    assert kstest(p, "uniform", alternative="greater").pvalue > 0.01
    assert np.mean(np.array(p) < 0.05) <= 0.085
    assert np.mean(np.array(p) < 0.5) == pytest.approx(0.5, abs=0.09)
    assert np.mean(covered) == pytest.approx(0.94, abs=0.035)


def test_a_true_difference_is_covered_and_found_as_often_as_promised():
    """50 worlds with a difference that 40 clusters often show, all the way from tables of predictions."""
    truth = np.mean([np.diff(simulated(4000, seed, effect=0.9).mean(axis=(0, 2)))[0] for seed in range(3)])
    rows = []
    for world in range(50):
        hits = simulated(40, 100 + world, effect=0.9, size=2)
        sides = hits_table(hits[:, 0]), hits_table(hits[:, 1])
        rows.append(compared(*sides, replicates=400, seed=world, threads=1)["accuracy", "", ""])
    assert np.mean([row["ci_low"] <= truth <= row["ci_high"] for row in rows]) >= 0.86
    # ``detectable`` promises to find a difference of its size eight times in ten; this one is smaller.
    promised = np.mean([norm.cdf(truth / row["standard_error"] - norm.ppf(0.975)) for row in rows])
    assert np.mean([row["p"] < 0.05 for row in rows]) == pytest.approx(promised, abs=0.16)
    assert promised < 0.8
    assert truth < np.median([row["detectable"] for row in rows])


def test_what_can_be_detected_is_known_for_many_clusters_and_dearer_for_few():
    assert detectable(0.1, 10**6) == pytest.approx(0.28016, rel=1e-4)
    assert detectable(0.1, 10) == pytest.approx(0.1 * (2.2622 + 0.8834) * np.sqrt(10 / 9), rel=1e-4)
    assert np.isnan(detectable([0.0, 0.1, np.nan], [30, 1, 30])).all()


def test_groups_of_few_clusters_have_an_interval_and_no_test():
    rows = [prediction(f"i{at}", 0, at % 3, country="A" if at < 9 else "B") for at in range(60)]
    other = [row | {"predicted": (at + 1) % 3} for at, row in enumerate(rows)]
    found = compared(table(rows), table(other))
    few, many = found["accuracy", "country", "A"], found["accuracy", "country", "B"]
    assert few["clusters"] == 9
    assert few["ci_low"] is not None
    assert few["p"] is None
    assert many["p"] is not None


def test_one_cluster_says_nothing_of_how_clusters_vary():
    rows = [prediction(f"i{at}", 0, at % 2, cluster="one") for at in range(9)]
    row = compared(table(rows), table(rows))["accuracy", "", ""]
    assert (row["difference"], row["ci_low"], row["standard_error"], row["p"]) == (0, None, None, None)


# Many tests at once


def test_holm_by_hand():
    assert adjusted([0.01, 0.04, 0.03, 0.005], "holm") == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert adjusted([0.5, 0.9], "holm") == pytest.approx([1, 1])


def test_benjamini_hochberg_by_hand():
    assert adjusted([0.01, 0.04, 0.03, 0.005], "bh") == pytest.approx([0.02, 0.04, 0.04, 0.02])


@given(st.lists(st.one_of(st.floats(0, 1), st.just(float("nan"))), max_size=12))
def test_adjusting_only_ever_raises_and_keeps_order_and_gaps(p):
    values = np.array(p, float)
    for how in ("holm", "bh"):
        raised = adjusted(values, how)
        assert np.array_equal(np.isnan(raised), np.isnan(values))
        known = ~np.isnan(values)
        assert (raised[known] >= values[known] - 1e-12).all()
        assert (raised[known] <= 1).all()
        assert (np.diff(raised[known][np.argsort(values[known], kind="stable")]) >= -1e-12).all()
        assert (adjusted(values, "bh")[known] <= adjusted(values, "holm")[known] + 1e-12).all()
    assert np.array_equal(adjusted(values, "none"), values, equal_nan=True)
