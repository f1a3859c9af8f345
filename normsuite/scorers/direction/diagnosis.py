"""How a direction was read and fitted, in figures for people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from normsuite.directions.diagnostics import bootstrap_angle, diagnose
from normsuite.errors import InputError
from normsuite.scorers.direction.fitted import Fitted
from normsuite.scorers.direction.nulls import with_choices_kept
from normsuite.scorers.direction.pipeline import targets, with_source
from normsuite.scorers.direction.seeds import Seeds

_MOST: Final = 2_000  # seeds that neighbours are counted among
_NEIGHBOURS: Final = 10  # fewer where there are not more seeds than that
_RESAMPLES: Final = 20


def diagnosis(fitted: Fitted, sources: Sequence[Seeds]) -> dict[str, Any]:
    """Where texts are read, how many seeds, and how much of their space the direction carries.

    Returns:
        ``pooling``, ``layer_agreement``, ``seeds`` (name, n, positive, negative, sha256 of each source),
        ``explained_variance``, ``isoscore``, ``hubness_skewness``, ``angle`` (median and interval in degrees
        over bootstrap refits, null where no refit was possible).
    """
    rows = fitted.rows
    kept = np.random.default_rng(0).permutation(len(rows.y))[:_MOST]
    kept = kept[np.linalg.norm(rows.X[kept], axis=1) > 0]  # the offset of two equal texts points nowhere
    space = diagnose(rows.X[kept], fitted.axis.vector, min(_NEIGHBOURS, len(kept) - 1))
    return {
        "pooling": vars(fitted.pooling),
        "layer_agreement": {str(layer): value for layer, value in fitted.layer_agreement.items()},
        "seeds": [
            {
                "name": source.name,
                "n": len(source),
                "positive": int((source.values == 1).sum()),
                "negative": int((source.values == 0).sum()),
                "sha256": source.sha256(),
            }
            for source in sources
        ],
        "explained_variance": space.explained_variance,
        "isoscore": space.isoscore,
        "hubness_skewness": space.hubness_skewness,
        "angle": _angle(fitted),
    }


def _angle(fitted: Fitted) -> dict[str, float] | None:
    """How far the direction turns when its seeds are drawn again; the penalty of a probe is kept."""
    rows = fitted.rows
    try:
        angle = bootstrap_angle(
            with_choices_kept(fitted.pipeline),
            with_source(fitted.pipeline, rows.X, rows.source),
            targets(rows.y),
            clusters=rows.groups,
            fixed=[rows.X.shape[1]] if fitted.pipeline.steps[0][0] == "centre" else [],
            resamples=_RESAMPLES,
        )
    except InputError:
        return None
    return {"median": angle.median, "low": angle.low, "high": angle.high}
