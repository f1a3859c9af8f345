"""The README's promises that can be checked without a network."""

import re
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def commands() -> list[str]:
    blocks = re.findall(r"```bash\n(.*?)```", README, re.S)
    return [line for block in blocks for line in block.splitlines() if line.strip()]


def test_ci_calls_the_readmes_test_command() -> None:
    (command,) = [line for line in commands() if line.endswith("-m pytest")]
    assert command in (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()


def test_the_python_example_makes_items_that_pass_the_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from normsuite.adapters.build import read_items

    (example,) = re.findall(r"```python\n(.*?)```", README, re.S)
    monkeypatch.chdir(tmp_path)
    exec(compile(example, "README.md", "exec"), {})
    assert read_items(tmp_path / "tea.parquet").num_rows == 20


def test_the_yaml_example_is_a_task(tmp_path: Path) -> None:
    from normsuite.tasks import load_task

    (example,) = re.findall(r"```yaml\n(.*?)```", README, re.S)
    path = tmp_path / "tea-house-manners.yaml"
    path.write_text(example, encoding="utf-8")
    assert load_task(path).name == "tea-house-manners"


def test_every_file_the_readme_links_is_there() -> None:
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", README) if not link.startswith("http")]
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_a_wheel_carries_tasks_prompts_cards_data_and_checkpoint(tmp_path: Path) -> None:
    from hatchling.builders.wheel import WheelBuilder

    (wheel,) = WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"])
    names = set(zipfile.ZipFile(wheel).namelist())
    for folder in ("tasks", "prompts", "data_cards"):
        for path in (ROOT / folder).rglob("*.*"):
            assert f"normsuite/_folders/{path.relative_to(ROOT).as_posix()}" in names
    for path in (ROOT / "normsuite" / "shipped").rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            assert path.relative_to(ROOT).as_posix() in names
    assert not [name for name in names if "__pycache__" in name or name.startswith("tests/")]
