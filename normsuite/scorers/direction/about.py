"""What is told of a fitted direction in its folder: the parts of ``direction.json``."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat

from normsuite.engines import Pooling

SCHEMA: Final = 1


class _Part(BaseModel):
    """A part of ``direction.json``: what is unknown is refused, nothing changes later."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class ModelName(_Part):
    """Which model; as ``Checkpoint.identity``."""

    name: str
    revision: Annotated[str, Field(pattern=r"^[\w./-]*$")]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    context_length: int

    def told(self) -> str:
        """In words, for messages."""
        revision = f" at {self.revision[:12]}" if self.revision else ""
        return f"{self.name!r}{revision} (sha256 {self.sha256[:12]})"


class WordingText(_Part):
    """A wording in which texts are read: ``family/name``, what it says, its digest."""

    name: Annotated[str, Field(pattern=r"^\w[\w.-]*/\w[\w.-]*$")]
    text: str
    sha256: str


class SeedCount(_Part):
    """A source of seeds: in which wordings, how many of each pole and in all, and the digest of all."""

    name: str
    texts: tuple[str, ...]
    n: int
    positive: int
    negative: int
    sha256: str


class Scored(_Part):
    """A seed's text and its score."""

    text: str
    score: FiniteFloat


class NearWord(_Part):
    """A word, its pole, and the cosine of the direction and the word's place around the words' mean."""

    word: str
    pole: Literal["positive", "negative", "neutral"]
    cosine: FiniteFloat


class Ends(_Part):
    """The seeds at both ends of the direction, the outermost first."""

    positive: tuple[Scored, ...]
    negative: tuple[Scored, ...]


class About(_Part):
    """What ``direction.json`` says.

    Attributes:
        schema_: number of this format.
        normsuite: version that fitted.
        model: whose embeddings the direction is for.
        engine: what read them: everything of it that can move a number.
        pooling: where in the model texts are read.
        dimensions: of an embedding.
        unit_rows: whether embeddings are taken at length 1 first.
        recipe: how the direction was made.
        wordings: in which a text is read; its embedding is the mean over them.
        seeds: what was fitted on, by source.
        diagnostics: from ``diagnosis``.
        poles: the seeds at both ends.
        words: of lists of words, from the nearest to the direction to the furthest.
        tensors_sha256: digest of ``direction.safetensors``.
    """

    schema_: int = Field(SCHEMA, alias="schema")
    normsuite: str
    model: ModelName
    engine: dict[str, Any]
    pooling: Pooling
    dimensions: int = Field(ge=1)
    unit_rows: bool
    recipe: dict[str, Any]
    wordings: tuple[WordingText, ...] = Field(min_length=1)
    seeds: tuple[SeedCount, ...]
    diagnostics: dict[str, Any]
    poles: Ends
    words: tuple[NearWord, ...]
    tensors_sha256: str = ""
