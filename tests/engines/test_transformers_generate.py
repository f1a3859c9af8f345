"""Text of the transformers engine against plain, unbatched loops without a cache."""

import json
import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch
from plain_models import END, greedy, load, next_logits, save_learned
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
SAMPLED = Sampling(max_tokens=12, temperature=1.0, samples=3, seed=7)


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


def texts(answers) -> list[list[str]]:
    return [[one.text for one in samples] for samples in answers]


def with_settings(folder: Path, **settings) -> Path:
    """A copy of the shipped checkpoint that asks for other generation settings."""
    copy = Path(shutil.copytree(folders.tiny(), folder / "copy"))
    (copy / "generation_config.json").write_text(json.dumps({"eos_token_id": 1, **settings}))
    return copy


def test_greedy_answers_are_those_of_each_prompt_alone(both) -> None:
    engine, reference = both
    encoded = engine.encode(PROMPTS)
    for (answer,), ids in zip(engine.generate(encoded, Sampling(max_tokens=20)), encoded, strict=True):
        truth = greedy(reference, ids, 20)
        assert answer.text == engine._tokenizer.decode(truth, skip_special_tokens=True).strip()
        assert (answer.tokens, answer.finish) == (len(truth), "stop" if truth[-1] == END else "length")


def test_a_token_of_a_prompt_that_also_pads_is_read(both) -> None:
    engine, reference = both
    short = [0, *engine.encode(PROMPTS)[1], 0, 0]
    _, (answer,) = engine.generate([engine.encode(PROMPTS)[0], short], Sampling(max_tokens=8))
    truth = engine._tokenizer.decode(greedy(reference, short, 8), skip_special_tokens=True)
    assert answer.text == truth.strip()


def test_an_answer_that_outgrows_the_context_is_cut_there(learned) -> None:
    engine, reference = load(learned, batch_size=8), AutoModelForCausalLM.from_pretrained(learned).eval()
    encoded = [engine.encode(["word " * 60])[0][:length] for length in (60, 63, 10, 61)]
    answers = engine.generate(encoded, Sampling(max_tokens=30))
    for (answer,), ids in zip(answers, encoded, strict=True):
        truth = greedy(reference, ids, min(30, 64 - len(ids)))
        assert answer.tokens == len(truth)
        assert answer.text == engine._tokenizer.decode(truth, skip_special_tokens=True).strip()
        assert answer.finish == ("stop" if truth[-1] == END else "length")


def test_a_prompt_without_room_for_an_answer_is_an_error_and_the_others_are_answered(engine) -> None:
    long = engine.encode(["word " * 600])[0]
    told = []
    answers = engine.generate(
        [long[:512], long[:511], []], Sampling(max_tokens=4), lambda *counts: told.append(counts)
    )
    assert [one.finish for (one,) in answers] == ["error", "length", "error"]
    assert answers[0][0].detail == "512 tokens, the model's context leaves room for 511"
    assert (answers[0][0].text, answers[0][0].tokens, answers[1][0].tokens) == ("", 0, 1)
    assert answers[2][0].detail == "an empty prompt"
    assert sum(requests for requests, _ in told) == 3


def test_the_checkpoints_own_settings_do_not_change_an_answer(engine, tmp_path) -> None:
    plain = engine.generate(engine.encode(PROMPTS), Sampling(max_tokens=12))
    first = [engine._tokenizer.encode(one.text)[0] for (one,) in plain]
    settings = {"repetition_penalty": 3.0, "no_repeat_ngram_size": 1, "suppress_tokens": first}
    forced = {"do_sample": True, "temperature": 5.0, "max_length": 2, "min_new_tokens": 3, "num_beams": 4}
    told = load(with_settings(tmp_path, **settings, **forced, stop_strings=[":"], forced_eos_token_id=9))
    assert told.generate(told.encode(PROMPTS), Sampling(max_tokens=12)) == plain


def test_the_checkpoints_end_tokens_end_an_answer(engine, tmp_path) -> None:
    encoded = engine.encode(PROMPTS)
    ((plain,), *_) = engine.generate(encoded, Sampling(max_tokens=12))
    third = engine._tokenizer.encode(plain.text)[2]
    told = load(with_settings(tmp_path, eos_token_id=[1, third]))
    ((answer,), *_) = told.generate(encoded, Sampling(max_tokens=12))
    assert (answer.tokens, answer.finish) == (3, "stop")
    # It is no special token to this tokenizer, and so stays in the text.
    assert plain.text.startswith(answer.text)


def test_a_stop_text_ends_an_answer_and_is_not_part_of_it(engine) -> None:
    encoded = engine.encode(PROMPTS)
    plain = texts(engine.generate(encoded, Sampling(max_tokens=24)))
    told = []
    stopped = engine.generate(
        encoded, Sampling(max_tokens=24, stop=("le hold", "Ans")), lambda *counts: told.append(counts)
    )
    assert any("le hold" in text for (text,) in plain)
    for (answer,), (text,) in zip(stopped, plain, strict=True):
        cut = min(text.find(stop) % 1000 for stop in ("le hold", "Ans"))
        assert answer.text == text[:cut].strip()
        assert answer.finish == ("stop" if cut < len(text) else "length")
        # Generating ended with the stop text, too.
        assert (answer.tokens < 24) == (cut < len(text))
    assert sum(requests for requests, _ in told) == 3
    spent = sum(map(len, encoded)) + sum(one.tokens for (one,) in stopped)
    assert sum(tokens for _, tokens in told) == spent


