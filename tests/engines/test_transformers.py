"""The transformers engine against plain, unbatched forward passes."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from plain_models import load, save_learned
from transformers import AutoModelForCausalLM

from normsuite import folders
from normsuite.engines import find_checkpoint
from normsuite.engines.transformers import TransformersEngine, TransformersSpec
from normsuite.errors import InputError

PROMPTS = [
    "Is it okay to whisper in a library?\nAnswer:",
    "Is it okay?\nAnswer:",
    "A guest brings flowers to the host and takes off her shoes at the door.\nIs that fine?\nAnswer:",
]


@pytest.fixture(scope="module")
def engine() -> TransformersEngine:
    return TransformersEngine(find_checkpoint(str(folders.tiny())), device="cpu", batch_size=2)


@pytest.fixture(scope="module")
def reference() -> torch.nn.Module:
    return AutoModelForCausalLM.from_pretrained(folders.tiny(), dtype=torch.float32).eval()


def next_token(reference: torch.nn.Module, ids: list[int]) -> torch.Tensor:
    with torch.inference_mode():
        return reference(torch.tensor([ids])).logits[0, -1].double().log_softmax(-1)


def test_label_reads_are_the_full_vocabulary_log_probabilities(engine, reference) -> None:
    labels = engine.label_tokens(PROMPTS, ["Yes", "No"])
    encoded = engine.encode(PROMPTS)
    reads = engine.read_labels(encoded, labels)
    for row, ids in enumerate(encoded):
        truth = next_token(reference, ids)
        expected = [float(truth[list(forms)].logsumexp(-1)) for forms in labels]
        assert reads.log_probs[row] == pytest.approx(expected, abs=1e-4)
        assert reads.mass[row] == pytest.approx(np.exp(expected).sum(), abs=1e-4)
        assert reads.top_is_label[row] == (
            int(truth.argmax()) in {token for forms in labels for token in forms}
        )


def test_whole_continuations_sum_their_tokens(engine, reference) -> None:
    words = ["entirely unspeakable", "Yes", "good and right"]
    tokens = engine.continuation_tokens(PROMPTS, words)
    reads = engine.score_continuations(engine.encode(PROMPTS), tokens)
    for row, ids in enumerate(engine.encode(PROMPTS)):
        for column, continuation in enumerate(tokens):
            so_far, expected = list(ids), 0.0
            for token in continuation:
                expected += float(next_token(reference, so_far)[token])
                so_far.append(token)
            assert reads.log_probs[row, column] == pytest.approx(expected, abs=1e-3)


def test_padding_does_not_move_a_model_of_absolute_positions(tmp_path: Path) -> None:
    learned = load(save_learned(tmp_path), batch_size=8)
    encoded, labels = learned.encode(PROMPTS), [[1], [2, 3]]
    alone = [learned.read_labels([ids], labels).log_probs[0] for ids in encoded]
    assert learned.read_labels(encoded, labels).log_probs == pytest.approx(np.stack(alone), abs=1e-4)
    alone = [learned.score_continuations([ids], labels).log_probs[0] for ids in encoded]
    assert learned.score_continuations(encoded, labels).log_probs == pytest.approx(np.stack(alone), abs=1e-4)


def test_single_token_labels_score_alike_both_ways(engine) -> None:
    tokens = engine.continuation_tokens(PROMPTS, ["Yes", "No"])
    encoded = engine.encode(PROMPTS)
    one, whole = engine.read_labels(encoded, tokens), engine.score_continuations(encoded, tokens)
    assert one.log_probs == pytest.approx(whole.log_probs, abs=1e-4)
    assert (one.top_is_label == whole.top_is_label).all()


def test_batch_size_does_not_move_the_numbers(engine) -> None:
    alone = TransformersEngine(find_checkpoint(str(folders.tiny())), device="cpu", batch_size=1)
    labels, encoded = engine.label_tokens(PROMPTS, ["Yes", "No"]), engine.encode(PROMPTS)
    together = engine.read_labels(encoded, labels).log_probs
    assert together == pytest.approx(alone.read_labels(encoded, labels).log_probs, abs=1e-4)


def test_what_moves_the_numbers_is_described() -> None:
    described = TransformersSpec(find_checkpoint(str(folders.tiny())), device="cpu").describe()
    assert described["dtype"] == "float32"
    assert described["engine"] == "transformers"
    assert described["chat_template"] is True


def test_bfloat16_is_close(engine) -> None:
    half = TransformersEngine(find_checkpoint(str(folders.tiny())), device="cpu", dtype="bfloat16")
    labels, encoded = engine.label_tokens(PROMPTS, ["Yes", "No"]), engine.encode(PROMPTS)
    reads = half.read_labels(encoded, labels).log_probs
    assert np.exp(reads) == pytest.approx(np.exp(engine.read_labels(encoded, labels).log_probs), abs=0.05)


def test_damaged_weights_are_one_line(tmp_path: Path) -> None:
    broken = Path(shutil.copytree(folders.tiny(), tmp_path / "broken"))
    (broken / "model.safetensors").write_bytes(b"not weights")
    with pytest.raises(InputError, match=r"broken: cannot be loaded"):
        TransformersEngine(find_checkpoint(str(broken)), device="cpu")


def test_an_unknown_dtype_is_refused() -> None:
    with pytest.raises(InputError, match="no dtype is called 'int3'"):
        TransformersEngine(find_checkpoint(str(folders.tiny())), dtype="int3")
