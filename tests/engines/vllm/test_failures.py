"""What vLLM says when it fails, in a line."""

from pathlib import Path

import pytest

from normsuite.engines.vllm.failures import (
    UnsupportedError,
    broke_error,
    last_error,
    plain_reason,
    start_error,
)
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
            "raise `gpu_memory_utilization=`",
        ),
        (
            "Free memory on device (3.1/79.2 GiB) on startup is less than desired GPU memory utilization",
            "lower `--engine-option gpu_memory_utilization=`",
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


def test_an_engine_that_breaks_says_why_in_the_words_of_the_process_that_broke(tmp_path: Path) -> None:
    log = tmp_path / "engine.log"
    log.write_text("ValueError: of an earlier engine\n")
    begin = log.stat().st_size
    failed = Failed(
        "EngineDeadError", "EngineCore encountered an issue. See stack trace (above) for the root cause."
    )
    for lost in (failed, Failed("ZMQError", "Socket operation on non-socket")):
        assert f"({lost.kind}: one of its processes ended)" in str(broke_error(lost, log, begin))
    with log.open("a") as more:
        more.write("(EngineCore pid=7) ERROR 11-02 [core.py:9] torch.OutOfMemoryError: CUDA out of memory.\n")
    line = str(broke_error(failed, log, begin))
    assert "EngineDeadError: OutOfMemoryError: CUDA out of memory." in line
    assert "max_num_seqs" in line
    assert line.endswith("the same command continues where it was")


def test_only_what_no_option_would_change_lets_another_engine_go_on(tmp_path: Path) -> None:
    log = tmp_path / "engine.log"
    assert isinstance(start_error(Failed("ValidationError", REPORT), log), UnsupportedError)
    mistakes = [
        Failed("InputError", "vLLM has no engine argument 'max_len'"),
        Failed("ValidationError", "User-specified max_model_len (9999) is greater than the derived one"),
    ]
    assert not any(isinstance(start_error(failed, log), UnsupportedError) for failed in mistakes)
