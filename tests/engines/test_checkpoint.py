"""Checkpoint folders from strangers."""

import json
import shutil
from pathlib import Path

import pytest
from plain_encoders import make_sentence_encoder, save_bert

from normsuite import folders
from normsuite.engines import SentencePooling, find_checkpoint
from normsuite.errors import InputError


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(folders.tiny(), tmp_path / "model"))


def test_a_folder_is_named_and_fingerprinted(copy: Path) -> None:
    checkpoint = find_checkpoint(str(copy))
    assert (checkpoint.name, checkpoint.revision, checkpoint.context_length) == ("model", "", 512)
    assert checkpoint.sha256 == find_checkpoint(str(folders.tiny())).sha256


def test_other_weights_are_another_checkpoint(copy: Path) -> None:
    before = find_checkpoint(str(copy)).sha256
    weights = bytearray((copy / "model.safetensors").read_bytes())
    weights[-1] ^= 1
    (copy / "model.safetensors").write_bytes(weights)
    assert find_checkpoint(str(copy)).sha256 != before


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda p: p / "config.json", "no config.json"),
        (lambda p: p / "tokenizer.json", "has no tokenizer"),
        (lambda p: p / "model.safetensors", "has no weights"),
    ],
)
def test_a_folder_that_lacks_something_is_refused(copy: Path, spoil, message: str) -> None:
    spoil(copy).unlink()
    with pytest.raises(InputError, match=message):
        find_checkpoint(str(copy))


def test_pickle_weights_alone_are_refused(copy: Path) -> None:
    (copy / "model.safetensors").rename(copy / "pytorch_model.bin")
    with pytest.raises(InputError, match=r"pickle weights only \(pytorch_model.bin\)"):
        find_checkpoint(str(copy))


@pytest.mark.parametrize("file", ["config.json", "tokenizer_config.json"])
def test_custom_code_is_refused(copy: Path, file: str) -> None:
    content = json.loads((copy / file).read_text())
    (copy / file).write_text(json.dumps(content | {"auto_map": {"AutoModelForCausalLM": "evil.Model"}}))
    with pytest.raises(InputError, match="needs custom code"):
        find_checkpoint(str(copy))


def test_a_broken_config_is_refused(copy: Path) -> None:
    (copy / "config.json").write_text("{")
    with pytest.raises(InputError, match=r"config.json: is not readable JSON"):
        find_checkpoint(str(copy))


def test_a_path_that_is_nowhere_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such checkpoint folder"):
        find_checkpoint(str(tmp_path / "nothing"))


def test_a_hub_name_is_looked_up_in_the_local_cache(copy: Path, tmp_path: Path, monkeypatch) -> None:
    commit = put_into_hub_cache(copy, tmp_path, monkeypatch)
    checkpoint = find_checkpoint("someone/tiny")
    assert (checkpoint.name, checkpoint.revision) == ("someone/tiny", commit)


def put_into_hub_cache(folder: Path, tmp_path: Path, monkeypatch) -> str:
    """Make a folder the snapshot of someone/tiny in a cache of its own, and give its commit."""
    commit = "0123456789abcdef0123456789abcdef01234567"
    home = tmp_path / "hub" / "models--someone--tiny"
    (home / "snapshots").mkdir(parents=True)
    (home / "refs").mkdir()
    (home / "refs" / "main").write_text(commit)
    folder.rename(home / "snapshots" / commit)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    import huggingface_hub

    monkeypatch.setattr(
        huggingface_hub,
        "snapshot_download",
        lambda *args, **options: _real_download(*args, cache_dir=tmp_path / "hub", **options),
    )
    return commit


def _real_download(*args, **options):
    from huggingface_hub._snapshot_download import snapshot_download

    return snapshot_download(*args, **options)


