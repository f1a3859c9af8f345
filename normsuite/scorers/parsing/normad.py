"""NormAd's published parser (Rao et al. 2024): case-sensitive substrings in order, and neutral otherwise.

Its faults are its definition: ``yes`` in lower case is neutral; "Not acceptable" and "None of these" hold
"No" and are no; "Yes/No cannot be determined" is yes; a refusal, an empty answer and nonsense are neutral, so
that a model which says nothing scores the share of neutral items. It reproduces the paper and ranks nothing.
"""

from __future__ import annotations

from normsuite.scorers.parsing.base import Asked, Parsed, unparsed


def official(text: str, asked: Asked) -> Parsed:
    """Read an answer as the paper's code does.

    Args:
        text: what the model wrote.
        asked: the options Yes, No and Neither; the paper shows them in this order.
    """
    if "Yes" in text or "option 1" in text:
        said = "Yes"
    elif "No" in text or "option 2" in text:
        said = "No"
    else:
        said = "Neither"
    at = next((at for at, option in enumerate(asked.shown) if option.text == said), None)
    return unparsed(f"no option is called {said}") if at is None else Parsed((at,))
