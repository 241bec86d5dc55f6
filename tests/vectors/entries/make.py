"""Make the vectors in this directory: ``python tests/vectors/entries/make.py``.

Each is the bytes of one entry as a log would hold them; ``index.json`` says of each whether it parses,
and for those that do the leaf hash. Nothing here is taken from elsewhere.
"""

import hashlib
import json
import sys
from pathlib import Path

HERE = Path(__file__).parent
BASE = {
    "v": 1,
    "log": "spoc.interior-atlas.example/to/spoc.interior-lindmark.example/1",
    "id": "000102030405060708090a0b0c0d0e0f",
    "kind": "information",
    "at": 1_800_000_000,
    "agreement": "ab" * 32,
    "field": "security",
    "handling": {"tlp": "green"},
    "keep_until": 1_800_086_400,
    "facts": {"status": "exercise"},
    "bodies": [{"type": "text/plain", "size": 5, "objects": 1, "commit": "cd" * 32}],
}
HELD = {
    "v": 1,
    "log": BASE["log"],
    "id": BASE["id"],
    "kind": "held",
    "at": 1_800_000_000,
    "facts": {
        "of": "spoc.interior-lindmark.example/to/spoc.interior-atlas.example/1",
        "size": 7,
        "root": "ef" * 32,
        "time": 1_800_000_000,
        "missing": [{"from": 3, "to": 5, "reason": "absent"}],
    },
}


