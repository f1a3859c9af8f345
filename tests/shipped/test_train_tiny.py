"""The shipped checkpoint, and that its training is what it says."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

from normsuite import folders  # noqa: E402
from normsuite.shipped import train_tiny  # noqa: E402


@pytest.fixture(scope="module")
def pairs() -> list[train_tiny.Pair]:
    return train_tiny.training_pairs("mini-rules", None, seed=0, designs=1)


def test_the_checkpoint_is_what_its_card_says() -> None:
    files = {path.name: path.stat().st_size for path in folders.tiny().iterdir()}
    assert sum(files.values()) <= 8_000_000
    assert {"model.safetensors", "tokenizer.json", "config.json", "README.md"} <= set(files)
    assert not [name for name in files if name.endswith((".bin", ".pt", ".pkl", ".py"))]
    config = json.loads((folders.tiny() / "config.json").read_text())
    assert (config["architectures"], config["head_dim"]) == (["LlamaForCausalLM"], 64)
    card = Path(train_tiny.__file__).with_name("normsuite-tiny.md")
    assert (folders.tiny() / "README.md").read_text() == card.read_text()


def test_training_reads_no_held_out_row(pairs: list[train_tiny.Pair]) -> None:
    from normsuite.adapters.build import load

    items = load("mini").items.to_pandas()
    rules = items[items.options.map(lambda options: list(options) == ["bad", "okay", "good"])]
    prompts = "\n".join(prompt for prompt, _ in pairs)
    assert all(text in prompts for text in rules[rules.split == "train"].situation)
    held_out = set(rules[rules.split == "test"].situation) - set(rules[rules.split == "train"].situation)
    assert held_out
    assert not [text for text in held_out if text in prompts]


def test_each_prompt_is_answered_with_its_gold_label(pairs: list[train_tiny.Pair]) -> None:
    answers = [answer for _, answer in pairs]
    assert set(answers) == {"bad", "okay", "good"}
    assert len(pairs) == 72 * 3


@pytest.fixture
def one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(False)


@pytest.mark.usefixtures("one_thread")
def test_the_same_seed_gives_the_same_weights_and_a_lower_loss(
    pairs: list[train_tiny.Pair], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe = train_tiny.Recipe(steps=10, tokens=1024)
    digests = set()
    for attempt in range(2):
        tokenizer = train_tiny.train_tokenizer(pairs, size=600)
        model = train_tiny.build_model(len(tokenizer), seed=0)
        rows = train_tiny.encode(tokenizer, pairs)
        before = float(train_tiny.loss_of(model, rows[:32], recipe).detach())
        train_tiny.fit(model, rows, rows, recipe)
        assert float(train_tiny.loss_of(model, rows[:32], recipe).detach()) < before
        model.save_pretrained(tmp_path / str(attempt))
        weights = (tmp_path / str(attempt) / "model.safetensors").read_bytes()
        digests.add(hashlib.sha256(weights).hexdigest())
    assert len(digests) == 1
    assert "step    10 of 10" in capsys.readouterr().out
