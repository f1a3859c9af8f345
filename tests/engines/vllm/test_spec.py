"""What a spec of vLLM tells before anything is loaded."""

import pickle
from dataclasses import replace

import pytest

from normsuite import folders
from normsuite.engines import find_checkpoint
from normsuite.engines.vectors import Way
from normsuite.engines.vllm import VllmSpec
from normsuite.engines.vllm.spec import installed


@pytest.fixture
def spec(vllm_installed) -> VllmSpec:
    return VllmSpec(find_checkpoint(str(folders.tiny())), "float32")


def test_the_version_is_that_of_whatever_distribution_vllm_came_in(spec) -> None:
    name, _, number = str(spec.describe()["version"]).partition(" ")
    assert name == installed()
    assert int(number.split(".")[1]) >= 24 or int(number.split(".")[0]) > 0


def test_every_argument_is_recorded_and_no_place_on_this_machine(spec, tmp_path) -> None:
    given = (("max_num_seqs", 8), ("download_dir", str(tmp_path)), ("hf_overrides", {"at": ["/a/b"]}))
    options = replace(spec, options=given).describe()["options"]
    assert options["max_num_seqs"] == 8
    assert options["download_dir"] == tmp_path.name
    assert options["hf_overrides"] == {"at": ["b"]}
    assert options["load_format"] == "safetensors"
    assert replace(spec, options=given).start_message().arguments["download_dir"] == str(tmp_path)


def test_it_travels_to_other_processes(spec) -> None:
    assert pickle.loads(pickle.dumps(spec)) == spec


def test_an_engine_that_embeds_is_told_how(spec) -> None:
    assert spec.start_message(Way("mean", normalise=True)).pooling == Way("mean", normalise=True)
    assert spec.start_message().pooling is None
    assert spec.start_message().arguments["trust_remote_code"] is False


def test_reproducible_is_recorded_and_asks_one_request_at_a_time_on_a_cpu(
    spec, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = replace(spec, reproducible=True).describe()
    assert told["reproducible"] is True
    if told["device"] == "cpu":
        assert told["options"]["max_num_seqs"] == 1
    monkeypatch.setenv("VLLM_BATCH_INVARIANT", "1")
    assert spec.describe()["batch_invariant"] is True
