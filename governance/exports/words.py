"""The fixed lists of exports: why, and as which file."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# Why somebody takes the trail out of the portal: a word from a fixed list, since the trail holds no free text.
PURPOSES: dict[str, str | Promise] = {
    "review": _("Regular review of who opens what"),
    "family": _("A family asked"),
    "incident": _("Looking into an incident"),
    "records_request": _("A records request, court or auditor"),
    "archive": _("Keeping a copy outside the portal"),
}
FORMS: dict[str, str | Promise] = {
    "csv": _("CSV, for spreadsheets and databases"),
    "xlsx": _("Excel workbook"),
    "jsonl": _("JSON lines, for programs"),
    "pdf": _("PDF report with summary and charts, for people"),
}
TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "jsonl": "application/x-ndjson; charset=utf-8",
    "pdf": "application/pdf",
}
