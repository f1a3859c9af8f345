"""A machine that would do other work than the run's manifest names is refused."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from made_jobs import FailingSpec

from normsuite import folders
from normsuite.engines import find_checkpoint
from normsuite.errors import InputError
from normsuite.workers.match import absolute, matched, spec_here
from normsuite.workers.parts import Job


def changed(job: Job, **entries: object) -> Job:
    return replace(job, run=replace(job.run, manifest={**job.run.manifest, **entries}))


def test_the_machine_that_named_the_work_matches(job, tiny) -> None:
    assert matched(job(tiny)).spec == tiny


def test_an_engine_without_a_checkpoint_of_its_own_has_none_to_compare(job) -> None:
    assert matched(job(FailingSpec("fault"))).spec == FailingSpec("fault")


def test_a_run_folder_that_is_not_seen_is_refused(job, tiny, tmp_path: Path) -> None:
    made = job(tiny)
    elsewhere = replace(made, run=replace(made.run, path=tmp_path / "elsewhere"))
    with pytest.raises(InputError, match=r"does not see the run folder .*; choose an --out"):
        matched(elsewhere)
    with pytest.raises(InputError, match="sees another run there; choose an --out"):
        matched(changed(made, hash="0" * 64))


def test_other_packages_engines_and_versions_are_refused_by_name(job, tiny) -> None:
    made = job(tiny)
    packages = {**made.run.manifest["packages"], "torch": "1.0"}
    with pytest.raises(InputError, match=r"would do other work: torch \S+ instead of 1\.0; install"):
        matched(changed(made, packages=packages))
    engine = {**made.run.manifest["engine"], "dtype": "bfloat16", "device": "cuda"}
    with pytest.raises(InputError, match="dtype float32 instead of bfloat16, device cpu instead of cuda"):
        matched(changed(made, engine=engine))
    with pytest.raises(InputError, match=r"normsuite \S+ instead of 0\.0\.0"):
        matched(changed(made, normsuite="0.0.0"))


def test_a_checkpoint_that_is_another_or_missing_is_refused(tiny, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(folders.tiny(), folder)
    spec = replace(tiny, checkpoint=find_checkpoint(str(folder)))
    assert spec_here(spec) == spec
    config = folder / "generation_config.json"
    config.write_text('{"temperature": 0.5}')
    with pytest.raises(InputError, match="has another checkpoint there; put the same"):
        spec_here(spec)
    shutil.rmtree(folder)
    with pytest.raises(InputError, match="has no such checkpoint; put the same"):
        spec_here(spec)


def test_a_checkpoint_is_named_by_a_path_that_holds_anywhere(tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folders.tiny().parent)
    spec = replace(tiny, checkpoint=find_checkpoint(folders.tiny().name))
    assert not spec.checkpoint.path.is_absolute()
    assert absolute(spec).checkpoint.path == folders.tiny()
    assert absolute(FailingSpec("fault")) == FailingSpec("fault")
