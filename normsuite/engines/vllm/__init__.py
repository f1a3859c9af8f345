"""The vLLM engine: one request per prompt, in a process of its own.

The process that renders prompts and writes parts never imports vLLM. It talks over a socket to a child that
holds the engine (``process.py``), so that both work at the same time and the child goes with its parent.
"""

from normsuite.engines.vllm.engine import VllmEngine
from normsuite.engines.vllm.options import parse_options
from normsuite.engines.vllm.spec import VllmSpec

__all__ = ["VllmEngine", "VllmSpec", "parse_options"]
