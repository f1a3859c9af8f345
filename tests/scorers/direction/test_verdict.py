"""What the nulls are for: a planted direction is above all of them, one that words explain is not."""

import numpy as np
import pyarrow as pa
from made_seeds import cloud, fitted_on, items, make_rows, step, texts

from normsuite.aggregate import null_results
from normsuite.report.nulls import verdict
from normsuite.report.tables import Row
from normsuite.schema import NULL_SCHEMA
from normsuite.scorers.direction.nulls import permuted_scores, random_scores, tfidf_scores
from normsuite.scorers.direction.predictions import Threshold, direction_predictions

FILLER = ("host", "guide", "cook", "guest", "aunt", "clerk", "pilot", "nurse")


def judged(estimator, seeds, embeddings, asked, vectors, gold) -> Row:
    """The verdict's row on items with a gold, after a fit on seeds with embeddings."""
    fitted = fitted_on(estimator, make_rows(embeddings, seeds.values))
    shuffled, _ = permuted_scores(fitted.pipeline, fitted.rows, vectors, 0)
    nulls = {"random": random_scores(fitted, vectors, 0), "permuted": shuffled}
    words = tfidf_scores([seeds], [[text] for text in asked], estimator, (), vectors.shape[1])
    assert words is not None
    nulls["tfidf"] = words[None]
    table = items([{"gold": int(pole)} for pole in gold])
    predictions = direction_predictions("t", table, fitted.axis(vectors), "plain", Threshold(0.0, 1.0))
    rows = [
        {"null": name, "draw": draw, "scores": own.tolist()}
        for name, scores in nulls.items()
        for draw, own in enumerate(scores)
    ]
    found = null_results(
        predictions, pa.Table.from_pylist(rows, NULL_SCHEMA), headline="auroc", replicates=500
    )
    (above,) = [row for row in found.to_pylist() if row["metric"] == "auroc_above_nulls"]
    return Row(
        above["group"], above["n"], above["clusters"], above["value"], above["ci_low"], above["ci_high"], 0.0
    )


def sayings(n: int, poles: np.ndarray, rng: np.random.Generator, told: bool) -> list[str]:
    """Texts of filler words, which tell their pole in a word of their own or not at all."""
    marks = [("thank" if pole else "mock") if told else "meet" for pole in poles]
    return [" ".join([mark, *rng.choice(FILLER, 4), f"number{at}"]) for at, mark in enumerate(marks)]


def test_a_planted_direction_is_above_every_null() -> None:
    rng = np.random.default_rng(0)
    embeddings, y = cloud(120, d=64, gap=4)
    vectors, gold = cloud(300, d=64, gap=4, seed=1)
    seeds = texts(*sayings(120, y, rng, told=False), values=y)
    for name in ("difference-in-means", "lda", "logistic"):
        row = judged(step(name), seeds, embeddings, sayings(300, gold, rng, told=False), vectors, gold)
        assert verdict(row).startswith("Above every null by 0."), name


def test_a_gold_that_is_made_of_words_is_read_off_words_as_well() -> None:
    """The embeddings hold the gold, and so does one word of each text."""
    rng = np.random.default_rng(0)
    embeddings, y = cloud(120, d=64, gap=4)
    vectors, gold = cloud(300, d=64, gap=4, seed=1)
    seeds = texts(*sayings(120, y, rng, told=True), values=y)
    row = judged(
        step("difference-in-means"), seeds, embeddings, sayings(300, gold, rng, told=True), vectors, gold
    )
    assert verdict(row).startswith("Not distinguishable from its nulls: TF-IDF does as well")


def test_a_direction_in_noise_is_above_nothing() -> None:
    rng = np.random.default_rng(0)
    for seed in range(5):
        embeddings, y = cloud(60, d=64, gap=0, seed=seed)
        vectors, gold = cloud(200, d=64, gap=0, seed=seed + 50)
        seeds = texts(*sayings(60, y, rng, told=False), values=y)
        row = judged(
            step("difference-in-means"), seeds, embeddings, sayings(200, gold, rng, told=False), vectors, gold
        )
        assert verdict(row).startswith("Not distinguishable"), seed
