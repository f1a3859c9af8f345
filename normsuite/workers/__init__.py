"""Workers: who asks an engine for the missing parts of a run: this process, several, or a Ray cluster."""

from normsuite.workers.local import LocalWorkers
from normsuite.workers.parts import Job, Part, Workers, missing_parts

__all__ = ["Job", "LocalWorkers", "Part", "Workers", "missing_parts"]