def test_a_hub_name_that_cannot_be_fetched_is_one_line(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(InputError, match="cannot be fetched from the Hugging Face hub"):
        find_checkpoint("someone/there-is-no-such-model")


MEAN = {"pooling_mode_cls_token": False, "pooling_mode_mean_tokens": True}


@pytest.fixture
def encoder(tmp_path: Path) -> Path:
    return make_sentence_encoder(save_bert(tmp_path / "e"), MEAN, normalise=True, max_seq_length=9)


def test_layers_are_counted_whatever_they_are_called(copy: Path) -> None:
    assert find_checkpoint(str(copy)).layers == 4
    config = json.loads((copy / "config.json").read_text())
    config["n_layer"] = config.pop("num_hidden_layers")
    (copy / "config.json").write_text(json.dumps(config))
    assert find_checkpoint(str(copy)).layers == 4


def test_a_sentence_encoder_says_how_it_pools(encoder: Path, copy: Path) -> None:
    checkpoint = find_checkpoint(str(encoder))
    assert checkpoint.sentence == SentencePooling("mean", normalise=True)
    assert (checkpoint.context_length, checkpoint.layers) == (9, 3)
    assert find_checkpoint(str(copy)).sentence is None


@pytest.mark.parametrize(
    ("own", "context"), [({"max_seq_length": 900}, 24), ({"max_seq_length": None}, 24), ({}, 24)]
)
def test_no_context_is_longer_than_the_positions(encoder: Path, own, context: int) -> None:
    (encoder / "sentence_bert_config.json").write_text(json.dumps(own))
    assert find_checkpoint(str(encoder)).context_length == context


@pytest.mark.parametrize("name", ["sentence_roberta_config.json", "sentence_xlm-roberta_config.json"])
def test_older_names_of_the_first_step_are_read(encoder: Path, name: str) -> None:
    (encoder / "sentence_bert_config.json").rename(encoder / name)
    assert find_checkpoint(str(encoder)).context_length == 9


@pytest.mark.parametrize(
    ("settings", "position"),
    [
        ({"pooling_mode": "cls"}, "cls"),
        ({"pooling_mode": ["lasttoken"]}, "last"),
        ({"pooling_mode_lasttoken": True}, "last"),
        ({"pooling_mode": "mean", "pooling_mode_cls_token": True}, "mean"),
    ],
)
def test_newer_and_older_names_of_a_way_to_pool_are_read(encoder: Path, settings, position: str) -> None:
    (encoder / "1_Pooling" / "config.json").write_text(json.dumps(settings))
    assert find_checkpoint(str(encoder)).sentence.position == position


def test_how_it_pools_is_part_of_the_fingerprint(encoder: Path) -> None:
    before = find_checkpoint(str(encoder)).sha256
    (encoder / "1_Pooling" / "config.json").write_text(json.dumps({"pooling_mode": "cls"}))
    other = find_checkpoint(str(encoder)).sha256
    (encoder / "modules.json").unlink()
    assert len({before, other, find_checkpoint(str(encoder)).sha256}) == 3


def modules(*kinds: str, package: str = "sentence_transformers.models.", path: str = "1_Pooling") -> str:
    paths = ["", path, "2_Normalize", "3_Dense"]
    return json.dumps(
        [{"path": path, "type": f"{package}{kind}"} for path, kind in zip(paths, kinds, strict=False)]
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "modules.json: is not readable JSON"),
        ("{}", "modules.json: is not a list of modules"),
        ('[{"type": "Transformer"}]', "modules.json: is not a list of modules"),
        (modules("Transformer", "Pooling", "Dense"), "by Transformer, Pooling, Dense, of which only"),
        (modules("Transformer", "Pooling", "Normalize", "Dense"), "of which only"),
        (modules("Transformer"), "by Transformer, of which only"),
        (modules("Pooling", "Transformer"), "in that order"),
        (
            modules("Transformer", "Pooling", package="mine."),
            "needs custom code .mine.Transformer.*never run",
        ),
        (modules("Transformer", "Pooling", path="../1_Pooling"), r"a path outside the folder"),
        (modules("Transformer", "Pooling", path="a/../../b"), r"a path outside the folder"),
        (modules("Transformer", "Pooling", path="/etc"), r"a path outside the folder"),
        (modules("Transformer", "Pooling", path=r"..\1_Pooling"), r"a path outside the folder"),
        (modules("Transformer", "Pooling", path=r"C:\1_Pooling"), r"a path outside the folder"),
        (modules("Transformer", "Pooling", path="elsewhere"), "config.json: is not readable JSON"),
    ],
)
def test_steps_that_we_do_not_run_are_refused(encoder: Path, content: str, message: str) -> None:
    (encoder / "modules.json").write_text(content)
    with pytest.raises(InputError, match=message) as caught:
        find_checkpoint(str(encoder))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"pooling_mode_max_tokens": True}, "max"),
        ({"pooling_mode_max_tokens": True, "pooling_mode_mean_tokens": True}, "max and mean"),
        ({"pooling_mode": ["mean", "cls"]}, "mean and cls"),
        ({"pooling_mode": 7}, "7"),
        ({"pooling_mode_mean_tokens": False}, "no way that is named"),
    ],
)
def test_ways_to_pool_that_we_do_not_run_are_refused(encoder: Path, settings, told: str) -> None:
    (encoder / "1_Pooling" / "config.json").write_text(json.dumps(settings))
    with pytest.raises(InputError, match=f"pools by {told}, of which only one of mean, cls, lasttoken"):
        find_checkpoint(str(encoder))


@pytest.mark.parametrize(("name", "refused"), [("query", True), ("document", False), (None, False)])
def test_a_prompt_before_every_text_is_refused(encoder: Path, name: str | None, refused: bool) -> None:
    settings = {"prompts": {"query": "Find: ", "document": ""}, "default_prompt_name": name}
    (encoder / "config_sentence_transformers.json").write_text(json.dumps(settings))
    if refused:
        with pytest.raises(InputError, match="puts a prompt before every text"):
            find_checkpoint(str(encoder))
    else:
        assert find_checkpoint(str(encoder)).sentence is not None


def test_a_sentence_encoder_of_the_hub_keeps_its_folders(encoder: Path, tmp_path: Path, monkeypatch) -> None:
    from huggingface_hub.utils import filter_repo_objects

    from normsuite.engines.checkpoint import _HUB_PATTERNS

    wanted = ["modules.json", "1_Pooling/config.json", "sentence_bert_config.json", "vocab.txt"]
    pickles = ["pytorch_model.bin", "rust_model.ot", "onnx/model.onnx"]
    assert list(filter_repo_objects([*wanted, *pickles], allow_patterns=_HUB_PATTERNS)) == wanted
    put_into_hub_cache(encoder, tmp_path, monkeypatch)
    assert find_checkpoint("someone/tiny").sentence == SentencePooling("mean", normalise=True)
