"""Exports: a task for another framework, with the very prompts that a run asks."""
