"""Scores along a direction, by vLLM's pooling and by transformers, both real."""

from pathlib import Path

import numpy as np
import pyarrow as pa

from normsuite.engines import EngineSpec, find_checkpoint
from normsuite.engines.transformers import TransformersSpec
from normsuite.engines.vllm import VllmSpec
from normsuite.poles import load_poles
from normsuite.questions import load_families
from normsuite.scorers.direction import Models, Part, Recipe, Seeds, measure, to_passages, words_as_items
from normsuite.tasks import Step


def scores(spec: EngineSpec) -> np.ndarray:
    """Scores of every fourth verb, along a direction that was fitted on the others."""
    words = words_as_items(load_poles("verbs"), "verbs")
    held = np.arange(words.num_rows) % 4 == 0
    items, seeds = words.filter(pa.array(held)), words.filter(pa.array(~held))
    stems = load_families(["question-stems"])[:3]
    fitted_on = Seeds("verbs", to_passages(seeds, stems), seeds["rating"].to_numpy(), seeds["id"].to_pylist())
    part = Part("", items, to_passages(items, stems), items.slice(0, 0), [], [fitted_on])
    measured = measure("verbs", [part], Recipe(Step(name="logistic"), (Step(name="centre"),)), Models(spec))
    return np.asarray(measured.predictions["score"])


def test_vllm_and_transformers_give_the_same_scores(vllm_installed, minilm: Path) -> None:
    checkpoint = find_checkpoint(str(minilm))
    reference = scores(TransformersSpec(checkpoint, "float32", "cpu"))
    assert np.ptp(reference) > 0.5
    assert np.abs(scores(VllmSpec(checkpoint, "float32")) - reference).max() < 1e-3
