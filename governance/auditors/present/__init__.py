"""Audits, samples and work papers as plain values for templates."""

from governance.auditors.present.engagements import engagement_row, said
from governance.auditors.present.papers import PaperRow, answer_rows, entry_place, evidence_rows, paper_file, paper_row, parts_of
from governance.auditors.present.samples import item_row, sample_facts, sample_file, sample_row, strata_rows

__all__ = [
    "PaperRow",
    "answer_rows",
    "engagement_row",
    "entry_place",
    "evidence_rows",
    "item_row",
    "paper_file",
    "paper_row",
    "parts_of",
    "said",
    "sample_facts",
    "sample_file",
    "sample_row",
    "strata_rows",
]
