"""Tasks: one YAML file says what is asked, of which data, in which words, and how it is scored.

A task is read off answers (``Task``) or off embeddings (``DirectionTask``, ``type: direction``).
"""

from normsuite.tasks.declared import DataSpec, Declared
from normsuite.tasks.direction import DirectionTask, ReadingSpec, SeedSource, Step
from normsuite.tasks.files import (
    AnyTask,
    available_tasks,
    load_task,
    prompted_only,
    resolve_tasks,
    used_sets,
    validation_error,
)
from normsuite.tasks.prompted import LETTERS, NUMBERS, Task
from normsuite.tasks.scales import scale_points
from normsuite.tasks.selection import poles_of, require_rows, sample_clusters, select, select_rows

__all__ = [
    "LETTERS",
    "NUMBERS",
    "AnyTask",
    "DataSpec",
    "Declared",
    "DirectionTask",
    "ReadingSpec",
    "SeedSource",
    "Step",
    "Task",
    "available_tasks",
    "load_task",
    "poles_of",
    "prompted_only",
    "require_rows",
    "resolve_tasks",
    "sample_clusters",
    "scale_points",
    "select",
    "select_rows",
    "used_sets",
    "validation_error",
]
