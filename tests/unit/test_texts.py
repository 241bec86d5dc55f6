import pytest

from mithaq.domain.texts import UtcOffset, check_language
from mithaq.errors import MalformedError


@pytest.mark.parametrize(("text", "seconds"), [("+00:00", 0), ("+05:45", 20_700), ("-03:30", -12_600)])
def test_offsets(text, seconds):
    assert UtcOffset.parse(text).seconds == seconds


@pytest.mark.parametrize(
    "text", ["", "Z", "-00:00", "+15:00", "+1:00", "+01:20", "01:00", "Europe/Berlin", "+٠١:00"]
)
def test_an_offset_is_a_fixed_number(text):
    with pytest.raises(MalformedError):
        UtcOffset.parse(text)


@pytest.mark.parametrize("tag", ["ar", "fr-MA", "zgh-Tfng", "zh-Hant-TW", "es-419"])
def test_languages(tag):
    check_language(tag, "here")


@pytest.mark.parametrize("tag", ["", "AR", "arabic", "fr_MA", "fr-ma", "fr-", "ar\n"])
def test_other_tags_are_refused(tag):
    with pytest.raises(MalformedError):
        check_language(tag, "here")
