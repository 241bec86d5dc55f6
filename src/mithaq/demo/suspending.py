"""Either side may suspend a field, alone and at once; its authority alone lifts that again (protocol 4)."""

from mithaq.demo.exercise import read_in
from mithaq.demo.outcome import Shown
from mithaq.demo.part import Part
from mithaq.demo.refusal import facts, kept_back, quoted
from mithaq.demo.stage import Stage, wait
from mithaq.domain.declaration import Declared

_CODES = ("suspended",)


def suspend(stage: Stage, barred: Part, vital: Part) -> None:
    """Suspend a field and see what it does; then resume it.

    Args:
        stage: the exercise.
        barred: what the partner may not say in this field meanwhile.
        vital: what it may say in a field that protects life.
    """
    words, text = stage.words, stage.agreement
    partner, seat = stage.sides(barred)
    field = quoted(words, read_in(text.fields[barred.message.field].title, words.language))
    name = stage.screen.ltr(seat.origin)
    stage.screen.step(words("{name} suspends the field {field}, at once", name=name, field=field))
    leaf = seat.service.suspend(partner.origin, text.digest, barred.message.field)
    wait("the suspension arrives", lambda: partner.halted(seat.origin))
    kept_back(stage, barred, _CODES)
    passed = stage.tell(vital, listed=False)
    seat.service.declare(partner.origin, seat.declare(Declared.RESUME, text, leaf))
    wait("the resumption arrives", lambda: not partner.halted(seat.origin))
    stage.screen.detail(words("The authority resumes the field by its signature."))
    line = words(
        "While the field {field} was suspended, a request in it was refused and an alert"
        " that protects life passed.",
        field=field,
    )
    stage.shown.append(Shown("suspension", line, {"passed": passed.leaf, **facts(barred, _CODES)}))
