"""Tables of the user's own: read as a task file's ``data.table`` says, without code."""

from normsuite.tables.load import TableSource, load_table, tables_of, task_items, unmapped_countries

__all__ = ["TableSource", "load_table", "tables_of", "task_items", "unmapped_countries"]
