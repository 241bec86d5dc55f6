"""National rules only take away: whatever they leave, the signed text allows."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from mithaq.domain.findings import Findings
from mithaq.domain.handling import PAP, TLP, Handling
from mithaq.domain.kinds import EXCHANGE_KINDS
from mithaq.domain.moment import DAY
from mithaq.domain.narrowing import Narrowing, judge, narrow
from mithaq.domain.policy import judge as judge_by_text
from mithaq.domain.standing import Standing
from mithaq.domain.terms import FieldTerms
from mithaq.errors import MalformedError
from pair import NOW, Talk, make_terms, make_text

MEDIA = ("application/pdf", "text/html", "text/plain")
FIELDS = ("security", "life", "culture")


def some(values, low=0):
    return st.sets(st.sampled_from(values), min_size=low).map(lambda found: tuple(sorted(found)))


def paired(kinds):
    """Requests and replies go together."""
    asks = {"request", "reply"}
    return tuple(sorted({*kinds, *asks} if asks & {*kinds} else kinds))


@st.composite
def terms(draw) -> FieldTerms:
    kinds = paired(draw(some(EXCHANGE_KINDS, 1)))
    return make_terms(
        kinds=kinds,
        tlp=draw(st.sampled_from(TLP)),
        pap=draw(st.sampled_from(("", *PAP))),
        media_types=draw(some(MEDIA, 1)),
        body_max=draw(st.integers(1, 20)),
        retention_days=draw(st.integers(1, 20)),
        profile="general" if "request" in kinds else "",
    )


@st.composite
def narrowings(draw) -> Narrowing:
    members = {
        "relation": draw(st.sampled_from(("", "atlas-lindmark", "other"))),
        "field": draw(st.sampled_from(("", *FIELDS))),
        "kinds": paired(draw(some(EXCHANGE_KINDS))),
        "media_types": draw(some(MEDIA)),
        "tlp": draw(st.sampled_from(("", *TLP))),
        "pap": draw(st.sampled_from(("", *PAP))),
        "retention_days": draw(st.integers(0, 25)),
        "body_max": draw(st.integers(0, 25)),
    }
    if draw(st.integers(0, 9)) == 0:
        return Narrowing(field=draw(st.sampled_from(FIELDS)), closed="field")
    try:
        return Narrowing(**members)
    except MalformedError:  # it closes nothing
        return Narrowing(**members | {"tlp": "red"})


@st.composite
def texts(draw):
    fields = {name: draw(terms()) for name in FIELDS}
    asks = any(each.profile for each in fields.values())
    return make_text(fields=fields, profiles=make_text().profiles if asks else {})


@st.composite
def entries(draw, text):
    talk, kind = Talk(), draw(st.sampled_from(("alert", "information", "request", "expertise")))
    bodies = draw(
        st.lists(
            st.builds(talk.body, type=st.sampled_from(MEDIA), size=st.integers(0, 25)), min_size=1, max_size=3
        )
    )
    facts = {"facts": {"status": "exercise"}} if kind == "expertise" else {}
    return talk.share(
        0,
        text.digest,
        kind,
        field=draw(st.sampled_from(FIELDS)),
        handling=Handling(draw(st.sampled_from(TLP)), draw(st.sampled_from(("", *PAP)))),
        keep_until=NOW + draw(st.integers(0, 25)) * DAY + draw(st.integers(0, 1)),
        bodies=tuple(bodies),
        **facts,
    )


LISTS = st.lists(narrowings(), max_size=4)


@given(terms(), LISTS)
def test_terms_are_never_wider(given_terms, rules):
    narrowed = narrow(given_terms, rules)
    if narrowed is None:
        return
    assert set(narrowed.kinds) <= set(given_terms.kinds)
    assert set(narrowed.media_types) <= set(given_terms.media_types)
    assert TLP.index(narrowed.tlp) <= TLP.index(given_terms.tlp)
    assert ("", *PAP).index(narrowed.pap) <= ("", *PAP).index(given_terms.pap)
    assert narrowed.retention_days <= given_terms.retention_days
    assert narrowed.body_max <= given_terms.body_max
    same = ("data", "onward", "protects", "title")
    assert [getattr(narrowed, name) for name in same] == [getattr(given_terms, name) for name in same]


@given(terms(), LISTS, st.randoms(use_true_random=False))
def test_the_order_of_rules_does_not_matter_nor_does_saying_them_twice(given_terms, rules, random):
    shuffled = [*rules, *rules]
    random.shuffle(shuffled)
    assert narrow(given_terms, shuffled) == narrow(given_terms, rules)


@given(st.data())
def test_what_is_acceptable_under_narrowed_terms_is_acceptable_under_the_text(data):
    """The narrowed terms, as those of a text that is asked in full, allow nothing that the text refuses."""
    text = data.draw(texts())
    entry, rules = data.draw(entries(text)), data.draw(LISTS)
    mine = [each for each in rules if each.concerns(text.relation, entry.field)]
    narrowed = narrow(text.fields[entry.field], mine)
    found = [Findings(body.type, body.objects) for body in entry.bodies]
    standing = Standing(text, activated=True, card_until=NOW + DAY)
    by_text = judge_by_text(entry, found, standing).codes
    if narrowed is None:
        assert judge(entry, text, rules) == ("field",)
        return
    fields = text.fields | {entry.field: narrowed}
    asks = any(each.profile for each in fields.values())
    changed = make_text(fields=fields, profiles=text.profiles if asks else {})
    by_narrowed = judge_by_text(entry, found, replace(standing, text=changed)).codes
    lapsed = {"urgency"} if not narrowed.profile else set()  # of a kind that is closed altogether
    assert set(by_text) - lapsed <= set(by_narrowed)
    # And what national rules say beyond the text is just what the narrowed terms refuse.
    assert set(by_narrowed) == set(by_text) - lapsed | set(judge(entry, text, rules))
