"""What vLLM says when it fails, in a line."""

from pathlib import Path

import pytest

from normsuite.engines.vllm.failures import last_error, plain_reason, start_error
from normsuite.engines.vllm.messages import Failed

REPORT = """1 validation error for ModelConfig
  Value error, Model architectures ['Fancy'] are not supported for now. [type=value_error, input_value=...]
    For further information visit https://example.org"""


def test_of_a_validation_report_the_reason_is_kept() -> None:
    assert plain_reason(REPORT) == "Value error, Model architectures ['Fancy'] are not supported for now."
    assert plain_reason("just this\nand more") == "just this"
    assert plain_reason("") == ""


@pytest.mark.parametrize(
    ("message", "told"),
    [
        (REPORT, "--fallback"),
        ("CUDA out of memory. Tried to allocate 20 GiB", "gpu_memory_utilization"),
        (
            "To serve at least one request, 4 GiB KV cache is needed, larger than the available",
            "max_model_len",
        ),
    ],
)
def test_a_failed_start_says_what_to_do(message: str, told: str, tmp_path: Path) -> None:
    line = str(start_error(Failed("ValueError", message), tmp_path / "engine.log"))
    assert told in line
    assert "\n" not in line


def test_the_cause_is_found_in_the_log_where_the_message_only_points_to_it(tmp_path: Path) -> None:
    log = tmp_path / "engine.log"
    log.write_text(
        "INFO 11-02 10:00:00 starting\n"
        "(EngineCore pid=7) torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 20 GiB\n"
        "RuntimeError: Engine core initialization failed. See root cause above.\n"
    )
    failed = Failed("RuntimeError", "Engine core initialization failed. See root cause above.")
    line = str(start_error(failed, log))
    assert "CUDA out of memory" in line
    assert "gpu_memory_utilization" in line
    assert last_error(tmp_path / "none.log") == ""
