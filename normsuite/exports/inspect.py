"""A task for inspect_ai: a Python file and the documents. The model writes, and the strict parser reads.

inspect_ai asks for text alone, so a task that normsuite reads by probabilities is asked in text here; what is
no answer is scored as none, and its share is a metric of its own.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from normsuite.exports.documents import as_jsonl, documents, write_all
from normsuite.questions import Question

_TASK: Final = '''\
"""{title}. Exported from normsuite {version}; it quotes the data set {dataset}, whose licence holds.

    inspect eval {module}.py --model hf/MODEL -M do_sample=false

Needs normsuite beside inspect_ai: answers are read by its strict parser.
"""

from pathlib import Path

from inspect_ai import Task, task
from inspect_ai.dataset import Sample, json_dataset
from inspect_ai.model import GenerateConfig
from inspect_ai.scorer import CORRECT, INCORRECT, NOANSWER, SampleScore, Score
from inspect_ai.scorer import accuracy, metric, scorer, stderr
from inspect_ai.solver import generate

from normsuite.prompts import Option
from normsuite.scorers.parsing import Asked, strict


def to_sample(row):
    """One question under one wording."""
    return Sample(
        id=row["id"] + "/" + row["wording"],
        input=row["prompt"],
        target=row["words"][row["gold"]],
        metadata={{name: row[name] for name in ("words", "texts", "gold", "cluster", "country", "wording")}},
    )


@metric
def answered():
    """The share of questions to which there is an answer."""

    def share(scores: list[SampleScore]) -> float:
        return sum(sample.score.metadata["answered"] for sample in scores) / len(scores)

    return share


@scorer(metrics=[accuracy(), stderr(cluster="cluster"), answered()])
def strictly():
    """Right where the strict parser reads the gold answer."""

    async def score(state, target):
        about = state.metadata
        shown = tuple(Option(word, text) for word, text in zip(about["words"], about["texts"]))
        found = strict(state.output.completion, Asked(shown))
        said = found.status == "ok"
        value = (CORRECT if found.chosen == (about["gold"],) else INCORRECT) if said else NOANSWER
        answer = about["words"][found.chosen[0]] if said else found.status
        return Score(value=value, answer=answer, explanation=found.detail, metadata={{"answered": said}})

    return score


@task
def {function}():
    """{title}."""
    return Task(
        dataset=json_dataset(str(Path(__file__).with_name("{documents}")), to_sample),
        solver=generate(),
        scorer=strictly(),
        config=GenerateConfig(max_tokens={max_tokens}, temperature={temperature}),
    )
'''


def export(question: Question, out: Path, seed: int) -> list[Path]:
    """Write a task as inspect_ai loads it.

    Args:
        question: a prompted task with its items and wordings.
        out: the folder; made if it is not there.
        seed: of the label-order design.

    Returns:
        The files written.

    Raises:
        InputError: the task cannot be exported, or a file is in the way or cannot be written.
    """
    import normsuite

    task, rows = question.task, documents(question, seed)
    module = f"normsuite_{task.name.replace('-', '_')}"
    text = _TASK.format(
        title=_plain(task.title),
        version=normsuite.__version__,
        dataset=task.data.set,
        module=module,
        function=module,
        documents=f"{module}.jsonl",
        max_tokens=task.generation.max_tokens,
        temperature=task.generation.temperature,
    )
    return write_all(out, {f"{module}.jsonl": as_jsonl(rows), f"{module}.py": text})


def _plain(text: str) -> str:
    """A stranger's title inside a Python text: without quotes, backslashes or line breaks."""
    return " ".join("".join(sign for sign in text if sign.isprintable() and sign not in '"\\').split())
