"""Checkpoint folders from strangers."""

import json
import shutil
from pathlib import Path

import pytest

from normsuite import folders
from normsuite.engines import find_checkpoint
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
    commit = "0123456789abcdef0123456789abcdef01234567"
    home = tmp_path / "hub" / "models--someone--tiny"
    (home / "snapshots").mkdir(parents=True)
    (home / "refs").mkdir()
    (home / "refs" / "main").write_text(commit)
    copy.rename(home / "snapshots" / commit)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    import huggingface_hub

    monkeypatch.setattr(
        huggingface_hub,
        "snapshot_download",
        lambda *args, **options: _real_download(*args, cache_dir=tmp_path / "hub", **options),
    )
    checkpoint = find_checkpoint("someone/tiny")
    assert (checkpoint.name, checkpoint.revision) == ("someone/tiny", commit)


def _real_download(*args, **options):
    from huggingface_hub._snapshot_download import snapshot_download

    return snapshot_download(*args, **options)


def test_a_hub_name_that_cannot_be_fetched_is_one_line(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(InputError, match="cannot be fetched from the Hugging Face hub"):
        find_checkpoint("someone/there-is-no-such-model")