def test_a_stop_text_in_the_prompt_does_not_end_the_answer(engine) -> None:
    free = load(folders.tiny(), chat=False)
    encoded = free.encode(["People hold this"])
    ((answer,),) = free.generate(encoded, Sampling(max_tokens=8, stop=("this", "hold this")))
    assert answer.tokens > 1


def test_thinking_is_kept_apart_and_stop_texts_do_not_end_it(engine) -> None:
    encoded = engine.encode(PROMPTS[:1])
    ((plain,),) = engine.generate(encoded, Sampling(max_tokens=24))
    assert plain.text.startswith("Yes:\nPeople hold this rule: At the ")
    sampling = Sampling(max_tokens=24, stop=(":", " At the "), thinking=("Yes", " rule:"))
    ((answer,),) = engine.generate(encoded, sampling)
    assert (answer.thinking, answer.text, answer.finish) == (
        ":\nPeople hold this",
        plain.text.split("rule: ")[1].partition(":")[0].partition(" At the ")[0],
        "length" if ":" not in plain.text.split("rule:")[1] else "stop",
    )


def test_thinking_that_the_prompt_opened_and_the_limit_cut_is_no_answer() -> None:
    free = load(folders.tiny(), chat=False)
    ((answer,),) = free.generate(free.encode(["Is it okay?\n<think>\n"]), Sampling(max_tokens=6))
    assert answer.text == "" and answer.thinking
    assert (answer.tokens, answer.finish) == (6, "length")


def test_samples_depend_on_seed_and_prompt_and_not_on_the_batch(engine) -> None:
    encoded = engine.encode(PROMPTS)
    together = engine.generate(encoded, SAMPLED)
    one_by_one = load(folders.tiny(), batch_size=1)
    assert [one_by_one.generate([ids], SAMPLED)[0] for ids in encoded[::-1]] == together[::-1]
    assert load(folders.tiny(), batch_size=50).generate(encoded, SAMPLED) == together
    assert all(len(set(samples)) == 3 for samples in texts(together))
    other = Sampling(max_tokens=12, temperature=1.0, samples=3, seed=8)
    assert texts(engine.generate(encoded, other)) != texts(together)


def test_more_samples_begin_with_the_same_ones(engine) -> None:
    encoded = engine.encode(PROMPTS)
    fewer = Sampling(max_tokens=12, temperature=1.0, samples=1, seed=7)
    assert [samples[:1] for samples in engine.generate(encoded, SAMPLED)] == engine.generate(encoded, fewer)


def test_without_a_seed_each_time_is_anew(engine) -> None:
    anew = Sampling(max_tokens=16, temperature=1.5, samples=2)
    encoded = engine.encode(PROMPTS)
    assert engine.generate(encoded, anew) != engine.generate(encoded, anew)


@pytest.mark.parametrize(
    ("given", "temperature", "kept"),
    [
        ({}, 1.0, lambda shares: shares > 0),
        ({"top_k": 3}, 1.0, lambda shares: shares >= np.sort(shares)[-3]),
        ({"top_p": 0.5}, 0.7, lambda shares: np.cumsum(np.sort(shares)[::-1])[rank(shares)] - shares < 0.5),
    ],
)
def test_samples_follow_the_models_probabilities(both, given, temperature, kept) -> None:
    _, reference = both
    engine = load(Path(reference.name_or_path), batch_size=500)
    ids = engine.encode(PROMPTS)[0]
    sampling = Sampling(max_tokens=1, temperature=temperature, samples=2000, seed=0, **given)
    seen = Counter(one.text for one in engine.generate([ids], sampling)[0])
    shares = (next_logits(reference, ids).double() / temperature).softmax(-1).numpy()
    shares = np.where(kept(shares), shares, 0)
    wanted: Counter[str] = Counter()
    for token in np.flatnonzero(shares):
        text = engine._tokenizer.decode([token], skip_special_tokens=True).strip()
        wanted[text] += shares[token] / shares.sum()
    assert set(seen) <= set(wanted)
    for text, share in wanted.items():
        # Five standard errors: the seed is fixed, so that this holds always or never.
        assert abs(seen[text] / 2000 - share) <= 5 * np.sqrt(share * (1 - share) / 2000) + 0.0005, text


def rank(shares: np.ndarray) -> np.ndarray:
    return np.argsort(np.argsort(-shares, kind="stable"), kind="stable")


def test_impossible_sampling_is_refused(engine) -> None:
    with pytest.raises(InputError, match="field 'max_tokens'"):
        engine.generate(engine.encode(PROMPTS), Sampling(max_tokens=0))


def test_no_prompts_are_no_answers(engine) -> None:
    assert engine.generate([], Sampling()) == []
