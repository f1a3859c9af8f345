"""The rule by which NormDial's cells are read (Li et al. 2023): the label before the first bar.

Labels came from a model that wrote "label | reason" for each turn. Its faults are its definition: the last
label word before the bar counts, so that "Not Adhered" is adhered; a reply without a bar is read as a whole;
a reply without any label word is not relevant.
"""

from __future__ import annotations

import re
from typing import Final

from normsuite.scorers.parsing.base import Asked, Parsed, unparsed

_WORDS: Final = re.compile(r"adhered|violated|not relev\w+|irrelevant", re.IGNORECASE)


def official(text: str, asked: Asked) -> Parsed:
    """Read an answer as the published cells are read.

    Args:
        text: what the model wrote.
        asked: the options Adhered, Violated and Not Relevant in any order.
    """
    found = _WORDS.findall(text.partition("|")[0])
    said = found[-1].casefold() if found else "not relevant"
    wanted = said if said in ("adhered", "violated") else "not relevant"
    at = next((at for at, option in enumerate(asked.shown) if option.text.casefold() == wanted), None)
    return unparsed(f"no option is called {wanted}") if at is None else Parsed((at,))
