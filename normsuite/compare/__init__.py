"""Runs beside each other, paired by item: where does one model serve people better or worse than another.

``matching`` opens runs and refuses those of other work, ``comparison`` computes, ``views`` picks and sorts
for people; ``terminal``, ``files`` and ``page`` (``forest`` draws its plots) only set what ``views`` gives.
"""

from normsuite.compare.comparison import Comparison, TaskComparison, compare
from normsuite.compare.files import FORMATS, write
from normsuite.compare.page import write_page
from normsuite.compare.terminal import print_comparison

__all__ = ["FORMATS", "Comparison", "TaskComparison", "compare", "print_comparison", "write", "write_page"]
