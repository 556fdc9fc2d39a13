"""What people do with a request. Each verb is one transaction: it locks the row, checks state and person, and writes its entry.

What the asker and the steward type about children stays in the request: the trail holds ids and words from fixed lists.
"""

from governance.requests.actions.checks import Checked, check, given_anyway
from governance.requests.actions.decisions import CannotDecide, decide
from governance.requests.actions.drafts import save_draft, submit, withdraw
from governance.requests.actions.grants import end_grant
from governance.requests.actions.questions import ask_information, give_information

__all__ = [
    "CannotDecide",
    "Checked",
    "ask_information",
    "check",
    "decide",
    "end_grant",
    "give_information",
    "given_anyway",
    "save_draft",
    "submit",
    "withdraw",
]
