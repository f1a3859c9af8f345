"""A task for lm-evaluation-harness: a YAML file, a few functions and the documents, in one folder.

The harness scores each form of each label as a continuation; the functions add the forms of a label up, as a
run does, so that the accuracy is the same on the same model. With a model given, the forms are those that its
tokenizer reads; without one, each label is read once, behind a space.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import yaml

from normsuite.engines.tokens import PromptEncoder
from normsuite.exports.documents import as_jsonl, documents, write_all
from normsuite.questions import Question

_FUNCTIONS: Final = '''\
"""How the harness reads and scores the task beside this file. Written by normsuite."""

import math
from pathlib import Path

import datasets


def load(**_):
    """The documents beside this file."""
    path = Path(__file__).with_name("{documents}")
    return {{"test": datasets.Dataset.from_json(str(path))}}


def score(doc, results):
    """Right or wrong: the forms of each label are added up, and the likeliest label answers."""
    totals = [-math.inf] * len(doc["words"])
    for says, (log_likelihood, _) in zip(doc["says"], results):
        high, low = max(totals[says], log_likelihood), min(totals[says], log_likelihood)
        totals[says] = high + math.log1p(math.exp(low - high)) if low > -math.inf else high
    return {{"acc": float(totals.index(max(totals)) == doc["gold"])}}


def score_text(doc, results):
    """Right or wrong by normsuite's strict parser, and whether there is an answer at all."""
    from normsuite.prompts import Option
    from normsuite.scorers.parsing import Asked, strict

    shown = tuple(Option(word, text) for word, text in zip(doc["words"], doc["texts"]))
    found = strict(results[0], Asked(shown))
    return {{"acc": float(found.chosen == (doc["gold"],)), "answered": float(found.status == "ok")}}
'''
_NOTE: Final = """\
# {name}, for lm-evaluation-harness

{title}. Exported from normsuite {version}: {n:,} documents, one for each item and wording. They quote the
data set {dataset}; its licence holds for them.

    lm_eval --model hf --model_args pretrained=MODEL --include_path . --tasks {exported}{chat}

{forms} The harness reports the mean; cultures, intervals over clusters and the other metrics are normsuite's.
"""


def export(question: Question, out: Path, seed: int, encoder: PromptEncoder | None = None) -> list[Path]:
    """Write a task as lm-evaluation-harness 0.4.13 and later load it.

    Args:
        question: a prompted task with its items and wordings.
        out: the folder; made if it is not there.
        seed: of the label-order design.
        encoder: of the model that will be asked; None suits any.

    Returns:
        The files written.

    Raises:
        InputError: the task cannot be exported, or a file is in the way or cannot be written.
    """
    import normsuite

    task, rows = question.task, documents(question, seed, encoder)
    name = f"normsuite-{task.name}"
    written = task.scorer == "generate"
    about = {
        "task": name,
        "custom_dataset": "!function functions.load",
        "test_split": "test",
        "doc_to_text": "prompt",
        "process_results": f"!function functions.{'score_text' if written else 'score'}",
        "num_fewshot": 0,
        "target_delimiter": "",
        "metric_list": [_mean("acc"), *([_mean("answered")] if written else [])],
        **(
            {
                "output_type": "generate_until",
                "doc_to_target": "{{words[gold]}}",
                "generation_kwargs": {
                    "max_gen_toks": task.generation.max_tokens,
                    "do_sample": task.generation.temperature > 0,
                    "temperature": task.generation.temperature,
                    "until": [],
                },
            }
            if written
            else {"output_type": "multiple_choice", "doc_to_choice": "{{forms}}", "doc_to_target": "gold"}
        ),
    }
    note = _NOTE.format(
        name=task.name,
        title=task.title,
        version=normsuite.__version__,
        n=len(rows),
        dataset=task.data.set,
        exported=name,
        chat=" --apply_chat_template" if encoder is not None and encoder.chat else "",
        forms="Labels are in the forms that the model's tokenizer reads: the accuracy is a run's."
        if encoder is not None
        else "Each label is read behind a space; export with --model for a run's own accuracy.",
    )
    files = {
        f"{name}.jsonl": as_jsonl(rows),
        "functions.py": _FUNCTIONS.format(documents=f"{name}.jsonl"),
        f"{name}.yaml": _yaml(about),
        "README.md": note,
    }
    return write_all(out, files)


def _mean(metric: str) -> dict[str, object]:
    return {"metric": metric, "aggregation": "mean", "higher_is_better": True}


def _yaml(about: dict[str, object]) -> str:
    """YAML whose ``!function`` values are tags, not texts."""
    text = yaml.safe_dump(about, sort_keys=False, allow_unicode=True)
    lines = [
        line.replace("'!function ", "!function ").rstrip("'") if "'!function " in line else line
        for line in text.splitlines()
    ]
    return "\n".join(lines) + "\n"
