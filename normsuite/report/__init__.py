"""A run, told to people: in the terminal and as one page that works from disk.

``tables`` picks the rows and ``cells`` computes the heat maps; ``terminal`` and ``html`` only set them.
"""

from normsuite.report.html import write_html
from normsuite.report.terminal import print_report

__all__ = ["print_report", "write_html"]
