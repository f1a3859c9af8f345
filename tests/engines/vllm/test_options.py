"""vLLM's own engine arguments, passed through."""

import pytest

from normsuite.engines.vllm import parse_options
from normsuite.errors import InputError


def test_values_are_read_as_yaml_and_names_as_on_vllms_command_line() -> None:
    given = [
        "max-model-len=2048",
        "enforce_eager=false",
        'hf_overrides={"num_hidden_layers": 2}',
        "quantization=fp8",
    ]
    assert parse_options(given) == {
        "max_model_len": 2048,
        "enforce_eager": False,
        "hf_overrides": {"num_hidden_layers": 2},
        "quantization": "fp8",
    }


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (["max_model_len"], "not NAME=VALUE"),
        (["seed=1", "seed=2"], "given twice"),
        (["trust_remote_code=true"], "never run"),
        (["trust-remote-code=true"], "never run"),
        (["model=other"], "command's argument"),
        (["logprobs_mode=processed_logprobs"], "always those of the model"),
        (["load_format=pt"], "pickles"),
        (["load_format=auto"], "pickles"),
        (["hf_overrides={"], "not readable"),
        (["hf_overrides=!!python/object:os.system {}"], "not readable"),
    ],
)
def test_what_cannot_be_passed_is_refused_in_a_line(given: list[str], told: str) -> None:
    with pytest.raises(InputError, match=told) as caught:
        parse_options(given)
    assert "\n" not in str(caught.value)
    assert caught.value.field == "--engine-option"
