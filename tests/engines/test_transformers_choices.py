"""Answers out of a few choices, against a plain search over the same choices."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch
from plain_models import END, load, next_logits, save_learned
from transformers import AutoModelForCausalLM

from normsuite import folders
from normsuite.engines import Sampling
from normsuite.engines.transformers import TransformersEngine
from normsuite.errors import InputError

PROMPTS = [
    "Is it okay to whisper in a library?\nAnswer:",
    "Is it okay?\nAnswer:",
    "A guest brings flowers to the host and takes off her shoes at the door.\nIs that fine?\nAnswer:",
]


@pytest.fixture(scope="module")
def engine() -> TransformersEngine:
    return load(folders.tiny())


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One position too many and it breaks."""
    return save_learned(tmp_path_factory.mktemp("learned"))


@pytest.fixture(scope="module", params=["rotary", "learned"])
def both(request, engine, learned) -> tuple[TransformersEngine, torch.nn.Module]:
    """(engine, the same model on its own)."""
    folder = folders.tiny() if request.param == "rotary" else learned
    reference = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    return (engine if request.param == "rotary" else load(learned)), reference


def chosen(reference: torch.nn.Module, ids: list[int], choices: list[list[int]]) -> list[int]:
    """The most probable token that goes on with a choice, over and over."""
    answer: list[int] = []
    while answer[-1:] != [END]:
        allowed = {choice[len(answer)] for choice in choices if choice[: len(answer)] == answer != choice}
        logits = next_logits(reference, ids + answer)
        answer.append(max(sorted(allowed), key=lambda token: float(logits[token])))
    return answer


@pytest.mark.parametrize(
    "choices",
    [
        ("Yes", "No"),
        ("unspeakable", "entirely unspeakable", "entirely fine"),
        ("Yes", "Yes, it is fine", "No"),
        ("Yes, it is fine", "Yes", "No"),
        (" it is", "forbidden"),
    ],
)
def test_only_the_choices_are_answered(both, choices) -> None:
    engine, reference = both
    encoded = engine.encode(PROMPTS)
    spelled = [[*engine._tokenizer(choice, add_special_tokens=False)["input_ids"], END] for choice in choices]
    answers = engine.generate(encoded, Sampling(max_tokens=16, choices=choices))
    for (answer,), ids in zip(answers, encoded, strict=True):
        truth = chosen(reference, ids, spelled)
        assert answer.text == engine._tokenizer.decode(truth[:-1]).strip()
        assert (answer.tokens, answer.finish) == (len(truth), "stop")


def test_sampled_choices_follow_their_probabilities(engine) -> None:
    tokens = engine.continuation_tokens(PROMPTS, ["Yes", "No"])
    assert [len(ids) for ids in tokens] == [1, 1]
    ids = engine.encode(PROMPTS)[0]
    reads = engine.read_labels([ids], tokens).log_probs[0]
    share = float(np.exp(reads[0]) / np.exp(reads).sum())
    sampling = Sampling(max_tokens=4, temperature=1.0, samples=1000, seed=3, choices=("Yes", "No"))
    seen = Counter(one.text for one in load(folders.tiny(), batch_size=500).generate([ids], sampling)[0])
    assert set(seen) == {"Yes", "No"}
    assert seen["Yes"] / 1000 == pytest.approx(share, abs=5 * np.sqrt(share * (1 - share) / 1000))


def test_a_prompt_without_room_for_a_choice_is_an_error(engine) -> None:
    long = engine.encode(["word " * 600])[0]
    sampling = Sampling(choices=("Yes", "No"))
    (fits,), (full,) = engine.generate([long[:510], long[:511]], sampling)
    assert fits.text in ("Yes", "No") and fits.finish == "stop"
    assert (full.finish, full.detail) == ("error", "511 tokens, the model's context leaves room for 510")


def test_choices_that_cannot_be_answered_are_refused(engine) -> None:
    encoded = engine.encode(PROMPTS)
    with pytest.raises(
        InputError, match=r"'entirely unspeakable' takes .* tokens with its end; raise max_tok"
    ):
        engine.generate(encoded, Sampling(max_tokens=2, choices=("Yes", "entirely unspeakable")))
    with pytest.raises(InputError, match=r"cannot spell '<\|user\|>'"):
        engine.generate(encoded, Sampling(choices=("Yes", "<|user|>")))
    free = load(folders.tiny(), chat=False)
    with pytest.raises(InputError, match="the prompt opens the model's thinking"):
        free.generate(free.encode(["Is it okay?\n<think>\n"]), Sampling(choices=("Yes", "No")))
