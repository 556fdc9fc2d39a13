"""What people do with reviews and approvals. Each verb is one transaction with its entry.

Reasons and notes stay in the rows: the trail holds ids, element names and words of fixed lists.
"""

from vendors.reviews.actions.answers import answer, findings_of, items_of
from vendors.reviews.actions.approvals import end_approval
from vendors.reviews.actions.decisions import CannotDecide, approve, drop, refuse
from vendors.reviews.actions.guidance import receive_advice, write_guidance
from vendors.reviews.actions.openings import ask_again, assign, open_review
from vendors.reviews.actions.parts import CannotReview
from vendors.reviews.actions.questionnaires import hand_in, send_questionnaire

__all__ = [
    "CannotDecide",
    "CannotReview",
    "answer",
    "approve",
    "ask_again",
    "assign",
    "drop",
    "end_approval",
    "findings_of",
    "hand_in",
    "items_of",
    "open_review",
    "receive_advice",
    "refuse",
    "send_questionnaire",
    "write_guidance",
]
