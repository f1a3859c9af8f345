"""The scorer `rating`: the expected value over every whole number of an item's scale.

``score = sum_k k p(k) / sum_k p(k)`` over all points k from ``scale_min`` to ``scale_max``, where p(k) is the
probability of the number right after the prompt; ``sum_k p(k)`` is the reading's ``mass``. The code that this
way of asking was published with (WordsGPT's psycholinguistics framework) sums over whichever integers are
among the few most probable tokens, those off the scale included, and gives 0 where there are none. Here every
point counts, no other number does, and a reading below the task's ``mass_floor`` is missing.

Numbers that are one token are read at the prompt's end. If one of them is several tokens, all are scored by
whole-continuation log-likelihood; then "1" also begins "10", and what its extensions take is not its own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from normsuite.engines import Engine, Problem
from normsuite.prompts import Wording
from normsuite.scorers.cells import empty_cell, prediction_table
from normsuite.scorers.labels import Reading, check_requests, read_requests
from normsuite.scorers.predicted import Predicted, Tell, untold
from normsuite.scorers.requests import Request, build_requests
from normsuite.tasks import Task, scale_points

SCORER: Final = "rating"

Extensions = tuple[tuple[int, ...], ...]
"""For each point of a scale, the points whose tokens go on where its own end, none of them after another."""


def predict(
    task: Task,
    wordings: Sequence[Wording],
    items: pa.Table,
    ranks: NDArray[np.int64],
    engine: Engine,
    progress: Tell = untold,
) -> Predicted:
    """Predictions for every item under every wording, rows ordered by item, then wording.

    Args:
        task: what is asked.
        wordings: [w] its paraphrases.
        items: [n] Items of kind rating.
        ranks: [n], of no account here: a scale has one order.
        engine: the model.
        progress: told what is done.

    Returns:
        [n x w] predictions; ``probabilities`` are those of the scale's points, given that one answers.
    """
    rows = items.to_pylist()
    requests = list(build_requests(task, wordings, rows, ranks))
    readings = read_requests(requests, engine, progress)
    extensions = _extensions_by_scale(requests, engine)
    cells = []
    for request, reading in zip(requests, readings, strict=True):
        item = rows[request.row // len(wordings)]
        points = np.array(scale_points(item["scale_min"], item["scale_max"]), float)
        cells.append(_cell(reading, points, extensions[request.words], task.mass_floor))
    return Predicted(prediction_table(task, SCORER, wordings, items, cells))


def check(task: Task, wordings: Sequence[Wording], items: pa.Table, engine: Engine) -> None:
    """See that the model can tell the scale's numbers apart, before the first item is asked.

    Args:
        task: what is asked.
        wordings: [w] its paraphrases.
        items: Items of which the first stands for all.
        engine: the model.

    Raises:
        InputError: two numbers are the same to its tokenizer, or a prompt's end joins with one.
    """
    first = items.slice(0, 1).to_pylist()
    requests = list(build_requests(task, wordings, first, np.zeros(len(first), np.int64)))
    check_requests(requests, engine)
    _extensions_by_scale(requests, engine)


def _extensions_by_scale(requests: Sequence[Request], engine: Engine) -> dict[tuple[str, ...], Extensions]:
    """Which numbers of each scale that is asked about begin others, to this model."""
    prompts: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for request in requests:
        prompts[request.words].append(request.prompt)
    found: dict[tuple[str, ...], Extensions] = {}
    for words, texts in prompts.items():
        single = engine.label_tokens(texts, words)
        found[words] = ((),) * len(words) if single else extensions(engine.continuation_tokens(texts, words))
    return found


def extensions(tokens: Sequence[Sequence[int]]) -> Extensions:
    """For each sequence of tokens the positions of its nearest extensions.

    Args:
        tokens: [k] distinct sequences.
    """
    longer = [
        [at for at, other in enumerate(tokens) if len(other) > len(own) and other[: len(own)] == own]
        for own in tokens
    ]
    return tuple(
        tuple(at for at in mine if not any(at in longer[between] for between in mine)) for mine in longer
    )


def exclusive(probabilities: NDArray[np.float64], beyond: Extensions) -> NDArray[np.float64]:
    """Probability [k] that an answer is a number and not the beginning of a longer one of the scale.

    Args:
        probabilities: [k] that an answer begins with each number's tokens.
        beyond: from ``extensions``.
    """
    own = [p - sum(probabilities[list(longer)]) for p, longer in zip(probabilities, beyond, strict=True)]
    return np.maximum(own, 0.0)  # rounding may leave less than nothing


def _cell(
    reading: Reading | Problem, points: NDArray[np.float64], beyond: Extensions, floor: float
) -> dict[str, Any]:
    """The reading columns of one prediction row."""
    cell = empty_cell(())
    if isinstance(reading, Problem):
        return cell | {"status": reading.status, "detail": reading.detail}
    hidden = int(np.isnan(reading.log_probs).sum())
    if hidden:
        detail = f"{hidden} of the scale's {len(points)} numbers are not among the tokens the server tells"
        return cell | {"status": "unparsed", "detail": detail}
    shares = exclusive(np.exp(reading.log_probs), beyond)
    mass = float(shares.sum())
    if mass < floor or mass == 0:
        detail = f"the scale's numbers have a probability of {mass:.2g} together, less than {floor:g}"
        return cell | {"status": "unparsed", "detail": detail}
    shares /= mass
    return cell | {
        "probabilities": shares.tolist(),
        "score": float(shares @ points),
        "mass": mass,
        "top_is_label": reading.top_is_label,
    }
