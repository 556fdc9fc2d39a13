"""What was opened, as plain values for templates: headings, lines of text, and the ground on which each stands."""

from governance.records.present.classes import ask_url, class_cards, class_list, class_url, matches, offers, part_of, parts_of
from governance.records.present.found import FoundList, found_among, found_in_schools
from governance.records.present.grounds import (
    DecisionLine,
    basis_words,
    citation_of,
    decision_line,
    law_url_of,
    left_out,
    marks_of,
    reasons_of,
)
from governance.records.present.looks import own_line, what_words
from governance.records.present.values import Fact, Group, call_name, grade_words, groups_of, lines_of, relation_words

__all__ = [
    "DecisionLine",
    "Fact",
    "FoundList",
    "Group",
    "ask_url",
    "basis_words",
    "call_name",
    "citation_of",
    "class_cards",
    "class_list",
    "class_url",
    "decision_line",
    "found_among",
    "found_in_schools",
    "grade_words",
    "groups_of",
    "law_url_of",
    "left_out",
    "lines_of",
    "marks_of",
    "matches",
    "offers",
    "own_line",
    "part_of",
    "parts_of",
    "reasons_of",
    "relation_words",
    "what_words",
]
