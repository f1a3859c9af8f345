"""The ``model-index`` of a model card: one result per headline metric, and one per culture."""

from __future__ import annotations

from pathlib import Path

from huggingface_hub import EvalResult, ModelCardData

from normsuite.leaderboard.exports.headlines import Headline, headlines
from normsuite.leaderboard.submission import Submission
from normsuite.runs import write_text


def write_model_index(submission: Submission, out: Path, *, source: str = "") -> Path | None:
    """Write the front matter of one model's card.

    Args:
        submission: the model.
        out: ``<org>__<model>/<revision>/README.md`` is made in it.
        source: the address where everything can be looked up.

    Returns:
        The file; None where the submission has no model.

    Raises:
        InputError: results cannot be read, or the file not be written.
    """
    lines = headlines(submission, cultures=True)
    if not lines:
        return None
    results = [_result(submission, line, source) for line in lines]
    card = ModelCardData(model_name=submission.manifest.model.name, eval_results=results)
    file = out / submission.slug / submission.revision / "README.md"
    write_text(file, f"---\n{card.to_yaml()}\n---\n")
    return file


def _result(submission: Submission, line: Headline, source: str) -> EvalResult:
    data = submission.manifest.data[line.about.dataset]
    where = f"{line.facet}={line.group}" if line.facet else ""
    numbers = {"ci_low": line.low, "ci_high": line.high, "chance": line.chance}
    return EvalResult(
        task_type="text-generation" if line.about.type == "prompted" else "feature-extraction",
        task_name=line.about.title,
        dataset_type=line.about.dataset,
        dataset_name=data.title,
        dataset_config=", ".join(part for part in (line.task, where) if part),
        dataset_revision=data.revision or None,
        metric_type=line.metric,
        metric_value=line.value,
        metric_name=", ".join(part for part in (f"{line.metric} of {line.task}", where) if part),
        metric_args={
            **{name: value for name, value in numbers.items() if value is not None},
            "n": line.n,
            "clusters": line.clusters,
            "notes": line.notes(submission),
        },
        source_name="normsuite leaderboard" if source else None,
        source_url=source or None,
    )
