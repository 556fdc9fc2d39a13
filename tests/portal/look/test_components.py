"""What presenters hand to components, and what tags and filters make of it."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from django import forms
from django.template import Context, Template, TemplateSyntaxError
from django.utils import translation

from portal.base.components import Status, bar_chart, due

TODAY = dt.date(2026, 11, 24)
AFTERNOON = dt.datetime(2026, 11, 18, 15, 5, tzinfo=ZoneInfo("America/Chicago"))


def rendered(text: str, **values: object) -> str:
    return Template(text).render(Context(values)).strip()


@pytest.mark.parametrize(
    ("days", "kind", "words"),
    [
        (-2, "stop", "Overdue by 2 days"),
        (-1, "stop", "Overdue by 1 day"),
        (0, "warn", "Due today"),
        (1, "warn", "1 day left"),
        (5, "warn", "5 days left"),
        (6, "wait", "6 days left"),
    ],
)
def test_a_due_date_says_how_far_off_it_is(days: int, kind: str, words: str):
    assert due(TODAY + dt.timedelta(days=days), TODAY) == Status(kind, words)


def test_a_status_has_one_of_the_known_shapes():
    with pytest.raises(ValueError, match="green"):
        Status("green", "Approved")


def test_a_status_is_shape_and_words():
    html = rendered('{% status "ok" "Approved" %}')
    assert "status-ok" in html
    assert "#check-circle-fill" in html
    assert html.endswith("Approved</span>")
    assert rendered("{% status state %}", state=Status("ok", "Approved")) == html


def test_words_of_a_status_are_escaped():
    assert "&lt;b&gt;" in rendered("{% status 'ok' words %}", words="<b>")


@pytest.mark.parametrize(
    ("language", "template", "expected"),
    [
        ("en", "{{ when|long_date }}", "November 18, 2026"),
        ("es", "{{ when|long_date }}", "18 de noviembre de 2026"),
        ("hmn", "{{ when|long_date }}", "November 18, 2026"),
        ("en", "{{ when|clock_time }}", "3:05 PM"),
        ("es", "{{ when|clock_time }}", "3:05 p.m."),
        ("en", "{{ when|long_time }}", "November 18, 2026, 3:05 PM"),
        ("en", "{% day when %}", '<time datetime="2026-11-18">November 18, 2026</time>'),
        ("en", "{% moment when %}", '<time datetime="2026-11-18T15:05-06:00">November 18, 2026, 3:05 PM</time>'),
    ],
)
def test_dates_are_long_and_in_the_readers_language(language: str, template: str, expected: str):
    with translation.override(language):
        assert rendered(template, when=AFTERNOON.astimezone(dt.UTC)) == expected


def test_a_moment_after_midnight_in_london_is_the_evening_before_at_the_district():
    assert (
        rendered("{% day when %}", when=dt.datetime(2026, 11, 19, 3, 0, tzinfo=dt.UTC))
        == '<time datetime="2026-11-18">November 18, 2026</time>'
    )


def test_a_date_without_time_is_taken_as_it_is():
    assert rendered("{{ when|long_date }}", when=dt.date(2027, 1, 4)) == "January 4, 2027"
    assert rendered("{{ when|clock_time }}", when=dt.time(8, 30)) == "8:30 AM"


@pytest.mark.parametrize(
    "template",
    ["{{ when|long_date }}", "{{ when|long_time }}", "{{ when|clock_time }}", "{% day when %}", "{% moment when %}", "{{ when|count }}"],
)
def test_nothing_shows_as_nothing(template: str):
    assert rendered(template, when=None) == ""


def test_numbers_have_their_commas():
    assert rendered("{{ number|count }}", number=1204567) == "1,204,567"


def test_a_chart_tells_its_numbers():
    chart = bar_chart("Views", [("Jun", 2), ("Jul", 0), ("Aug", 1204)], label_heading="Month", value_heading="Views")
    assert chart.description == "Jun: 2; Jul: 0; Aug: 1,204"
    assert [bar.height for bar in chart.bars] == [2, 0, 140]
    html = rendered('{% include "components/bar_chart.html" with chart=chart only %}', chart=chart)
    assert html.count("<rect") == 3
    assert "<title" in html
    assert "<desc" in html
    assert '<th scope="row">Aug</th><td class="number">1,204</td>' in html


@pytest.mark.parametrize("values", [[(str(number), 1) for number in range(13)], [("June", -1)]])
def test_a_chart_nobody_could_read_is_refused(values: list[tuple[str, int]]):
    with pytest.raises(ValueError, match="bar"):
        bar_chart("Views", values, label_heading="Month", value_heading="Views")


def test_an_empty_chart_is_empty():
    assert bar_chart("Views", [], label_heading="Month", value_heading="Views").bars == []


def test_a_block_component_wraps_what_stands_in_it():
    html = rendered("{% card title=title level=3 %}<p>{{ words }}</p>{% endcard %}", title="<Facts>", words="<b>")
    assert '<h3 class="box-title">&lt;Facts&gt;</h3>' in html
    assert "<p>&lt;b&gt;</p>" in html


def test_a_page_has_one_main_heading():
    with pytest.raises(TemplateSyntaxError):
        rendered('{% card title="Facts" level=1 %}{% endcard %}')


class Wish(forms.Form):
    why = forms.CharField(label="Why?", help_text="In a few words.", widget=forms.TextInput(attrs={"placeholder": "Why", "class": "own"}))
    who = forms.ChoiceField(label="Who", choices=[("a", "A"), ("b", "B")], widget=forms.RadioSelect)
    note = forms.CharField(label="Note", required=False)
    secret = forms.CharField(widget=forms.HiddenInput)

    def clean(self):
        raise forms.ValidationError("Ask somebody else.")


def test_a_field_is_named_explained_and_tied_to_its_error():
    html = rendered("{{ form.why.as_field_group }}", form=Wish({}))
    assert '<label class="field-label" for="id_why">Why?</label>' in html
    assert 'aria-describedby="id_why_helptext id_why_error"' in html
    assert 'aria-invalid="true"' in html
    assert html.index('id="id_why_error"') < html.index("<input")
    assert 'class="form-control own"' in html
    assert "placeholder" not in html


def test_a_group_of_choices_is_a_fieldset_with_one_label_each():
    html = rendered("{{ form.who.as_field_group }}", form=Wish())
    assert "<legend" in html
    assert html.count("<label") == 2
    assert html.count('class="form-check-input"') == 2


def test_only_what_may_stay_empty_is_marked():
    html = rendered("{{ form }}", form=Wish())
    assert html.count("(optional)") == 1
    assert rendered('{% include "components/field.html" with field=form.note compact=True only %}', form=Wish()).count("(optional)") == 0


def test_the_error_summary_takes_focus_and_links_to_the_fields():
    html = rendered('{% include "components/error_summary.html" with form=form only %}', form=Wish({}))
    assert 'tabindex="-1" autofocus' in html
    assert '<a href="#id_why">Why? This field is required.</a>' in html
    assert '<a href="#id_who_0">Who: This field is required.</a>' in html
    assert "<li>Ask somebody else.</li>" in html
    assert "id_secret" not in html


def test_there_is_no_summary_of_no_errors():
    assert rendered('{% include "components/error_summary.html" with form=form only %}', form=Wish()) == ""


def test_a_whole_form_brings_its_summary_once():
    html = rendered("{{ form }}", form=Wish({}))
    assert html.count("error-summary") == 1
    assert html.count("Ask somebody else.") == 1
    assert '<input type="hidden" name="secret"' in html
