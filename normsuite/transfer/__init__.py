"""What a direction is worth elsewhere: fitted on one task and tested on another, and beside tuned models.

``transfer_matrix`` fits on each task's seeds and tests on every task's items; ``feet_table`` compares frozen
embeddings with few seeds and with a fine-tuned head or encoder.
"""

from normsuite.transfer.drawing import draw_matrix
from normsuite.transfer.feet import Finetune, Shots, feet_table
from normsuite.transfer.folder import claim, describe, write_results
from normsuite.transfer.matrix import Matrix, transfer_matrix
from normsuite.transfer.pairs import Source, direction_questions, sources_of
from normsuite.transfer.show import print_feet, print_matrix
from normsuite.transfer.tables import FEET_SCHEMA, TRANSFER_SCHEMA
from normsuite.transfer.training import Bench, bench_of

__all__ = [
    "FEET_SCHEMA",
    "TRANSFER_SCHEMA",
    "Bench",
    "Finetune",
    "Matrix",
    "Shots",
    "Source",
    "bench_of",
    "claim",
    "describe",
    "direction_questions",
    "draw_matrix",
    "feet_table",
    "print_feet",
    "print_matrix",
    "sources_of",
    "transfer_matrix",
    "write_results",
]
