"""A calculator for what a model wrote: numbers, + - * / // % ** and brackets, and nothing that runs.

An expression is parsed, never evaluated as code. All arithmetic is decimal, of bounded precision and range,
so that no expression costs much: a power that would fill the memory is too large, and is refused.
"""

from __future__ import annotations

import ast
import operator
import re
import warnings
from collections.abc import Callable, Mapping
from decimal import (
    Context,
    Decimal,
    DecimalException,
    DivisionByZero,
    InvalidOperation,
    Overflow,
    localcontext,
)
from types import MappingProxyType
from typing import Final

LONGEST: Final = 200
"""Most characters of an expression."""
_DIGITS: Final = 28
_SHOWN: Final = 12  # digits of a result
_DEEPEST: Final = 50
_RANGE: Final = 300  # most digits before the point
_CONTEXT: Final = Context(
    prec=_DIGITS, Emax=_RANGE, Emin=-_RANGE, traps=[DivisionByZero, InvalidOperation, Overflow]
)
_SIGNS: Final = str.maketrans({"×": "*", "·": "*", "÷": "/", "−": "-", "–": "-", "^": "⋀", "：": ":"})
_THOUSANDS: Final = re.compile(r"(?<=\d),(?=\d{3}(?:\D|$))")
_BINARY: Final[Mapping[type[ast.operator], Callable[[Decimal, Decimal], Decimal]]] = MappingProxyType(
    {
        ast.Add: operator.add,
        ast.Sub: operator.sub,
        ast.Mult: operator.mul,
        ast.Div: operator.truediv,
        ast.FloorDiv: operator.floordiv,
        ast.Mod: operator.mod,
        ast.Pow: operator.pow,
    }
)
_UNARY: Final[Mapping[type[ast.unaryop], Callable[[Decimal], Decimal]]] = MappingProxyType(
    {ast.UAdd: operator.pos, ast.USub: operator.neg}
)


def calculate(expression: str) -> str:
    """The value of an expression: whole numbers in full, others to twelve digits ("12.5", "0.333333333333").

    Args:
        expression: as people or models write it: ``3 × 4``, ``1,200 / 5``, ``2 ^ 3``, or ``3 + 4 =``.

    Raises:
        ValueError: it is no arithmetic, too long, too large, or divides by zero; the message says which.
    """
    if len(expression) > LONGEST:
        raise ValueError(f"has more than {LONGEST} characters")
    plain = (
        _THOUSANDS.sub("", expression.translate(_SIGNS)).replace("⋀", "**").strip().removesuffix("=").strip()
    )
    try:
        with warnings.catch_warnings(action="ignore"):  # of what is no arithmetic anyhow
            tree = ast.parse(plain, mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        raise ValueError("is no arithmetic") from None
    try:
        with localcontext(_CONTEXT):
            return _written(_value(tree, plain, 0))
    except DivisionByZero:
        raise ValueError("divides by zero") from None
    except Overflow:
        raise ValueError("is too large") from None
    except DecimalException:
        raise ValueError("has no value") from None


def _value(node: ast.AST, text: str, depth: int) -> Decimal:
    """The value of a part of an expression; whatever is not on the list is refused."""
    if depth > _DEEPEST:
        raise ValueError("is nested too deeply")
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        # As it stands in the text: a float would have lost digits, and may be infinite.
        return +Decimal((ast.get_source_segment(text, node) or "").replace("_", ""))
    if isinstance(node, ast.BinOp) and type(node.op) in _BINARY:
        left, right = _value(node.left, text, depth + 1), _value(node.right, text, depth + 1)
        return _BINARY[type(node.op)](left, right)
    if isinstance(node, ast.UnaryOp) and type(node.op) in _UNARY:
        return _UNARY[type(node.op)](_value(node.operand, text, depth + 1))
    raise ValueError("is no arithmetic")


def _written(value: Decimal) -> str:
    """A number as people write it."""
    if not value.is_finite():
        raise ValueError("has no value")
    if value == value.to_integral_value() and value.adjusted() < _DIGITS:
        return f"{value.to_integral_value():f}" if value else "0"
    rounded = value.normalize(Context(prec=_SHOWN, Emax=_RANGE, Emin=-_RANGE, traps=[]))
    return f"{rounded:f}" if -_SHOWN < rounded.adjusted() < _SHOWN else str(rounded)
