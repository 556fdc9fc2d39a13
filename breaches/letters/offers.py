"""What the district offers to the people of a letter. Rooms above register how it is known; this one only asks."""

from collections.abc import Callable, Sequence

from breaches.notices.models import Recipient

# Answers the titles of what is offered to a recipient, in the language of the page that asks.
Offers = Callable[[Recipient], Sequence[str]]
_known: list[Offers] = []


def offers(function: Offers) -> Offers:
    """Register the function below as one that knows of offers. Called when an app starts."""
    if function not in _known:
        _known.append(function)
    return function


def to(recipient: Recipient) -> list[str]:
    """All that is offered to a recipient, by its titles."""
    return [title for each in _known for title in each(recipient)]
