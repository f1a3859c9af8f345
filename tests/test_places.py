"""Tasks, prompts, cards and adapters from an installed package and from an included folder."""

import subprocess
import sys
from pathlib import Path

import pytest

from normsuite import folders, places
from normsuite.errors import InputError
from normsuite.prompts import load_wordings
from normsuite.tasks import available_tasks, resolve_tasks

WORDING = "Situation: {{ situation }}\nOptions: {{ options | map(attribute='word') | join(', ') }}\nAnswer:\n"
TASK = (folders.tasks() / "ethics-justice.yaml").read_text(encoding="utf-8")
ADAPTER = """
from normsuite.adapters import Adapter, Home
from normsuite.adapters.mini import read

ADAPTER = Adapter("{name}", "Manners of the valley", Home("https://example.org", "CC0-1.0", "1"), read)
"""


@pytest.fixture(autouse=True)
def _nothing_included():
    yield
    places.include_nothing()


def folder(root: Path, task: str = "ethics-valley", family: str = "valley") -> Path:
    (root / "tasks").mkdir(parents=True)
    text = TASK.replace("name: ethics-justice", f"name: {task}")
    text = text.replace("prompts: ethics-justice", f"prompts: {family}")
    (root / "tasks" / f"{task}.yaml").write_text(text, encoding="utf-8")
    (root / "prompts" / family).mkdir(parents=True)
    for name in ("one", "two", "three"):
        (root / "prompts" / family / f"{name}.jinja").write_text(WORDING, encoding="utf-8")
    return root


def package(root: Path, name: str, adapter: str) -> Path:
    """An installed distribution: a module, its folders, and its entry points."""
    folder(root / "valley_norms", task=f"{adapter}-manners")
    (root / "valley_norms" / "__init__.py").write_text("", encoding="utf-8")
    (root / "valley_norms" / "manners.py").write_text(ADAPTER.format(name=adapter), encoding="utf-8")
    told = root / f"{name}-1.0.dist-info"
    told.mkdir()
    (told / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n", encoding="utf-8")
    (told / "entry_points.txt").write_text(
        f"[normsuite.adapters]\n{adapter} = valley_norms.manners:ADAPTER\n\n"
        "[normsuite.folders]\nvalley = valley_norms\n",
        encoding="utf-8",
    )
    return root


def with_package(root: Path, code: str) -> subprocess.CompletedProcess[str]:
    """Entry points are read once in a process, so a package is looked at by a new one."""
    start = f"import sys; sys.path.insert(0, {str(root)!r})\n"
    return subprocess.run([sys.executable, "-c", start + code], capture_output=True, text=True)


def test_an_included_folder_adds_tasks_and_wordings(tmp_path: Path) -> None:
    assert "ethics-valley" not in available_tasks()
    places.include(folder(tmp_path))
    assert "ethics-valley" in available_tasks()
    (task,) = resolve_tasks("ethics-valley")
    assert [wording.name for wording in load_wordings(task.prompts)] == ["one", "three", "two"]
    assert places.source_of(places.find_all("tasks")["ethics-valley"]) == str(tmp_path)
    assert places.source_of(places.find_all("tasks")["ethics-justice"]) == "normsuite"


@pytest.mark.parametrize(
    ("task", "family", "noun"),
    [("ethics-justice", "valley", "task"), ("ethics-valley", "story", "prompt family")],
)
def test_a_name_that_is_there_twice_is_refused_with_both_places(
    tmp_path: Path, task: str, family: str, noun: str
) -> None:
    places.include(folder(tmp_path, task, family))
    with pytest.raises(InputError) as refused:
        load_wordings(resolve_tasks(task)[0].prompts)
    assert f"the {noun}" in str(refused.value)
    assert str(tmp_path) in str(refused.value)
    assert str(folders.tasks().parent) in str(refused.value)


def test_the_same_folder_may_be_included_twice(tmp_path: Path) -> None:
    places.include(folder(tmp_path))
    places.include(tmp_path / "tasks" / "..")
    assert "ethics-valley" in available_tasks()


@pytest.mark.parametrize("make", [lambda path: path / "nowhere", lambda path: path])
def test_a_folder_that_adds_nothing_is_refused(tmp_path: Path, make) -> None:
    with pytest.raises(InputError) as refused:
        places.include(make(tmp_path))
    assert refused.value.field == "--include"


def test_a_package_adds_an_adapter_tasks_and_wordings(tmp_path: Path) -> None:
    package(tmp_path, "valley-norms", "valley")
    task = tmp_path / "valley_norms" / "tasks" / "valley-manners.yaml"
    task.write_text(task.read_text(encoding="utf-8").replace("set: ethics", "set: valley"), encoding="utf-8")
    code = """
from normsuite.adapters import get_adapter, known_adapters
from normsuite.places import find_all, source_of
from normsuite.tasks import resolve_tasks
print(get_adapter("valley").title, "valley" in known_adapters())
print(resolve_tasks("valley-manners")[0].data.set, source_of(find_all("tasks")["valley-manners"]))
"""
    done = with_package(tmp_path, code)
    lines = ["Manners of the valley True", "valley the package valley-norms"]
    assert done.stdout.splitlines() == lines, done.stderr


def test_two_adapters_of_one_name_are_refused_with_both_places(tmp_path: Path) -> None:
    code = "from normsuite.adapters import get_adapter\nget_adapter('ethics')\n"
    done = with_package(package(tmp_path, "valley-norms", "ethics"), code)
    both = "normsuite.adapters.ethics:ADAPTER and valley_norms.manners:ADAPTER of the package valley-norms"
    assert both in done.stderr
