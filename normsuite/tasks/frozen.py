"""What every part of a task file is made of."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict
from pydantic_core import PydanticCustomError


class Frozen(BaseModel):
    """A part of a task file: unknown keys are refused, nothing changes later."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def inconsistent(field: str, message: str) -> PydanticCustomError:
    """What is wrong with one field in the light of the others."""
    return PydanticCustomError("inconsistent", "{message}", {"field": field, "message": message})
