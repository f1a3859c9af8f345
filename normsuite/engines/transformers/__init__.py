"""The transformers engine: the float32 reference, on CPU or GPU."""

from normsuite.engines.transformers.encoder import EncoderEngine
from normsuite.engines.transformers.engine import TransformersEngine
from normsuite.engines.transformers.seeing import SeeingEngine
from normsuite.engines.transformers.spec import DTYPES, TransformersSpec, chosen_device, chosen_dtype

__all__ = [
    "DTYPES",
    "EncoderEngine",
    "SeeingEngine",
    "TransformersEngine",
    "TransformersSpec",
    "chosen_device",
    "chosen_dtype",
]
