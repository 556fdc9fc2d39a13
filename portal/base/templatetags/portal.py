"""Tags and filters that every template has (a builtin in settings): dates, numbers, icons and components (docs/reference/components.md)."""

import datetime as dt
from typing import Any

from django import template
from django.forms import BoundField
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils import timezone
from django.utils.dateformat import format as format_date
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import slugify
from django.utils.translation import get_language, gettext

from portal.base.components import STATUS_ICONS, Status

register = template.Library()

_LONG_DATE = {"es": r"j \d\e F \d\e Y"}
_CLOCK = {"es": "g:i a"}


def _local(value: dt.datetime) -> dt.datetime:
    return timezone.localtime(value) if timezone.is_aware(value) else value


@register.filter(expects_localtime=True)
def long_date(value: dt.date | dt.datetime | None) -> str:
    """“November 18, 2026”, in the reader's language; nothing for None."""
    if not value:
        return ""
    return format_date(_local(value) if isinstance(value, dt.datetime) else value, _LONG_DATE.get(get_language() or "", "F j, Y"))


@register.filter(expects_localtime=True)
def clock_time(value: dt.datetime | dt.time | None) -> str:
    """“3:05 PM”, in the reader's language; nothing for None."""
    if value in (None, ""):
        return ""
    when = dt.datetime.combine(dt.date.min, value) if isinstance(value, dt.time) else _local(value)
    return format_date(when, _CLOCK.get(get_language() or "", "g:i A"))


@register.filter(expects_localtime=True)
def long_time(value: dt.datetime | None) -> str:
    """“November 18, 2026, 3:05 PM”, in the reader's language; nothing for None."""
    if not value:
        return ""
    return gettext("%(date)s, %(time)s") % {"date": long_date(value), "time": clock_time(value)}


@register.simple_tag
def day(value: dt.date | dt.datetime | None) -> str:
    """The long date as a `<time>` element; nothing for None."""
    if not value:
        return ""
    date = _local(value).date() if isinstance(value, dt.datetime) else value
    return format_html('<time datetime="{}">{}</time>', date.isoformat(), long_date(value))


@register.simple_tag
def moment(value: dt.datetime | None) -> str:
    """The long date and the time of day as a `<time>` element; nothing for None."""
    if not value:
        return ""
    return format_html('<time datetime="{}">{}</time>', _local(value).isoformat(timespec="minutes"), long_time(value))


@register.filter
def count(value: int | str | None) -> str:
    """A whole number as people here write it: “1,204”; nothing for None."""
    if value is None or value == "":
        return ""
    return f"{int(value):,}"


@register.simple_tag
def icon(name: str, label: str = "") -> str:
    """A picture of the sprite static/img/icons.svg: mute for screen readers, or spoken as `label`."""
    href = f"{static('img/icons.svg')}#{name}"
    if label:
        return format_html('<svg class="icon" role="img" aria-label="{}"><use href="{}"></use></svg>', label, href)
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}"></use></svg>', href)


@register.simple_tag
def status(kind: str | Status, text: str = "") -> str:
    """A state as shape, color and words: `{% status "ok" _("Approved") %}`, or `{% status due %}` with a Status value."""
    state = kind if isinstance(kind, Status) else Status(kind, text)
    # Not a template of its own: a long table shows hundreds.
    return format_html('<span class="status status-{}">{}{}</span>', state.kind, icon(STATUS_ICONS[state.kind]), state.text)


@register.simple_block_tag
def table(content: str, caption: str, caption_hidden: bool = False, stack: bool = True, id: str = "") -> str:
    """A table around its own `<thead>` and `<tbody>`; stacks on a phone, where each cell shows its `data-label`."""
    return _component("table", content, caption=caption, caption_hidden=caption_hidden, stack=stack, id=id)


@register.simple_block_tag
def card(content: str, title: str = "", level: int = 2, kind: str = "") -> str:
    """A framed part of a page with a heading of that level; `kind` (ok, warn, stop, info) colors its edge."""
    return _component("card", content, title=title, tag=_heading(level), kind=kind)


@register.simple_block_tag
def panel(content: str, kind: str = "info", title: str = "", level: int = 2) -> str:
    """A message that stands out: ok, info, warn or stop."""
    return _component("panel", content, kind=kind, title=title, tag=_heading(level), icon_name=STATUS_ICONS[kind])


@register.simple_block_tag
def consent_card(
    content: str,
    title: str,
    sort: str,
    state: Status | None = None,
    text: str = "",
    if_nothing: str = "",
    until: dt.date | None = None,
    level: int = 3,
) -> str:
    """One choice of a family around its buttons. `sort`: opt_in (we need your OK), opt_out (you can say no), info."""
    return _component(
        "consent_card", content, title=title, sort=sort, state=state, text=text, if_nothing=if_nothing, until=until, tag=_heading(level)
    )


@register.simple_block_tag
def confirm_panel(content: str, title: str, kind: str = "warn", consequences: list[str] | None = None, level: int = 2) -> str:
    """A last question before an act that is hard to undo, around its form. `consequences` are told as a list."""
    return _component("confirm_panel", content, title=title, kind=kind, consequences=consequences or [], tag=_heading(level))


@register.simple_block_tag
def filter_bar(content: str, action: str = "", label: str = "", target: str = "", clear: str = "") -> str:
    """A form by GET around its fields; with `target` (an id) and JavaScript only that part of the page is fetched again."""
    return _component("filter_bar", content, action=action, label=label or gettext("Filter"), target=target, clear=clear)


@register.filter
def anchor(field: BoundField) -> str:
    """The id that a link to the field jumps to: the first choice of a group, else the input."""
    return f"{field.auto_id}_0" if field.field.widget.use_fieldset else field.id_for_label


@register.filter
def lead_in(label: str) -> str:
    """A label as the start of a line: with a colon, unless it ends in a sign of its own."""
    text = str(label).strip()
    return text if text.endswith(("?", "!", ":", ".")) else f"{text}:"


@register.filter
def key(value: str) -> str:
    """A text as an id or class of HTML."""
    return slugify(value)


def _component(name: str, content: str, **values: Any) -> SafeString:
    return render_to_string(f"components/{name}.html", {"content": mark_safe(content), **values})  # nosec: rendered by the template already


def _heading(level: int) -> str:
    if level not in {2, 3, 4, 5, 6}:
        raise template.TemplateSyntaxError(f"a heading of level {level} does not exist inside a page")
    return f"h{level}"
