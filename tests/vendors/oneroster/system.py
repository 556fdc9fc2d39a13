"""A tool's system as its engineer would write it: signs in, asks, follows the links."""

import dataclasses
import json
import re
from typing import Any

from django.test import Client as Browser

from portal.base import clock
from tests.governance.situations import person
from tests.vendors.sharing.made import seen
from vendors.oneroster import actions, standard
from vendors.sharing.models import Delivery

ELEMENTS = ("name", "grade", "local-id", "username", "email", "school", "schedule", "teachers", "birth-date", "gender", "ethnicity")


@dataclasses.dataclass
class System:
    """One system with its credentials."""

    delivery: Delivery
    client_id: str
    secret: str
    token: str = ""
    browser: Browser = dataclasses.field(default_factory=Browser)

    def sign_in(self, **more: str) -> Any:
        """Ask for a token; keeps it where there is one."""
        form = {"grant_type": "client_credentials", "client_id": self.client_id, "client_secret": self.secret} | more
        answer = self.browser.post("/oauth/token", form)
        self.token = answer.json().get("access_token", "")
        return answer

    def ask(self, path: str, **query: Any) -> Any:
        """A request below the base; whatever the answer."""
        return self.browser.get(standard.BASE + path, query, headers={"Authorization": f"Bearer {self.token}"})

    def get(self, path: str, **query: Any) -> Any:
        """What stands in an answer that must be good: the list, or the object."""
        answer = self.ask(path, **query)
        assert answer.status_code == 200, (answer.status_code, answer.content)
        [(_key, found)] = answer.json().items()
        return found

    def all(self, path: str, **query: Any) -> list[dict[str, Any]]:
        """A whole list, by its links."""
        answer = self.ask(path, **query)
        assert answer.status_code == 200, (answer.status_code, answer.content)
        found: list[dict[str, Any]] = next(iter(answer.json().values()))
        while (after := re.search(r'<[^>]*?(/ims/[^>]*)>; rel="next"', answer.headers.get("Link", ""))) is not None:
            answer = self.browser.get(after.group(1), headers={"Authorization": f"Bearer {self.token}"})
            found += next(iter(answer.json().values()))
        return found


def fault(answer: Any) -> tuple[int, str]:
    """(status, code minor) of an error in the form of the standard."""
    told = json.loads(answer.content)
    assert (told["imsx_codeMajor"], told["imsx_severity"]) == ("failure", "error") and told["imsx_description"]
    [minor] = told["imsx_CodeMinor"]["imsx_codeMinorField"]
    assert minor["imsx_codeMinorFieldName"] == "TargetEndSystem"
    return answer.status_code, minor["imsx_codeMinorFieldValue"]


def connected(delivery: Delivery | None = None, **more: Any) -> System:
    """A system that has signed in, of a delivery whose preview somebody confirmed."""
    found = delivery or seen(**({"elements": ELEMENTS} | more))
    client, secret = actions.make(tool=found.tool, by=person("admin"), at=clock.now())
    made = System(found, str(client.public_id), secret)
    answer = made.sign_in()
    assert answer.status_code == 200, answer.content
    return made
