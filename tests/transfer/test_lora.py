"""LoRA on a tiny BERT made here: it learns, stays within its matrices, and reads as the engine reads."""

import string
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from made_acts import KIND, UNKIND, loaded, write_task
from sklearn.linear_model import LogisticRegression

from normsuite import folders
from normsuite.embeddings import Passage, Reader
from normsuite.engines import Checkpoint, Pooling, find_checkpoint
from normsuite.engines.transformers import TransformersSpec
from normsuite.scorers.direction import Seeds
from normsuite.transfer import Finetune, Shots, bench_of, feet_table
from normsuite.transfer.lora import _Encoder, train_lora

pytestmark = pytest.mark.skipif(
    find_spec("peft") is None or find_spec("accelerate") is None,
    reason="peft is not installed (pip install 'normsuite[finetune]')",
)


@pytest.fixture(scope="module")
def bert(tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    """Two layers of 32 dimensions, random; letters and the verbs are its words."""
    import torch
    from transformers import BertConfig, BertModel, BertTokenizerFast

    folder = tmp_path_factory.mktemp("bert")
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *KIND, *UNKIND, *string.ascii_lowercase]
    words += [f"##{letter}" for letter in string.ascii_lowercase]
    (folder / "vocab.txt").write_text("\n".join(words) + "\n", encoding="utf-8")
    BertTokenizerFast(vocab=str(folder / "vocab.txt")).save_pretrained(folder)
    torch.manual_seed(0)
    size = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
    more = {"max_position_embeddings": 64, "initializer_range": 0.1}
    BertModel(BertConfig(vocab_size=len(words), **size, **more)).save_pretrained(folder)
    return find_checkpoint(str(folder))


def made_seeds(rows: int, first: int = 0) -> Seeds:
    """Two verbs each; the pole is whether they are of one kind, which no bag of words tells."""
    rng = np.random.default_rng([5, first])
    sides = rng.integers(0, 2, (rows, 2))
    verbs = (UNKIND, KIND)
    passages = [[Passage(" ".join(verbs[side][rng.integers(4)] for side in own))] for own in sides]
    values = (sides[:, 0] == sides[:, 1]).astype(float)
    return Seeds("made", passages, values, [f"{first}-{at // 2}" for at in range(rows)])


def test_it_learns_what_a_frozen_random_encoder_does_not_show(bert: Checkpoint) -> None:
    seeds, asked = made_seeds(320), made_seeds(80, first=1)
    with Reader(TransformersSpec(bert, "float32", "cpu")) as reader:
        shown, new = (
            reader.read([own[0] for own in each.passages], Pooling("mean")) for each in (seeds, asked)
        )
    line = LogisticRegression().fit(shown, seeds.values).predict(new)
    assert np.mean(line == asked.values) < 0.7
    scores, trained, used = train_lora(
        bert, Pooling("mean"), [seeds], asked.passages, device="cpu", epochs=40, patience=40
    )
    assert used == 320
    assert trained.losses[trained.best - 1] < 0.1 < trained.losses[0]
    assert np.mean((scores > 0) == (asked.values == 1)) > 0.9


def test_the_same_seed_gives_the_same_scores(bert: Checkpoint) -> None:
    seeds, asked = made_seeds(40), made_seeds(6, first=1)
    runs = [
        train_lora(bert, Pooling("mean"), [seeds], asked.passages, device="cpu", epochs=2, seed=seed)[0]
        for seed in (0, 0, 1)
    ]
    assert np.array_equal(runs[0], runs[1])
    assert not np.array_equal(runs[0], runs[2])


def test_only_the_matrices_are_trained(bert: Checkpoint) -> None:
    import torch

    encoder = _Encoder.load(bert, Pooling("mean"), torch.device("cpu"), 0)
    trained = [name for name, weight in encoder.model.named_parameters() if weight.requires_grad]
    assert trained
    assert all("lora_" in name for name in trained)


@pytest.mark.parametrize("name", ["bert", "tiny"])
@pytest.mark.parametrize("layer", [-1, 1])
def test_before_training_it_reads_what_the_engine_reads(bert: Checkpoint, name: str, layer: int) -> None:
    import torch

    checkpoint = bert if name == "bert" else find_checkpoint(str(folders.tiny()))
    texts = [[Passage("helps a child", (0, 5)), Passage("he helps", (3, 8))], [Passage("robs", (0, 4))]]
    for position in ("mean", "last", "span"):
        pooling = Pooling(position, layer=layer)
        encoder = _Encoder.load(checkpoint, pooling, torch.device("cpu"), 0)
        encoder.model.eval()
        with torch.no_grad():
            found = encoder.vectors(encoder.encode(texts), [0, 1]).numpy()
        with Reader(TransformersSpec(checkpoint, "float32", "cpu")) as reader:
            flat = reader.read([passage for own in texts for passage in own], pooling)
        np.testing.assert_allclose(found, [flat[:2].mean(axis=0), flat[2]], atol=1e-5)


def test_a_text_that_is_too_long_has_no_score(bert: Checkpoint) -> None:
    seeds = made_seeds(40)
    long = Passage("helps " * 100)
    more = Seeds("made", [*seeds.passages, [long]], np.append(seeds.values, 1.0), [*seeds.clusters, "long"])
    scores, _, used = train_lora(
        bert, Pooling("mean"), [more], [[long], [Passage("robs")]], device="cpu", epochs=1
    )
    assert used == 40
    assert np.isnan(scores[0])
    assert np.isfinite(scores[1])


def test_a_column_of_the_table(bert: Checkpoint, tmp_path: Path) -> None:
    questions, data = loaded(tmp_path, write_task(tmp_path, "acts", "acts", "acts"))
    bench = bench_of(questions[0], data, most=64)
    spec = TransformersSpec(bert, "float32", "cpu")
    columns = Shots((8,), draws=2, finetune=Finetune.lora, epochs=2, replicates=100)
    found = feet_table([spec], [bench], columns).to_pylist()
    assert [row["column"] for row in found] == ["frozen", "few-shot 8", "lora"]
    assert found[-1]["train"] == 64
    assert found[-1]["change_low"] <= found[-1]["change_points"] <= found[-1]["change_high"]
