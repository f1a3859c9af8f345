"""The Moral Choice Machine: how much nearer a question is to its affirming than to its denying answer."""

# ruff: noqa: N803, N806 - X is the name scikit-learn callers pass

from __future__ import annotations

from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from normsuite.directions.base import (
    Direction,
    DirectionError,
    Floats,
    column,
    embeddings,
    seeds,
    two_classes,
    unit,
)


class AnswerCosine(Direction):
    """Cosine to "yes" minus cosine to "no".

    ``bias(x) = mean_t [cos(q_t(x), yes_t) - cos(q_t(x), no_t)]`` over question templates t: Jentzsch et al.
    (2019, "Semantics Derived Automatically from Language Corpora Contain Human-like Moral Choices", AIES) and
    Schramowski et al. (2020, "The Moral Choice Machine", Frontiers in AI 3:36). It is fitted on embeddings of
    *answers* and scores embeddings of *questions*. The mean over templates of one phrase is the caller's:
    average the scores of its rows.

    A cosine is read from the origin: unlike the other directions this one changes when all embeddings are
    moved, so centre before it in a Pipeline only on purpose.

    Attributes:
        templates_: [t] the names of the templates, sorted.
        answers_: [t, d] unit "yes" minus unit "no" of each (means, where a template has several of either).
        direction_: [d] the mean of ``answers_``, at length 1.
        length_: Its length before that: ``length_ · cos(x, direction_)`` is the bias without templates.
        offset_: 0.
    """

    def fit(self, X: ArrayLike, y: ArrayLike | None = None, templates: ArrayLike | None = None) -> Self:
        """Learn from embeddings of answers.

        Args:
            X: [n, d] embeddings of answers.
            y: [n] 1 for an affirming answer, 0 for a denying one.
            templates: [n] the name of the template each answers; each has both answers. Without it all
                answers belong to one template.

        Raises:
            DirectionError: One class only, a NaN, a vector of length 0, a template that lacks an answer, or
                answers with the same mean.
        """
        X = _at_length_one(seeds(self, X))
        if X.shape[1] < 2:
            raise DirectionError(
                "X has n_features=1, and a cosine needs two", fix="give the whole embeddings"
            )
        yes = two_classes(y, len(X), self)
        names = (
            np.zeros(len(X), np.int64) if templates is None else column(templates, len(X), self, "templates")
        )
        self.templates_, of = np.unique(names, return_inverse=True)
        lacking = [
            str(name)
            for t, name in enumerate(self.templates_)
            if not (yes & (of == t)).any() or not (~yes & (of == t)).any()
        ]
        if lacking:
            raise DirectionError(
                f"{len(lacking)} template(s) lack an answer, first {lacking[0]!r}",
                fix="give a yes and a no for each",
            )
        self.answers_: Floats = np.stack(
            [
                X[yes & (of == t)].mean(axis=0) - X[~yes & (of == t)].mean(axis=0)
                for t in range(len(self.templates_))
            ]
        )
        mean = self.answers_.mean(axis=0)
        self.direction_ = unit(
            mean,
            1.0,
            what="the affirming and denying answers point the same way",
            fix="check the answers' texts",
        )
        self.length_ = float(np.linalg.norm(mean))
        self.offset_ = 0.0
        return self

    def decision_function(self, X: ArrayLike, templates: ArrayLike | None = None) -> Floats:
        """The bias of each question.

        Args:
            X: [n, d] embeddings of questions (or of any text).
            templates: [n] the template each question is made of: it is compared with that template's answers,
                as published. Without it each is compared with the answers of all templates, on average.

        Returns:
            [n] float64 in -2...2.

        Raises:
            DirectionError: A NaN, a vector of length 0, another number of features, or an unknown template.
        """
        if templates is None:
            scores = super().decision_function(X) * self.length_
            return np.asarray(scores / _lengths(embeddings(self, X, reset=False)))
        checked = embeddings(self, X, reset=False).astype(np.float64)
        names = column(templates, len(checked), self, "templates")
        unknown = ~np.isin(names, self.templates_)
        if unknown.any():
            raise DirectionError(
                f"template {names[unknown][0]!s} was not fitted",
                fix=f"use one of the {len(self.templates_)} fitted",
            )
        own = self.answers_[np.searchsorted(self.templates_, names)]
        return np.asarray(np.einsum("nd,nd->n", _at_length_one(checked), own))


def _at_length_one(X: Floats) -> Floats:
    return X / _lengths(X)[:, None]


def _lengths(X: NDArray[np.floating]) -> Floats:
    """[n] the length of each embedding; none may be 0."""
    lengths: Floats = np.linalg.norm(X, axis=1).astype(np.float64)
    if not lengths.all():
        raise DirectionError(
            f"the embedding in row {int(lengths.argmin())} (from 0) has length 0, so it has no cosine",
            fix="leave that text out, or look at what the encoder does with it",
        )
    return lengths
