"""The scorer `agents`: a question is answered in steps, with documents to search and a calculator to use.

After the pipeline of SOCIAL (Yuan et al. 2024, "Measuring Social Norms of Large Language Models", section 4),
on any engine: ``pipeline`` shows the way through the steps. Unlike there, what is searched is a folder that
the user names, and what the model writes is never run as code.
"""

from normsuite.scorers.agents.documents import Documents, read_documents
from normsuite.scorers.agents.pipeline import SCORER, Agents, check, predict, prepare_agents

__all__ = ["SCORER", "Agents", "Documents", "check", "predict", "prepare_agents", "read_documents"]
