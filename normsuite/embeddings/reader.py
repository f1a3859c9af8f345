"""One vector per passage, from the cache or else from the engine."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from normsuite.embeddings.cache import LARGE, Store, Vectors
from normsuite.embeddings.passages import Keys, Passage, check, distinct
from normsuite.engines import Engine, EngineSpec, Pooling, Tokens
from normsuite.engines.base import Advance, unheard
from normsuite.errors import InputError

Rows = NDArray[np.intp]

Heard = Callable[[int, int], None]
"""Told how many distinct passages are read, and of how many."""

_MOVES_NO_VECTOR: Final = ("batch_size", "chat_template", "label_reads")
"""What an engine says of itself that moves no vector: passages have no chat template, nor labels."""


def _unheard(done: int, total: int) -> None:
    """The ``Heard`` to which nobody listens."""


class Reader:
    """Reads passages with one engine, which is started only when a vector is missing from the cache."""

    def __init__(
        self, spec: EngineSpec, *, cache: Path | None = None, log: Path | None = None, shard: int = LARGE
    ) -> None:
        """Nothing is loaded yet.

        Args:
            spec: the model and its engine.
            cache: the folder of all stores; None keeps nothing. A served model, whose weights nobody can
                tell, is never kept.
            log: where the messages of an engine with processes of its own go.
            shard: most passages that are embedded before they are kept: what a kill loses.
        """
        self._spec, self._log, self._shard = spec, log, shard
        self._cache = cache if spec.model().get("sha256") else None
        self._engine: Engine | None = None
        self._stores: dict[Pooling, Store] = {}

    def read(
        self, passages: Sequence[Passage], pooling: Pooling, progress: Heard = _unheard
    ) -> NDArray[np.float32]:
        """One vector per passage, in their order.

        Args:
            passages: [n]; what occurs more than once is embedded once.
            pooling: how hidden states become a vector.
            progress: told how many distinct passages are read, and of how many.

        Returns:
            [n, d]; a row of NaN is a text longer than the model's context. [0, 0] for no passages.

        Raises:
            InputError: a text is empty or has no such span (with its row, from 1); the engine cannot go on,
                or cannot pool so; the cache is damaged or cannot be written.
        """
        return self.read_layers(passages, pooling, (pooling.layer,), progress)[:, 0]

    def read_layers(
        self,
        passages: Sequence[Passage],
        pooling: Pooling,
        layers: Sequence[int],
        progress: Heard = _unheard,
    ) -> NDArray[np.float32]:
        """One vector per passage and layer; a passage passes the model once for all that are missing.

        Args:
            passages: [n].
            pooling: how; its own layer is not looked at.
            layers: [l] as in ``Pooling.layer``, each once.
            progress: as in ``read``.

        Returns:
            [n, l, d]; NaN as in ``read``. [0, l, 0] for no passages.

        Raises:
            InputError: as ``read``; a layer is named twice, or the engine gives the last layer only.
        """
        if len(set(layers)) != len(layers):
            raise InputError(f"a layer is named twice in {list(layers)}", fix="name each once")
        spans = pooling.position == "span"
        check(passages, spans=spans)
        keys, first, which = distinct(passages, spans=spans)
        ways = [replace(pooling, layer=layer) for layer in layers]
        table = _Table(len(keys), len(ways))
        for column, way in enumerate(ways):
            found, vectors = self._find(keys, way)
            table.fill(np.flatnonzero(found), [column], vectors[:, None])
        told = _Told(progress, len(keys))
        told.reach(table.done)
        for rows, columns in table.missing(self._shard):
            wanted, at = [ways[column] for column in columns], [first[row] for row in rows]
            vectors = self._embed([passages[row] for row in at], at, wanted, told.advance)
            for column, way in enumerate(wanted):
                self._keep(keys[rows], vectors[:, column], way)
            table.fill(rows, columns, vectors)
            told.reach(table.done)
        # Where all differ, they are in order already.
        return table.vectors if len(keys) == len(which) else table.vectors[which]

    def close(self) -> None:
        """Let go of the engine, if one was started. May be called twice."""
        if self._engine:
            self._engine.close()
        self._engine = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *reason: object) -> None:
        self.close()

    def _find(self, keys: Keys, way: Pooling) -> tuple[NDArray[np.bool_], Vectors]:
        if self._cache is None:
            return np.zeros(len(keys), np.bool_), np.empty((0, 0), np.float32)
        return self._store(self._cache, way).find(keys)

    def _keep(self, keys: Keys, vectors: Vectors, way: Pooling) -> None:
        if self._cache is not None:
            self._store(self._cache, way).put(keys, vectors)

    def _store(self, cache: Path, way: Pooling) -> Store:
        if way not in self._stores:
            self._stores[way] = Store(cache, describe_vectors(self._spec, way))
        return self._stores[way]

    def _embed(
        self, passages: list[Passage], rows: list[int], ways: list[Pooling], advance: Advance
    ) -> NDArray[np.float32]:
        """[m, l, d] vectors of m passages, poolings that differ in their layer; NaN for what is too long.

        Args:
            passages: [m].
            rows: [m] where each was given, for messages.
            ways: [l].
            advance: told how many more are embedded.
        """
        if self._engine is None:
            self._engine = self._spec.start(self._log)
        engine, spans = self._engine, ways[0].position == "span"
        with _rows_as_given(rows):
            encoded = engine.encode_passages(
                [passage.text for passage in passages],
                [passage.span if spans else None for passage in passages],
            )
            ((nothing, _),) = engine.encode_passages([""], [None])
            for row, (tokens, _) in enumerate(encoded, start=1):
                if tokens == nothing:
                    raise InputError("the model sees no character of the text", row=row, fix="leave it out")
        fits = [row for row, (tokens, _) in enumerate(encoded) if len(tokens) <= engine.context_length]
        if not fits:
            # Only a vector tells how long vectors are: any text will do.
            (short,) = engine.encode_passages(["a"], [(0, 1) if spans else None])
            size = _ask(engine, [short], ways, unheard).shape[2]
            return np.full((len(passages), len(ways), size), np.nan, np.float32)
        vectors = _ask(engine, [encoded[row] for row in fits], ways, advance)
        if len(fits) == len(passages):
            return vectors
        filled = np.full((len(passages), *vectors.shape[1:]), np.nan, np.float32)
        filled[fits] = vectors
        return filled


def describe_vectors(spec: EngineSpec, pooling: Pooling) -> dict[str, object]:
    """Everything that can move a number of a vector, and nothing of this machine: what names a store.

    Args:
        spec: the model and its engine.
        pooling: how, with its layer.
    """
    engine = {name: told for name, told in spec.describe().items() if name not in _MOVES_NO_VECTOR}
    name = str(engine.get("engine"))
    with contextlib.suppress(PackageNotFoundError):
        engine.setdefault("version", f"{name} {version(name)}")
    return {"model": dict(spec.model()), "engine": engine, "pooling": asdict(pooling)}


@contextmanager
def _rows_as_given(rows: Sequence[int]) -> Iterator[None]:
    """What goes wrong here with a row from 1 goes wrong with that of ``rows``, which count from 0."""
    try:
        yield
    except InputError as error:
        if error.row is None:
            raise
        row = rows[error.row - 1] + 1
        raise InputError(error.what, file=error.file, row=row, field=error.field, fix=error.fix) from None


def _ask(
    engine: Engine,
    encoded: Sequence[tuple[Tokens, tuple[int, int] | None]],
    ways: Sequence[Pooling],
    advance: Advance,
) -> NDArray[np.float32]:
    """[m, l, d] vectors; an engine that gives one layer only is not asked for several."""
    prompts = [tokens for tokens, _ in encoded]
    spans = [span for _, span in encoded] if ways[0].position == "span" else None
    if len(ways) == 1:
        return engine.embed(prompts, ways[0], advance, spans=spans)[:, None]
    return engine.embed_layers(prompts, ways[0], [way.layer for way in ways], advance, spans=spans)


class _Table:
    """The vectors [u, l, d] of u distinct passages in l layers, filled bit by bit."""

    def __init__(self, passages: int, layers: int) -> None:
        self.vectors = np.empty((passages, layers, 0), np.float32)
        self._filled = np.zeros((passages, layers), np.bool_)

    @property
    def done(self) -> int:
        """How many passages have all their vectors."""
        return int(self._filled.all(axis=1).sum())

    def fill(self, rows: Rows, columns: Sequence[int], vectors: NDArray[np.float32]) -> None:
        """Put vectors [r, c, d] into r rows and c columns."""
        if not len(rows):
            return
        if not self.vectors.shape[2]:
            self.vectors = np.empty((*self._filled.shape, vectors.shape[2]), np.float32)
        self.vectors[rows[:, None], columns] = vectors
        self._filled[rows[:, None], columns] = True

    def missing(self, most: int) -> Iterator[tuple[Rows, list[int]]]:
        """What is not there yet: at most so many rows, and the columns that all of them lack."""
        lacking = np.flatnonzero(~self._filled.all(axis=1))
        if not len(lacking):
            return
        patterns, of = np.unique(self._filled[lacking], axis=0, return_inverse=True)
        for number, pattern in enumerate(patterns):
            rows = lacking[of.ravel() == number]
            for start in range(0, len(rows), most):
                yield rows[start : start + most], np.flatnonzero(~pattern).tolist()


class _Told:
    """How many passages are read, told to whoever listens."""

    def __init__(self, heard: Heard, total: int) -> None:
        self._heard, self._total, self._done = heard, total, 0

    def reach(self, done: int) -> None:
        """So many are read by now."""
        self._done = done
        self._heard(done, self._total)

    def advance(self, requests: int, tokens: int) -> None:
        """The engine's ``Advance``."""
        self.reach(self._done + requests)
