"""The openai engine: any server that speaks OpenAI's HTTP API, with token ids or with texts."""

from normsuite.engines.openai.engine import OpenaiEngine
from normsuite.engines.openai.spec import OpenaiSpec

__all__ = ["OpenaiEngine", "OpenaiSpec"]
