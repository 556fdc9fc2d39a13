"""What is written about days before today: when it was, which rows, and the entries of the trail that go with them."""

import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.utils import timezone

from governance.vocabulary import Action, Event, Role
from portal.pages.demo.looks import Look
from portal.pages.demo.plan import Plan


class Past:
    """The days before today, as one part of the demo fills them. `looks` are the entries that its acts left.

    `users` maps a persona to its account, `roles` an account to the role in which it acts (the entry names none where there is none).
    """

    def __init__(
        self,
        plan: Plan,
        users: dict[str, int],
        *,
        now: dt.datetime,
        using: str,
        roles: Mapping[int, str] | None = None,
        address: str | None = None,
        hour: int = 10,
    ):
        self.plan, self.users, self.now, self.using = plan, users, now, using
        self.roles = roles or {}
        self.address, self.hour = address, hour
        self.looks: list[Look] = []

    def ago(self, days: int, hour: int | None = None) -> dt.datetime:
        """A moment so many days back, at this hour or the usual one; never after now."""
        day = self.plan.today - dt.timedelta(days=days)
        return min(self.now, dt.datetime.combine(day, dt.time(hour or self.hour, days * 7 % 60), tzinfo=timezone.get_default_timezone()))

    def id_of(self, words: str) -> uuid.UUID:
        """The public id of a row that these words name: the same in every demo."""
        return uuid.uuid5(uuid.NAMESPACE_URL, f"riverbend.example/{words}")

    def new(self, model: type[models.Model], **values: object) -> models.Model:
        """Write one row."""
        return model._default_manager.using(self.using).create(**values)

    def tell(self, at: dt.datetime | None, event: Event, by: int | None, about: models.Model | None, action: Action, **more: Any) -> None:
        """The entry of an act; `more` are further columns of `Look`."""
        assert at is not None
        look = Look(
            at,
            event,
            by,
            Role(self.roles[by]) if by is not None and by in self.roles else None,
            self.address,
            uuid.uuid5(uuid.NAMESPACE_URL, f"{event} {at.isoformat()} {about.pk if about else ''}").hex[:16],
            action=int(action),
            **more,
        )
        if about is not None:
            look.object_pk, look.object_id = str(getattr(about, "public_id", about.pk)), about.pk
            look.content_type = ContentType.objects.db_manager(self.using).get_for_model(about).pk
        self.looks.append(look)
