"""A checked title as a page, tables, markers for editing suites, and a summary in the terminal."""

from divas_jax.title.report.files import write_report
from divas_jax.title.report.index import write_index
from divas_jax.title.report.summary import print_summary

__all__ = ["print_summary", "write_index", "write_report"]
