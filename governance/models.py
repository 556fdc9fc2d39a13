"""The models of the rooms that share this app."""

from governance.authority.models import Absence, Basis, Clock, Element, Grant, Law, Purpose, Rule, RuleSet, RuleVersion, Stewardship
from governance.requests.models import DataRequest, RequestedElement, RequestMessage

__all__ = [
    "Absence", "Basis", "Clock", "DataRequest", "Element", "Grant", "Law", "Purpose", "RequestMessage", "RequestedElement", "Rule", "RuleSet",
    "RuleVersion", "Stewardship",
]  # fmt: skip
