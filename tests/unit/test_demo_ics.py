"""The calendar of the exercise: one event, folded and escaped as RFC 5545 wants it, in both languages."""

from datetime import date

import pytest

from mithaq.demo import cairo_parts, ics
from mithaq.demo.exercise import mark
from mithaq.formats import media

MADE, FIRST = date(2026, 11, 25), date(2026, 12, 31)
EVENT = ics.Event("forum@exercise.example", MADE, FIRST, 2, "a; b, c\\d", "here", "one\ntwo")


def unfolded(content):
    return content.decode().replace("\r\n ", "").split("\r\n")


def test_it_lasts_whole_days():
    lines = unfolded(ics.write(EVENT))
    assert "DTSTAMP:20261125T000000Z" in lines
    assert "DTSTART;VALUE=DATE:20261231" in lines
    assert "DTEND;VALUE=DATE:20270102" in lines
    assert (lines[0], lines[-2:]) == ("BEGIN:VCALENDAR", ["END:VCALENDAR", ""])


def test_signs_of_the_format_are_escaped():
    lines = unfolded(ics.write(EVENT))
    assert "SUMMARY:a\\; b\\, c\\\\d" in lines
    assert "DESCRIPTION:one\\ntwo" in lines


@pytest.mark.parametrize("letter", ["x", "é", "م", "𐎀"])
def test_lines_are_folded_between_letters(letter):
    event = ics.Event("u", MADE, FIRST, 1, letter * 100, "", "")
    content = ics.write(event)
    assert all(len(line) <= 75 for line in content.split(b"\r\n"))
    assert all(line.decode() for line in content.split(b"\r\n")[:-1])
    assert f"SUMMARY:{letter * 100}" in unfolded(content)


def test_the_forum_is_a_calendar_that_names_nobody():
    ((media_type, content),) = cairo_parts.forum(date(2026, 12, 1)).message.contents
    assert media_type == media.CALENDAR
    found = media.examine(media_type, content)
    assert (found.problems, found.persons) == ((), False)
    assert all(mark(language) in "".join(unfolded(content)) for language in cairo_parts.LANGUAGES)
    assert unfolded(content)[9].startswith("SUMMARY:تمرين · ")
    assert not any(line.startswith(("ATTENDEE", "ORGANIZER", "CONTACT")) for line in unfolded(content))
