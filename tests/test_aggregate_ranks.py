"""Ranks of models, and their intervals under one bootstrap for all."""

import numpy as np
import pytest

from normsuite.aggregate.ranks import draw_seed, ranks, replicate_ranked, replicate_values, standing
from normsuite.metrics import METRICS, Metric, RankMetric

ACCURACY, SPEARMAN = METRICS["accuracy"], METRICS["spearman"]
assert isinstance(ACCURACY, Metric)
assert isinstance(SPEARMAN, RankMetric)


def sums(right: np.ndarray) -> np.ndarray:
    """Hits and rows of clusters of one item."""
    return np.stack([right, np.ones(len(right))], axis=1).astype(float)


def models(*shares: float, clusters: int = 200) -> list[np.ndarray]:
    luck = np.random.default_rng(0).random(clusters)
    return [sums(luck < share) for share in shares]


def test_equals_share_their_mean_rank_and_the_undefined_come_last() -> None:
    assert ranks(np.array([0.5, 0.9, 0.5, np.nan])).tolist() == [2.5, 1.0, 2.5, 4.0]
    assert ranks(np.array([0.5, 0.9, 0.5]), higher_is_better=False).tolist() == [1.5, 3.0, 1.5]


def test_what_moves_all_models_alike_moves_no_rank() -> None:
    # Each is right wherever the one behind it is: in every draw they stand in the same order, though their
    # intervals overlap.
    values, drawn = replicate_values(models(0.52, 0.50, 0.47), ACCURACY, seed=1)
    spread = drawn.std(axis=1)
    assert (values[:-1] - values[1:] < 2 * spread[1:]).all()
    stands = standing([(ranks(values), ranks(drawn))])
    assert stands.rank.tolist() == [1, 2, 3]
    assert (stands.high - stands.low).max() <= 1


def test_models_that_differ_by_chance_have_wide_intervals() -> None:
    random = np.random.default_rng(3)
    values, drawn = replicate_values([sums(random.random(100) < 0.5) for _ in range(6)], ACCURACY, seed=1)
    stands = standing([(ranks(values), ranks(drawn))])
    assert (stands.high - stands.low).mean() > 3
    assert (stands.low <= stands.rank).all()
    assert (stands.rank <= stands.high).all()


def test_identical_models_share_the_best_rank_they_could_have() -> None:
    one, other = models(0.9, 0.4)
    values, drawn = replicate_values([other, one, one], ACCURACY, seed=1)
    stands = standing([(ranks(values), ranks(drawn))])
    assert stands.rank.tolist() == [3, 1, 1]
    assert (stands.low[1:].tolist(), stands.high[1:].tolist()) == ([1, 1], [2, 2])
    assert stands.mean_rank.tolist() == [3.0, 1.5, 1.5]


def test_a_model_keeps_its_replicates_whoever_stands_beside_it() -> None:
    three = models(0.8, 0.5, 0.3)
    _, together = replicate_values(three, ACCURACY, seed=5)
    _, alone = replicate_values(three[1:2], ACCURACY, seed=5)
    np.testing.assert_array_equal(together[1], alone[0])


def test_replicates_are_those_of_the_bootstrap() -> None:
    values, drawn = replicate_values(models(0.7, clusters=400), ACCURACY, seed=2)
    share = values[0]
    assert drawn.shape == (1, 1000)
    assert drawn.mean() == pytest.approx(share, abs=0.003)
    assert drawn.std() == pytest.approx(np.sqrt(share * (1 - share) / 400), rel=0.1)


def test_a_metric_on_ranks_is_resampled_with_the_same_draws() -> None:
    random = np.random.default_rng(0)
    gold, cluster = random.normal(size=60), np.arange(60) // 2
    near, far = gold + random.normal(0, 0.2, 60), gold + random.normal(0, 3, 60)
    values, drawn = replicate_ranked(
        [(gold, near, cluster), (gold, far, cluster)], 30, SPEARMAN, seed=1, replicates=100
    )
    assert values[0] > 0.9 > values[1]
    stands = standing([(ranks(values), ranks(drawn))])
    assert stands.rank.tolist() == [1, 2]
    assert stands.high.tolist() == [1, 2]


def test_over_tasks_the_mean_rank_decides() -> None:
    drawn = np.tile(np.array([[1.0], [2.0], [3.0]]), 10)
    reversed_drawn = drawn[[2, 0, 1]]
    stands = standing([(drawn[:, 0], drawn), (reversed_drawn[:, 0], reversed_drawn)])
    assert stands.mean_rank.tolist() == [2.0, 1.5, 2.5]
    assert stands.rank.tolist() == [2, 1, 3]


def test_the_seed_is_that_of_the_clusters() -> None:
    assert draw_seed("a\0b") == draw_seed("a\0b") != draw_seed("a\0c")
