"""Publishing: a data set as a folder that others can load, and that folder at the Hugging Face hub."""

from normsuite.publishing.folder import BuiltFolder, check_place, write_folder
from normsuite.publishing.push import Push, Pushed, plan_push, push
from normsuite.publishing.source import TASK_FILES, Source, read_source

__all__ = [
    "TASK_FILES",
    "BuiltFolder",
    "Push",
    "Pushed",
    "Source",
    "check_place",
    "plan_push",
    "push",
    "read_source",
    "write_folder",
]
