"""The example of guided generation, run as a person runs it."""

import re
import runpy
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from normsuite import folders
from normsuite.engines import find_checkpoint
from normsuite.engines.transformers import TransformersSpec
from normsuite.fitting import Changes, changed, fit_kept, read_recipe
from normsuite.scorers.direction.files import Place, save

EXAMPLE = Path(__file__).parents[1] / "examples" / "guided_generation.py"
RECIPE = "texts: [bare-action]\nseeds:\n  - {words: verbs, texts: [bare-action]}\nestimator: {name: pca}\n"
RATE = r"(-?\d\.\d\d) \[(-?\d\.\d\d), (-?\d\.\d\d)\]"


@pytest.fixture(scope="module")
def directions(minilm: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two directions that differ in how they were estimated."""
    folder = tmp_path_factory.mktemp("guided")
    (folder / "recipe.yaml").write_text(RECIPE)
    recipe = read_recipe(folder / "recipe.yaml")
    spec = TransformersSpec(find_checkpoint(str(minilm)), "float32", "cpu")
    for name in ("pca", "lda"):
        axis, about = fit_kept(changed(recipe, Changes(estimator=name)), spec, {})
        save(folder / name, axis, about, Place(str(minilm)))
    return [folder / "pca", folder / "lda"]


@dataclass(frozen=True)
class Done:
    """What the example left behind."""

    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Callable[..., Done]:
    """The example as a program, in this process: torch is there already."""

    def run(*arguments: object) -> Done:
        capfd.readouterr()
        monkeypatch.setattr("sys.argv", [str(EXAMPLE), *map(str, arguments)])
        try:
            runpy.run_path(str(EXAMPLE), run_name="__main__")
            code = 0
        except SystemExit as stop:
            code = int(stop.code or 0)
        return Done(code, *capfd.readouterr())

    return run


def test_before_and_after_are_told_with_n_intervals_and_what_they_do_not_show(
    run: Callable[..., Done], directions: list[Path]
) -> None:
    pca, lda = directions
    done = run(folders.tiny(), "--direction", pca, "--judge", lda, "--samples", 3)
    assert done.returncode == 0, done.stderr
    assert len(re.findall(r"share of continuations below 0, n=12 prompts", done.stdout)) == 2
    rates = [tuple(map(float, found)) for found in re.findall(RATE, done.stdout)]
    assert len(rates) == 6
    assert all(low <= mean <= high for mean, low, high in rates)
    (before, *_), (after, *_), (change, *_) = rates[:3]
    assert after <= before  # the best of several is no worse to the one that chose it
    assert change == pytest.approx(after - before, abs=0.011)
    assert "What this does not show" in done.stdout
    assert "writes is nonsense" in done.stdout


def test_a_missing_direction_is_one_line(run: Callable[..., Done], tmp_path: Path) -> None:
    done = run(folders.tiny(), "--direction", tmp_path / "none", "--samples", 1)
    assert done.returncode == 2
    assert done.stderr.strip().splitlines() == [
        f"guided_generation: {tmp_path / 'none'}: no such folder of a direction"
    ]