def pack(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def change(base=BASE, **members):
    return pack({name: member for name, member in (base | members).items() if member is not ...})


def swap(old, new, base=BASE):
    data = pack(base)
    assert data.count(old) == 1, old
    return data.replace(old, new)


def wide(size):
    """A ``held`` of exactly this many bytes: a thousand ranges, whose numbers get shorter until it fits."""
    ranges = [{"from": 10**15, "to": 10**15, "reason": "throttled"} for _ in range(1_000)]
    facts = HELD["facts"] | {"missing": ranges}
    over = len(change(HELD, facts=facts)) - size
    for each in ranges:
        for name in ("from", "to"):
            cut = min(over, 15)
            each[name] = 10 ** (15 - cut)
            over -= cut
    return change(HELD, facts=facts)


REFS = ["11" * 32, "22" * 32]
VECTORS = {
    "good-information": (True, pack(BASE), "an exchange entry as it must be"),
    "good-held": (True, pack(HELD), "a housekeeping entry as it must be"),
    "good-handling": (
        True,
        change(handling={"tlp": "amber+strict", "pap": "red", "h": ["H1", "H3"]}),
        "every member of handling",
    ),
    "good-by": (True, change(by={"role": "duty-officer", "number": "DO-7"}), "a person acted, by number"),
    "duplicate-member": (False, swap(b'"v":1', b'"v":1,"v":1'), "the last of two would win elsewhere"),
    "duplicate-differs": (False, swap(b'"at":1800000000', b'"at":1,"at":1800000000'), "readers could differ"),
    "space": (False, swap(b'"v":1', b'"v": 1'), "one value, one form"),
    "newline-after": (False, pack(BASE) + b"\n", "bytes after the object"),
    "unsorted": (False, json.dumps(BASE, separators=(",", ":")).encode(), "members out of order"),
    "escape-u": (False, swap(b'"security"', b'"secur\\u0069ty"'), "an escape for a plain letter"),
    "escape-slash": (False, swap(b"text/plain", b"text\\/plain"), "an escape that JSON allows and we do not"),
    "bidi-escape": (False, swap(b'"security"', b'"secur\\u202eity"'), "a direction control by its escape"),
    "bidi-raw": (False, swap(b'"security"', '"secur\u202eity"'.encode()), "a direction control"),
    "control-raw": (False, swap(b'"security"', b'"secur\x01ity"'), "a control character"),
    "delete-raw": (False, swap(b'"security"', b'"secur\x7fity"'), "the one control that JSON does not name"),
    "surrogate": (False, swap(b'"security"', b'"secur\\ud800ity"'), "half a character"),
    "utf8-broken": (False, swap(b'"security"', b'"secur\xffity"'), "not UTF-8"),
    "bom": (False, b"\xef\xbb\xbf" + pack(BASE), "a byte order mark"),
    "float": (False, swap(b'"at":1800000000', b'"at":1800000000.0'), "a float that is whole"),
    "exponent": (False, swap(b'"at":1800000000', b'"at":18E8'), "an exponent that is whole"),
    "negative": (False, change(at=-1), "a negative number"),
    "minus-zero": (False, swap(b'"size":5', b'"size":-0'), "two zeros"),
    "leading-zero": (False, swap(b'"size":5', b'"size":05'), "no JSON"),
    "2-53": (False, change(at=2**53), "one more than every reader keeps exact"),
    "2-64": (False, change(at=2**64), "more than a machine word"),
    "true": (False, swap(b'"v":1', b'"v":true'), "true counts as one in some languages"),
    "null": (False, swap(b'"field":"security"', b'"field":null'), "absent is absent"),
    "depth-7": (False, change(facts={"a": {"b": {"c": {"d": {"e": [1]}}}}}), "seven within each other"),
    "empty-list": (False, change(re=[]), "absent is absent"),
    "empty-object": (False, change(facts={}), "absent is absent"),
    "empty-string": (False, change(field=""), "absent is absent"),
    "unknown-member": (False, change(note="x"), "an unknown member at a known v"),
    "unknown-fact": (False, change(facts={"status": "exercise", "why": "x"}), "no free text"),
    "unknown-kind": (False, change(kind="order"), "a kind that is not in the table"),
    "v-0": (False, change(v=0), "a version before the first"),
    "v-2": (False, change(v=2), "a version that this software lacks"),
    "re-twice": (
        False,
        change(
            kind="reply",
            re=[REFS[0], REFS[0]],
            facts={"status": "exercise", "items": [{"item": 1, "status": "answered"}]},
        ),
        "one reference twice",
    ),
    "re-65": (
        False,
        change(
            HELD,
            kind="verdict",
            re=[f"{n:064x}" for n in range(65)],
            facts={"result": "accepted"},
        ),
        "one reference too many",
    ),
    "re-upper": (
        False,
        change(HELD, kind="verdict", re=["AB" * 32], facts={"result": "accepted"}),
        "a digest in upper case",
    ),
    "bodies-65": (False, change(bodies=BASE["bodies"] * 65), "one body too many"),
    "no-bodies": (False, change(bodies=...), "information without a content"),
    "bodies-without-handling": (False, change(handling=...), "contents without marks"),
    "pap-zero": (
        False,
        change(handling={"pap": 0, "tlp": "green"}),
        "a member that would be lost in reading",
    ),
    "h-unsorted": (False, change(handling={"h": ["H3", "H1"], "tlp": "green"}), "a set has one form"),
    "tlp-white": (False, change(handling={"tlp": "white"}), "a level of TLP 1"),
    "house-with-agreement": (
        False,
        change(HELD, agreement="ab" * 32, field="security"),
        "held is housekeeping",
    ),
    "log-to-itself": (
        False,
        change(log="spoc.interior-atlas.example/to/spoc.interior-atlas.example/1"),
        "one party",
    ),
    "log-upper": (False, change(log=BASE["log"].replace("spoc", "SPOC")), "an origin in upper case"),
    "log-0": (False, change(log=BASE["log"][:-1] + "0"), "logs count from 1"),
    "facts-list": (False, change(facts=["exercise"]), "a list where an object belongs"),
    "re-string": (False, change(HELD, re="11" * 32), "a string where a list belongs"),
    "handling-string": (False, change(handling="green"), "a string where an object belongs"),
    "bodies-object": (False, change(bodies=BASE["bodies"][0]), "an object where a list belongs"),
    "log-number": (False, change(log=1), "a number where a string belongs"),
    "array": (False, b"[" + pack(BASE) + b"]", "not an object"),
    "empty": (False, b"", "nothing"),
    "65535-bytes": (True, wide(65_535), "as long as an entry may be"),
    "65536-bytes": (False, wide(65_536), "one byte more than an entry may have"),
}


def main():
    for old in HERE.glob("*.entry"):
        old.unlink()
    index = {}
    for name, (parses, data, why) in VECTORS.items():
        (HERE / f"{name}.entry").write_bytes(data)
        index[name] = {"parses": parses, "why": why}
        if parses:
            index[name]["leaf"] = hashlib.sha256(b"\0" + data).hexdigest()
    (HERE / "index.json").write_text(json.dumps(index, indent=1) + "\n")
    sys.stdout.write(f"{len(index)} vectors\n")


if __name__ == "__main__":
    main()
