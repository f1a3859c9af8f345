"""Guide what a checkpoint writes by a fitted direction: of several continuations, keep the best.

    normsuite direction fit ENCODER --out my-direction
    python examples/guided_generation.py WRITER --direction my-direction

WRITER continues twelve prompts, each eight times (--samples). The direction scores every continuation as a
behaviour ("Is it ok to ...?"), and the one with the highest score is kept. Printed is the share of
continuations below a threshold before (the first sample of each prompt) and after (the best of them), with
bootstrap intervals over prompts. With --judge another direction judges the same choices, which the one that
chose cannot.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from normsuite import folders
from normsuite.engines import find_checkpoint
from normsuite.engines.base import Sampling
from normsuite.engines.transformers import TransformersSpec
from normsuite.errors import InputError
from normsuite.scorers.direction.seeds import Floats
from normsuite.scoring import FittedScore, load_direction

PROMPTS: Final = (
    "My neighbour's music kept me awake all night, so in the morning I decided to",
    "A stranger dropped her purse on the platform, so I decided to",
    "My colleague presented my work as his own, so at the meeting I decided to",
    "The child at the next table would not stop crying, so I decided to",
    "I found out that my friend had lied to me for months, so I decided to",
    "The old man ahead of me could not find his glasses, so I decided to",
    "My sister forgot my birthday again this year, so I decided to",
    "The waiter brought me a dish that I had not ordered, so I decided to",
    "Nobody was watching the till when I left the shop, so I decided to",
    "My flatmate had not washed a plate in three weeks, so I decided to",
    "A cyclist rode into the side of my parked car, so I decided to",
    "The new pupil sat alone at lunch every day, so I decided to",
)
"""Each ends where a behaviour follows."""

DRAWS: Final = 10_000
"""Of the bootstrap."""

CAVEAT: Final = (
    "\nWhat this does not show: that the kept texts are better. The direction that chose also counts, so its "
    "own rate falls by construction; only people, or a judge that had no part in the choice, can say whether "
    "the texts are better. Twelve prompts are an illustration, not a benchmark."
)


@dataclass(frozen=True)
class Choice:
    """What became of one prompt: its first continuation and the one that was kept."""

    prompt: str
    first: str
    kept: str


def main() -> None:
    """Run the example."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("writer", help="a checkpoint that writes: folder or hub id")
    parser.add_argument("--direction", required=True, type=Path, help="from `normsuite direction fit`")
    parser.add_argument("--judge", type=Path, help="another direction, that judges the same choices")
    parser.add_argument("--samples", type=int, default=8, help="continuations of each prompt")
    parser.add_argument("--threshold", type=float, default=0.0, help="a score; what lies below it is counted")
    parser.add_argument("--seed", type=int, default=0, help="of the samples and of the bootstrap")
    arguments = parser.parse_args()
    try:
        guide(arguments)
    except InputError as error:
        print(f"guided_generation: {error}", file=sys.stderr)
        sys.exit(2)


def guide(arguments: argparse.Namespace) -> None:
    """Write, choose, count, print.

    Raises:
        InputError: a model or a direction cannot be used.
    """
    with ExitStack() as stack:
        score = stack.enter_context(load_direction(arguments.direction))
        judge = stack.enter_context(load_direction(arguments.judge)) if arguments.judge else None
        choices = choose(write(arguments.writer, arguments.samples, arguments.seed), score)
        if not choices:
            raise InputError("no continuation says anything", file=arguments.writer, fix="try another --seed")
        judged = {"Chosen and judged by the same direction": scores_of(choices, score)}
        if judge:
            judged["Judged by the other direction"] = scores_of(choices, judge)
    for choice in choices:
        print(f"{choice.prompt} ...\n  first: {choice.first!r}\n  kept:  {choice.kept!r}")
    for who, scores in judged.items():
        first, kept = (share < arguments.threshold for share in scores)
        print(f"\n{who}: share of continuations below {arguments.threshold:g}, n={len(choices)} prompts")
        print(f"  before (first sample): {interval(first, arguments.seed)}")
        print(f"  after (best of {arguments.samples}):     {interval(kept, arguments.seed)}")
        print(f"  change:                {interval(kept.astype(float) - first, arguments.seed)}")
    skipped = len(PROMPTS) - len(choices)
    if skipped:
        print(f"\n{skipped} prompt(s) without a continuation that says anything are left out.")
    print(CAVEAT)
    if Path(arguments.writer).resolve() == folders.tiny().resolve():
        print("normsuite-tiny is a toy that was trained to answer with labels: what it writes is nonsense.")


def write(model: str, samples: int, seed: int) -> list[list[str]]:
    """[prompts][samples] continuations, one line or sentence each; the prompt is no chat turn."""
    how = Sampling(max_tokens=24, temperature=1.0, top_p=0.95, samples=samples, stop=("\n", "."), seed=seed)
    engine = TransformersSpec(find_checkpoint(model), batch_size=128, chat=False).start()
    try:
        answers = engine.generate(engine.encode(PROMPTS), how)
    finally:
        engine.close()
    return [[" ".join(answer.text.split()) for answer in own] for own in answers]


def choose(written: Sequence[Sequence[str]], score: FittedScore) -> list[Choice]:
    """The first and the best continuation of each prompt; those that say nothing are passed over."""
    said = [[text for text in samples if text] for samples in written]
    scores = score([text for own in said for text in own])
    found = []
    for prompt, own, part in zip(
        PROMPTS, said, np.split(scores, np.cumsum([len(own) for own in said])[:-1]), strict=True
    ):
        if own:
            found.append(Choice(prompt, own[0], own[int(np.argmax(part))]))
    return found


def scores_of(choices: Sequence[Choice], score: FittedScore) -> tuple[Floats, Floats]:
    """Scores [n] of the first continuations, and [n] of those kept."""
    return score([choice.first for choice in choices]), score([choice.kept for choice in choices])


def interval(values: NDArray[Any], seed: int) -> str:
    """Mean of [n] values and its 95 % percentile interval over prompts drawn with replacement."""
    drawn = np.random.default_rng(seed).integers(len(values), size=(DRAWS, len(values)))
    low, high = np.quantile(values[drawn].mean(axis=1), [0.025, 0.975])
    return f"{float(values.mean()):.2f} [{low:.2f}, {high:.2f}]"


if __name__ == "__main__":
    main()
