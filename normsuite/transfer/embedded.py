"""All texts of a matrix, embedded before its pairs are measured: each model is loaded once."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

from normsuite.embeddings import Passage, Reader
from normsuite.engines import EngineSpec, Pooling
from normsuite.errors import InputError
from normsuite.progress import Progress, silent
from normsuite.scorers.direction import Models
from normsuite.scorers.direction.reading import choose_pooling
from normsuite.transfer.pairs import Source, domain_of, parts_of

Ways = dict[tuple[Pooling, tuple[int, ...]], dict[Passage, None]]
"""What is read, by how it is read: the passages, each once."""


def embed_all(sources: Sequence[Source], models: Models, progress: Progress = silent) -> None:
    """Put the vectors that all pairs need into the cache, as far as it is known which those are.

    Where a pair's layer is yet to be chosen on its seeds, its seeds are read at every layer, and its items
    only when it is measured. What goes wrong here is left to the pair that it goes wrong in.

    Args:
        sources: [t] rows, whose tasks are the columns too.
        models: the model, its untrained doubles, and the cache.
        progress: told what is embedded.
    """
    ways = _ways(sources, models.spec)
    _fill(models.spec, ways, models, "embedding all texts", progress)
    chosen = {way: passages for way, passages in ways.items() if len(way[1]) == 1}
    for number, double in enumerate(models.untrained, start=1):
        _fill(double, chosen, models, f"embedding by untrained double {number}", progress)


def _ways(sources: Sequence[Source], spec: EngineSpec) -> Ways:
    found: Ways = {}
    for source in sources:
        for test in (other.question for other in sources):
            if domain_of(source, test)[1]:
                continue
            with contextlib.suppress(InputError):
                for part in parts_of(source.question, test):
                    seeds = [own for each in part.seeds for own in each.passages]
                    items = [*part.texts, *part.train_texts]
                    flat = [passage for own in (*seeds, *items) for passage in own]
                    way = choose_pooling(source.recipe.reading, spec, flat)
                    known = flat if len(way[1]) == 1 else [passage for own in seeds for passage in own]
                    found.setdefault(way, {}).update(dict.fromkeys(known))
    return found


def _fill(spec: EngineSpec, ways: Ways, models: Models, stage: str, progress: Progress) -> None:
    with (
        contextlib.suppress(InputError),
        Reader(spec, cache=models.cache, log=models.log) as reader,
    ):
        for (pooling, layers), passages in ways.items():
            reader.read_layers(
                list(passages), pooling, layers, lambda done, total: progress(stage, done, total)
            )
