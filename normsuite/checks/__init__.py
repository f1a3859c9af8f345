"""What may be wrong with a task and its data, found before anything is asked.

One file for each family of checks, each a function from a ``Subject`` (the task with its rows) to findings;
``page`` runs them all.
"""

from normsuite.checks.findings import SEVERITIES, Checked, Finding, Severity, document
from normsuite.checks.page import Model, check_question, check_without_data, is_here
from normsuite.checks.tokens import Tokenizer, load_tokenizer

__all__ = [
    "SEVERITIES",
    "Checked",
    "Finding",
    "Model",
    "Severity",
    "Tokenizer",
    "check_question",
    "check_without_data",
    "document",
    "is_here",
    "load_tokenizer",
]
