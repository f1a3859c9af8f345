"""``.eval_results/*.yaml`` of a model's repository on the Hugging Face hub: one entry per headline metric.

The format has one value per entry and no room for uncertainty or groups, so the interval goes into the notes;
a benchmark's ``eval.yaml`` names the tasks beforehand, so cultures are left out.
"""

from __future__ import annotations

from pathlib import Path

import yaml

from normsuite.leaderboard.exports.headlines import headlines
from normsuite.leaderboard.submission import Submission
from normsuite.runs import write_text


def write_eval_results(submission: Submission, out: Path, *, benchmark: str, source: str = "") -> Path | None:
    """Write one model's file, to be put into its repository.

    Args:
        submission: the model.
        out: ``<org>__<model>/<revision>/.eval_results/normsuite.yaml`` is made in it.
        benchmark: the hub's data set that registers the tasks, ``owner/name``.
        source: the address where everything can be looked up.

    Returns:
        The file; None where the submission has no model.

    Raises:
        InputError: results cannot be read, or the file not be written.
    """
    from huggingface_hub import EvalResultEntry, eval_result_entries_to_yaml

    entries = [
        EvalResultEntry(
            dataset_id=benchmark,
            task_id=f"{line.task}.{line.metric}",
            value=line.value,
            date=submission.manifest.run.created,
            source_url=source or None,
            source_name="normsuite leaderboard" if source else None,
            notes=line.notes(submission),
        )
        for line in headlines(submission, cultures=False)
    ]
    if not entries:
        return None
    file = out / submission.slug / submission.revision / ".eval_results" / "normsuite.yaml"
    content = yaml.safe_dump(eval_result_entries_to_yaml(entries), sort_keys=False, allow_unicode=True)
    write_text(file, content)
    return file
