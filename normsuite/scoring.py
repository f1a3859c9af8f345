"""A fitted direction as a plain function: ``score = load_direction("DIR"); score(texts) -> float64 [n]``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final, Self

import numpy as np

from normsuite.embeddings import Passage, Reader
from normsuite.engines import Checkpoint, Engine, EngineSpec, find_checkpoint
from normsuite.errors import InputError
from normsuite.progress import Progress, silent
from normsuite.prompts import Wording
from normsuite.schema import ITEM_SCHEMA, conform
from normsuite.scorers.direction.about import About, ModelName
from normsuite.scorers.direction.files import Saved, load
from normsuite.scorers.direction.passages import to_passages
from normsuite.scorers.direction.reading import read
from normsuite.scorers.direction.seeds import Floats, mean_over_wordings
from normsuite.scorers.direction.showing import Contributions, contributions

_AT_ONCE: Final = 4096  # texts whose vectors are held at a time
_MARK: Final = "\ue000"  # a character for private use, that stands in no wording


class FittedScore:
    """Scores texts along a saved direction. The model is loaded when the first text is scored."""

    def __init__(self, saved: Saved, spec: EngineSpec, checkpoint: Checkpoint) -> None:
        """Nothing is loaded yet.

        Args:
            saved: the direction.
            spec: the model that it was fitted on, and its engine.
            checkpoint: the same model.

        Raises:
            InputError: the model is another one than the direction's.
        """
        check_model(saved.about.model, ModelName.model_validate(spec.model()))
        self.saved: Final = saved
        self._checkpoint = checkpoint
        self._spec = _Kept(spec)
        self._reader = Reader(self._spec)

    def __call__(self, texts: Sequence[str], *, as_is: bool = False, progress: Progress = silent) -> Floats:
        """Scores of texts, in standard deviations of the seeds' scores.

        Args:
            texts: [n] none of them empty.
            as_is: embed each as it stands; else each is the behaviour that the direction's wordings ask
                about, and its embedding is the mean over them.
            progress: told how many texts are scored.

        Returns:
            [n] float64, the greater the nearer to the positive pole; NaN for a text longer than the model's
            context.

        Raises:
            InputError: a text is empty (with its row, from 1), a wording cannot hold it, or the model's
                embeddings have another dimension than the direction.
        """
        if isinstance(texts, str):
            raise InputError("one text is given where several are expected", fix="give a list: [text]")
        scores, pooling = np.empty(len(texts)), self.saved.about.pooling
        for start in range(0, len(texts), _AT_ONCE):
            progress("scoring", start, len(texts))
            part = texts[start : start + _AT_ONCE]
            with _rows_from(start, 1):
                passages = as_passages(part, () if as_is else self.saved.wordings)
            with _rows_from(start, len(passages[0])):
                vectors = read(self._reader, passages, pooling, (pooling.layer,))[:, 0]
            flat = vectors.reshape(len(part), -1, vectors.shape[-1])
            scores[start : start + len(part)] = self.saved.axis(mean_over_wordings(flat))
        progress("scoring", len(texts), len(texts))
        return scores

    def explain(self, text: str, *, as_is: bool = False) -> Contributions:
        """What each token adds to the score of a text in the first wording.

        Raises:
            InputError: as for scoring, and as ``showing.contributions``; the direction was read by vLLM.
        """
        if self.saved.about.engine.get("engine") == "vllm":
            fix = "fit the direction with transformers to see what each token adds"
            raise InputError("vLLM gives no vectors of single tokens", fix=fix)
        ((passage, *_),) = as_passages([text], () if as_is else self.saved.wordings)
        engine = self._spec.start()
        return contributions(self.saved.axis, self.saved.about.pooling, self._checkpoint, engine, passage)

    def close(self) -> None:
        """Let go of the model. May be called twice."""
        self._reader.close()
        self._spec.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *reason: object) -> None:
        self.close()


def load_direction(
    folder: str | Path, model: str | Path | None = None, device: str = "auto", batch_size: int = 32
) -> FittedScore:
    """A direction from its folder, ready to score texts.

    Args:
        folder: from ``normsuite direction fit``.
        model: folder or hub id of the model that it was fitted on; None takes it from where it was then.
        device: transformers: a torch device; auto is the first GPU, else the CPU.
        batch_size: transformers: most texts in one forward pass.

    Raises:
        InputError: the folder holds no direction, the model is not found, or it is another one.
    """
    saved = load(Path(folder))
    checkpoint = _find(saved, Path(folder), None if model is None else str(model))
    check_model(saved.about.model, ModelName.model_validate(checkpoint.identity()))
    return FittedScore(saved, _spec(saved.about, checkpoint, device, batch_size, Path(folder)), checkpoint)


def check_model(fitted_on: ModelName, given: ModelName) -> None:
    """See that a model is the one a direction was fitted on: the same weights, configuration and tokenizer.

    Raises:
        InputError: it is another one, or another revision of it.
    """
    if given.sha256 != fitted_on.sha256:
        kind = "another revision of its model" if given.name == fitted_on.name else "another model"
        raise InputError(
            f"the direction was fitted on {fitted_on.told()}, and this is {kind}: {given.told()}",
            fix="give its own with --model, or fit again",
        )


def as_passages(texts: Sequence[str], wordings: Sequence[Wording]) -> list[list[Passage]]:
    """Texts as a direction reads them.

    Args:
        texts: [n].
        wordings: [w] that ask about a behaviour; none leaves a text as it stands.

    Returns:
        [n][w], or [n][1] without wordings; each with its text's place, which the position ``span`` reads.

    Raises:
        InputError: a text is empty (with its row, from 1), or a wording needs more than a behaviour.
    """
    for row, text in enumerate(texts, start=1):
        if not text.strip():
            raise InputError("the text is empty", row=row, fix="leave it out")
    if not wordings:
        return [[Passage(text, (0, len(text)))] for text in texts]
    found = _as_behaviors(texts, wordings)
    if all(passage.span for own in found for passage in own):
        return found
    before = [passage.text.find(_MARK) for passage in _as_behaviors([_MARK], wordings)[0]]
    return [
        [_with_span(passage, text, at) for passage, at in zip(own, before, strict=True)]
        for own, text in zip(found, texts, strict=True)
    ]


def _as_behaviors(texts: Sequence[str], wordings: Sequence[Wording]) -> list[list[Passage]]:
    columns = {
        "id": [f"row {row}" for row in range(1, len(texts) + 1)],
        "dataset": "texts",
        "split": "test",
        "kind": "rating",
        "behavior": list(texts),
    }
    return to_passages(conform(columns, ITEM_SCHEMA, len(texts)), wordings)


def _with_span(passage: Passage, text: str, start: int) -> Passage:
    """Where the wording puts a text, also where the text stands in it more than once ("is it ok to ok")."""
    stop = start + len(text)
    return replace(passage, span=(start, stop)) if passage.text[start:stop] == text else passage


def _find(saved: Saved, folder: Path, model: str | None) -> Checkpoint:
    fix = f"give the folder or hub id of {saved.about.model.told()} with --model"
    if model is not None:
        return find_checkpoint(model, saved.about.model.revision or None)
    if saved.place is None:
        raise InputError("does not say where its model is on this machine", file=folder, fix=fix)
    try:
        return find_checkpoint(saved.place.model, saved.place.revision or None)
    except InputError as error:
        raise InputError(error.what, file=error.file, fix=fix) from None


def _spec(about: About, checkpoint: Checkpoint, device: str, batch_size: int, folder: Path) -> EngineSpec:
    """The engine that read the direction's seeds, in the same number format."""
    name, dtype = about.engine.get("engine"), str(about.engine.get("dtype"))
    if name == "transformers":
        from normsuite.engines.transformers import TransformersSpec

        return TransformersSpec(checkpoint, dtype, device, batch_size)
    if name == "vllm":
        from normsuite.engines.vllm import VllmSpec

        return VllmSpec(checkpoint, dtype)
    raise InputError(f"was read by an engine that is not known here: {name!r}", file=folder)


class _Kept:
    """A spec whose engine is started once and shared."""

    def __init__(self, spec: EngineSpec) -> None:
        self.model, self.describe = spec.model, spec.describe
        self._spec = spec
        self._engine: Engine | None = None

    def start(self, log: Path | None = None) -> Engine:
        """The one engine."""
        if self._engine is None:
            self._engine = self._spec.start(log)
        return self._engine

    def close(self) -> None:
        """Let go of it."""
        if self._engine is not None:
            self._engine.close()
        self._engine = None


@contextmanager
def _rows_from(start: int, each: int) -> Iterator[None]:
    """What goes wrong with row r, from 1, of a part goes wrong with a row of the whole.

    Args:
        start: texts before the part.
        each: rows of the part for each text.
    """
    try:
        yield
    except InputError as error:
        if error.row is None or error.file is not None:  # a file's row is a line of that file
            raise
        row = start + (error.row - 1) // each + 1
        raise InputError(error.what, row=row, field=error.field, fix=error.fix) from None
