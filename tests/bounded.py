"""Worst inputs within every limit, each read in a process that may take so much memory and no more.

Run by itself it prints what each one took: ``PYTHONPATH=tests python tests/bounded.py [case …]``. A case
gives the input, what reads it, and how much memory that may take. The child may also use ``CPU_SECONDS`` of
the processor: what is quadratic in its input, or worse, does not end in that time.
"""

import gc
import hashlib
import json
import os
import resource
import sys
import tempfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import documents
from mithaq.audit.receipt import RECEIPT_MAX
from mithaq.audit.verify import verify_receipt
from mithaq.crypto import sealing
from mithaq.crypto.notes import Note
from mithaq.domain import canonical, strict_toml
from mithaq.domain.agreement import AGREEMENT_MAX, Agreement
from mithaq.domain.card import CARD_MAX, Card
from mithaq.domain.entry import BODY_MAX, ENTRY_MAX, Entry
from mithaq.domain.party import LogName
from mithaq.errors import MithaqError
from mithaq.exchange import contents
from mithaq.exchange.manifest import ENTRIES_MAX, NOTE_MAX, Manifest, Part
from mithaq.exchange.pouch import MAGIC, MANIFEST_MAX, MANIFEST_STEP, hpke_info, open_pouch, unpack_entries
from mithaq.formats import media, stix, stix_fast, stix_pattern, strict_json
from mithaq.node.directory import Config
from mithaq.tlog.proof import TLOG_PROOF_MAX, TlogProof
from mithaq.wire.http import POUCH_MAX as CARRIED_MAX
from mithaq.wire.link import PouchReader
from nodes import make_pair
from pouches import batch, deliver, entries, forge, head, own
from stix_samples import indicator, name, observable
from vectors.pouches.make import KA, KB, MANIFEST
from vectors.receipts.make import CARD_A, CARD_B, SIGNED_A, SIGNED_B, good

MIB = 2**20
CPU_SECONDS = 30
"""Far more than any of these takes on a slow machine."""
SLACK = 4 * MIB
"""What Python takes by the way, whatever the input: tables, compiled schemas, heads of arenas."""


@dataclass(frozen=True)
class Case:
    """One worst input.

    Args:
        make: gives it.
        read: the parser.
        limit: bytes that its format allows.
        factor: how many times that the parser may take.
    """

    make: Callable[[], Any]
    read: Callable[[Any], object]
    limit: int
    factor: float

    @property
    def allowed(self) -> int:
        """Bytes of memory beside the input."""
        return int(self.limit * self.factor) + SLACK


CASES: dict[str, Case] = {}


def case(read: Callable[[Any], object], limit: int, factor: float) -> Callable[[Callable[[], Any]], None]:
    def add(make: Callable[[], Any]) -> None:
        CASES[make.__name__.replace("_", "-")] = Case(make, read, limit, factor)

    return add


def filled(head: bytes, piece: bytes, tail: bytes, limit: int) -> bytes:
    """As many pieces as fit between head and tail."""
    return head + piece * ((limit - len(head) - len(tail)) // len(piece)) + tail


# --- entries and texts -------------------------------------------------------------------------------------

ENTRY = case(Entry.parse, ENTRY_MAX, 60)
MANIFESTS = case(Manifest.parse, NOTE_MAX, 60)


@ENTRY
def entry_brackets():
    return filled(b'{"a":', b"[", b"]}", ENTRY_MAX)


@ENTRY
def entry_of_small_lists():
    return filled(b'{"a":[[0]', b",[0]", b"]}", ENTRY_MAX)


@ENTRY
def entry_of_members():
    names = (b'"%05d":0' % number for number in range(6_500))
    return b"{" + b",".join(names) + b"}"


@ENTRY
def entry_of_one_integer():
    return filled(b'{"a":', b"9", b"}", ENTRY_MAX)


@ENTRY
def entry_with_a_long_name():
    return filled(b'{"', b"a", b'":-1}', ENTRY_MAX)


@MANIFESTS
def manifest_of_wants():
    return filled(b'{"want":[[0,0]', b",[0,0]", b"]}\n", NOTE_MAX)


@MANIFESTS
def manifest_of_parts():
    text = MANIFEST.text()[:-2]
    return filled(text + b',"parts":[{"a":0}', b',{"a":0}', b"]}\n", NOTE_MAX)


TOML = case(lambda data: strict_toml.load(data, AGREEMENT_MAX), AGREEMENT_MAX, 80)


@TOML
def toml_deep_tables():
    heads = (b"\n[a%d.a.b.c.d.e]\nf = 0\n" % number for number in range(7_000))
    return b"".join(heads)[1:AGREEMENT_MAX]


@TOML
def toml_arrays_of_tables():
    return filled(b"[[a]]\nb = 0\n", b"\n[[a]]\nb = 0\n", b"", AGREEMENT_MAX)


@TOML
def toml_of_integers():
    return filled(b"a = [\n", b"  0,\n", b"]\n", AGREEMENT_MAX)


@TOML
def toml_of_escapes():
    return filled(b'a = "', b"\\\\", b'x\n"', AGREEMENT_MAX)


@TOML
def toml_of_strings_that_begin():
    return filled(b"", b'a = """\n', b"", AGREEMENT_MAX)


@TOML
def toml_half_an_array():
    return filled(b"a = [0", b', "\\\\"', b"", AGREEMENT_MAX)


@case(Card.parse, CARD_MAX, 80)
def card_of_base64():
    return filled(b'type = "mithaq/card/1"\norigin = "', b"A", b'"\n', CARD_MAX)


@case(Agreement.parse, AGREEMENT_MAX, 80)
def agreement_of_prose():
    return filled(
        b'type = "mithaq/agreement/1"\n\n[prose]\nen = """\n', "\u0645\n".encode(), b'"""\n', AGREEMENT_MAX
    )


# --- notes, proofs, receipts -------------------------------------------------------------------------------

NOTE = case(lambda data: Note.parse(data, limit=NOTE_MAX), NOTE_MAX, 12)


@NOTE
def note_of_lines():
    return filled(b"text\n\n", "— a AAAAAAA=\n".encode(), b"", NOTE_MAX)


@NOTE
def note_of_empty_lines():
    return filled(b"", b"\n", b"", NOTE_MAX)


@NOTE
def note_with_a_long_line():
    return filled("text\n\n— a ".encode(), b"AAAA", b"\n", NOTE_MAX)


@NOTE
def note_with_a_long_name():
    return filled("text\n\n— ".encode(), b"a", b" AAAAAAA=\n", NOTE_MAX)


PROOF = case(TlogProof.parse, TLOG_PROOF_MAX, 12)


@PROOF
def proof_of_lines():
    return filled(b"c2sp.org/tlog-proof@v1\nindex 0\n", b"A\n", b"\n\n", TLOG_PROOF_MAX)


@PROOF
def proof_with_a_long_extra():
    return filled(b"c2sp.org/tlog-proof@v1\nextra ", b"AAAA", b"\nindex 0\n\n", TLOG_PROOF_MAX)


def audit(data: bytes) -> object:
    return verify_receipt(data, [SIGNED_A, SIGNED_B], [CARD_A.fingerprint, CARD_B.fingerprint])


@case(audit, RECEIPT_MAX, 12)
def receipt_of_rungs():
    whole = good()["receipt"]
    rung = whole[whole.index(b"entry ") :]
    return filled(b"mithaq-receipt/1\n", rung, b"", RECEIPT_MAX)


@case(audit, RECEIPT_MAX, 12)
def receipt_of_words():
    return filled(b"mithaq-receipt/1\n", b"entry 1\n", b"", RECEIPT_MAX)


# --- pouches -----------------------------------------------------------------------------------------------


@case(unpack_entries, ENTRIES_MAX, 0.2)
def entries_of_nothing():
    return bytes(ENTRIES_MAX)


class Stream:
    """A pouch that is made as it is read: what is measured is its reader."""

    def __init__(self, *sizes: int, clear: bytes = b"") -> None:
        key, key_id = bytes(32), hashlib.sha256(KB.sealing.public).digest()
        self._boxes = [(key, number, size) for number, size in enumerate((*sizes, 0))]
        if not clear:
            rows = [Part("body", size, hashlib.sha256(bytes(size)).hexdigest(), 0, 0) for size in sizes]
            manifest = Manifest(MANIFEST.log, MANIFEST.id, 1, 1, 0, parts=(*rows, Part("zeros", 0)))
            note = bytes(manifest.sign(KA.log))
            clear = key + len(note).to_bytes(4) + note
        room = -(-(len(clear) + sealing.SEAL_OVERHEAD) // MANIFEST_STEP) * MANIFEST_STEP
        clear += bytes(room - sealing.SEAL_OVERHEAD - len(clear))
        sealed = sealing.seal(KB.sealing.public, hpke_info(key_id), clear)
        self._held = MAGIC + key_id + room.to_bytes(4) + sealed

    def read(self, size: int) -> bytes:
        if not self._held and self._boxes:
            key, number, length = self._boxes.pop(0)
            return sealing.box(key, number, bytes(length))
        out, self._held = self._held[:size], self._held[size:]
        return out


def read_pouch(stream: Stream) -> None:
    opened = open_pouch(stream.read, lambda _: KB.sealing)
    for _, data in opened.parts():
        del data


@case(read_pouch, BODY_MAX, 4)
def pouch_of_large_contents():
    """Two contents of the largest size: memory is one part, sealed and in clear, at either end."""
    return Stream(BODY_MAX, 31 * MIB)


@case(read_pouch, MANIFEST_MAX, 80)
def pouch_with_the_longest_manifest():
    size = MANIFEST_MAX - sealing.SEAL_OVERHEAD - 36
    note = filled(b'{"want":[[0,0]', b",[0,0]", "]}\n\n— a AAAAAAA=\n".encode(), size)
    return Stream(clear=bytes(32) + len(note).to_bytes(4) + note)


@case(lambda reader: reader.read(CARRIED_MAX + 1), CARRIED_MAX, 3)
def carried_without_end():
    piece = bytes(65_536)
    return PouchReader(lambda: piece)


class Delivered:
    """A pouch for a real node, made by a partner that lies."""

    def __init__(self, entry: Callable[[int, str], bytes], count: int) -> None:
        liar, self.node = make_pair(Path(tempfile.mkdtemp()))
        log = own(liar, self.node)
        said = entries(liar, log)
        more = [entry(number, str(log)) for number in range(count)]
        parts = (head(log, [*said, *more], liar.identity.log), batch([*said, *more], len(said)))
        self.pouch = forge(liar, self.node, *parts)
        liar.close()


def take(delivered: Delivered) -> None:
    with suppress(MithaqError):
        deliver(delivered.node, delivered.pouch)


NODE = case(take, ENTRIES_MAX, 16)


@NODE
def node_takes_many_ranges():
    """Each entry becomes a thousand ranges: what is parsed is larger than its bytes."""
    ranges = [{"from": 2 * at, "to": 2 * at + 1, "reason": "absent"} for at in range(1_000)]

    def held(number: int, log: str) -> bytes:
        of = str(LogName.parse(log).other)
        facts = {"of": of, "size": 9_999, "root": "ab" * 32, "time": 1, "missing": ranges}
        value = {"v": 1, "log": log, "id": f"{number:032x}", "kind": "held", "at": 1, "facts": facts}
        return canonical.encode(value)

    return Delivered(held, 390)


@NODE
def node_takes_as_many_entries_as_may_be():
    def keys(number: int, log: str) -> bytes:
        facts = {"sealing": f"{number:08x}" * 304}
        value = {"v": 1, "log": log, "id": f"{number:032x}", "kind": "keys", "at": 1, "facts": facts}
        return canonical.encode(value)

    return Delivered(keys, 3_900)


# --- contents ----------------------------------------------------------------------------------------------

BUNDLE = case(lambda data: contents.examine(stix.MEDIA_TYPE, data), BODY_MAX, 4)
HEAD = b'{"type":"bundle","id":"%b","objects":[' % name("bundle").encode()


def bundle_of(piece: bytes) -> bytes:
    return filled(HEAD + piece, b"," + piece, b"]}", BODY_MAX)


def compact(item: dict[str, Any]) -> bytes:
    return json.dumps(item, separators=(",", ":")).encode()


@BUNDLE
def bundle_of_empty_objects():
    return bundle_of(b"{}")


@BUNDLE
def bundle_of_sketches():
    return bundle_of(b'{"type":"a","id":"b"}')


@BUNDLE
def bundle_of_addresses():
    return bundle_of(compact(observable("url", value="")))


@BUNDLE
def bundle_of_as_many_addresses_as_are_parsed():
    piece = compact(observable("url", value="a" * 60))
    return HEAD + b",".join([piece] * (stix_fast.BRACES_MAX - 1)) + b"]}"


@BUNDLE
def bundle_of_as_many_sketches_as_are_parsed():
    piece = b'{"type":"a%s","id":"b%s"}' % (b"a" * 50, b"b" * 50)
    return HEAD + b",".join([piece] * (stix_fast.BRACES_MAX - 1)) + b"]}"


@BUNDLE
def bundle_of_external_references():
    start = b'{"type":"tool","id":"%b","external_references":[{}' % name("tool").encode()
    return HEAD + b",".join([filled(start, b',{"source_name":0}', b"]}", 100_000)] * 35) + b"]}"


@BUNDLE
def bundle_of_extensions():
    members = b",".join(b'"extension-definition--%08d":{}' % number for number in range(7_000))
    piece = b'{"type":"tool","id":"%b","extensions":{%b}}' % (name("tool").encode(), members)
    return HEAD + b",".join([piece] * 35) + b"]}"


@BUNDLE
def bundle_of_indicators():
    return bundle_of(compact(indicator(pattern="[a:b=1]", name="a", description="a")))


def bundle_of_patterns(pattern: str) -> bytes:
    """As many indicators as fit, in canonical form: the fast proof reads their patterns."""
    one = len(stix.bundle([indicator(pattern=pattern)]))
    return stix.bundle([indicator(number, pattern=pattern) for number in range(BODY_MAX // one)])


@BUNDLE
def bundle_of_patterns_of_comparisons():
    return bundle_of_patterns("[" + "a:b=1OR " * 4_999 + "a:b=1]")


@BUNDLE
def bundle_of_short_patterns():
    return bundle_of_patterns("[" + "a:b=1OR " * 340 + "a:b=1]")


@BUNDLE
def bundle_of_patterns_of_types():
    choice = "(" + "OR ".join(f"a{number}:b=1" for number in range(2_499)) + ")"
    return bundle_of_patterns(f"[{choice}AND{choice}]")


@BUNDLE
def bundle_of_patterns_that_are_comments():
    return bundle_of_patterns("/*" + "* /" * 87_000)


@BUNDLE
def bundle_of_patterns_of_comments():
    return bundle_of_patterns("[a:b=" + "/**/" * 65_000 + "1]x")


@BUNDLE
def bundle_of_patterns_of_parentheses():
    return bundle_of_patterns("(" * stix_pattern.PATTERN_MAX)


@BUNDLE
def bundle_of_patterns_of_a_list():
    return bundle_of_patterns("[a:b IN(" + "'x'," * 60_000 + "'x')]")


@BUNDLE
def bundle_of_patterns_of_one_path():
    return bundle_of_patterns("[a:b" + ".c" * 130_000 + "=1]")


@BUNDLE
def bundle_of_brackets():
    return filled(HEAD, b"[", b"]}", BODY_MAX)


@BUNDLE
def bundle_of_deep_members():
    return filled(HEAD + b'{"type":"a","id":"b","c":', b'{"a":', b"]}", BODY_MAX)


@BUNDLE
def bundle_of_one_integer():
    return filled(HEAD + b'{"type":"a","id":"b","c":', b"9", b"}]}", BODY_MAX)


@BUNDLE
def bundle_of_one_string():
    return filled(HEAD + b'{"type":"a","id":"', "𝔞".encode(), b'"}]}', BODY_MAX)


@BUNDLE
def bundle_of_escapes():
    return filled(HEAD + b'{"type":"a","id":"', b"\\ud83d\\ude00", b'"}]}', BODY_MAX)


@BUNDLE
def bundle_of_spaces():
    return filled(HEAD, b" ", b"]}", BODY_MAX)


@BUNDLE
def bundle_of_lists_of_objects():
    return filled(HEAD + b'{"type":"a","id":"b"}]', b',"objects":[{"type":"a","id":"b"}]', b"}", BODY_MAX)


@BUNDLE
def bundle_of_objects_as_large_as_may_be():
    piece = filled(b'{"type":"malware","id":"%b","c":[0' % name("malware").encode(), b",0", b"]}", MIB)
    return HEAD + b",".join([piece] * 31) + b"]}"


@BUNDLE
def bundle_of_bad_references():
    start = b'{"type":"report","id":"%b","object_refs":[""' % name("report").encode()
    return HEAD + b",".join([filled(start, b',""', b"]}", MIB)] * 31) + b"]}"


@BUNDLE
def bundle_of_markings():
    def piece(number: int) -> bytes:
        refs = b",".join(b'"marking-definition--%08d"' % (number * 33_000 + each) for each in range(33_000))
        return b'{"type":"tool","id":"tool--%d","object_marking_refs":[%b]}' % (number, refs)

    return HEAD + b",".join(map(piece, range(31))) + b"]}"


CONTENT = case(lambda data: contents.examine(media.TEXT, data), BODY_MAX, 2)


@CONTENT
def text_of_many_planes():
    return filled(b"", "𝔞".encode(), b"", BODY_MAX)


@CONTENT
def text_of_zeros():
    return bytes(BODY_MAX)


@CONTENT
def pdf_of_spaces():
    return filled(b"%PDF-1.7", b" ", b"startxref 8 %%EOF", BODY_MAX)


@CONTENT
def pdf_of_digits_and_spaces():
    return (
        b"%PDF-1.7 1"
        + filled(b"", b" ", b" 1", BODY_MAX // 2)
        + filled(b"", b" ", b"startxref 8 %%EOF", BODY_MAX // 2 - 20)
    )


@CONTENT
def pdf_with_a_tail_of_spaces():
    return filled(b"%PDF-1.7", b"x", b"startxref" + b" " * 1_000 + b"8", BODY_MAX)


DOCUMENT = case(lambda data: contents.examine(media.TEXT, data), BODY_MAX, 4)


@DOCUMENT
def pdf_of_a_bomb():
    bomb = documents.deflated(b"/Type/ObjStm/N 1/First 4", bytes(BODY_MAX))
    return documents.pdf(*[bomb] * 50)


@DOCUMENT
def pdf_of_names():
    return documents.pdf(b"/A " * (BODY_MAX // 4))


@DOCUMENT
def pdf_of_authors_before_a_comment():
    return documents.pdf(b"/Author % " * (BODY_MAX // 16))


@DOCUMENT
def archive_of_bombs():
    return documents.archive(**{f"a{number}.xml": bytes(BODY_MAX) for number in range(20)})


@DOCUMENT
def archive_of_names():
    return documents.archive(a=b"<a" * MIB, b=b"<creator>x</creator>" * MIB)


@DOCUMENT
def png_of_bombs():
    text = documents.chunk(b"zTXt", b"Author\0\0" + zlib.compress(bytes(BODY_MAX)))
    return documents.png(*[text] * 60)


@DOCUMENT
def xml_of_elements():
    return filled(b"<a>", b"<b/>", b"</a>", 4 * MIB)


@DOCUMENT
def xml_of_attributes_and_spaces():
    return filled(b"<a ", b" ", b"b=''/>", 4 * MIB)


@DOCUMENT
def calendar_of_folded_lines():
    return filled(b"BEGIN:VCALENDAR\r\nA:", b"x\r\n ", b"\r\nEND:VCALENDAR\r\n", BODY_MAX)


JSON = case(lambda data: strict_json.load("", data), MIB, 80)


@JSON
def json_of_small_lists():
    return filled(b"[[]", b",[]", b"]", MIB)


@JSON
def json_of_small_objects():
    return filled(b'[{"a":0}', b',{"a":0}', b"]", MIB)


@JSON
def json_of_members_that_stand_twice():
    return filled(b'{"a":0', b',"b":0,"a":0', b"}", MIB)


@JSON
def json_of_many_names_and_one_twice():
    names = b",".join(b'"%d":0' % number for number in range(90_000))
    return b"{" + names + b',"89999":0}'


@case(Config.parse, MIB, 80)
def node_toml_of_tables():
    return filled(b"", b"[a.a.a.a.a]\n", b"", MIB // 8).decode()


# --- measuring ---------------------------------------------------------------------------------------------


def status(word: str) -> int:
    """A line of the process's memory in bytes; 0 where the system does not say."""
    with suppress(OSError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith(f"{word}:"):
                return int(line.split()[1]) * 1_024
    return 0


def child(made: Case, *, limited: bool) -> int:
    """Read the input within the limits; bytes of memory that it took at most, beside the input."""
    data = made.make()
    gc.collect()
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")  # the peak counts from here
    before = status("VmRSS")
    if limited:  # reserved is not used: what is decoded into wider characters reserves four times its bytes
        most = status("VmSize") + 4 * made.allowed
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    with suppress(MithaqError):
        made.read(data)
    return max(0, status("VmHWM") - before)


def measure(made: Case, *, limited: bool = True) -> dict[str, Any]:
    """What a case came to, in a child of this process."""
    ours, theirs = os.pipe()
    with tempfile.TemporaryDirectory(prefix="mithaq-bounded-") as scratch:
        number = os.fork()
        if not number:
            os.close(ours)
            answer: dict[str, Any] = {}
            try:
                tempfile.tempdir = scratch
                answer = {"peak": child(made, limited=limited)}
            except BaseException as error:  # noqa: BLE001 - the parent says what it was
                answer = {"error": f"{type(error).__name__}: {str(error)[:200]}"}
            finally:
                os.write(theirs, json.dumps(answer).encode())
                os._exit(0)
        os.close(theirs)
        with os.fdopen(ours, "rb") as pipe:
            said = pipe.read()
        _, ended = os.waitpid(number, 0)
    return {"allowed": made.allowed} | (json.loads(said) if said else {"error": f"signal {ended & 127}"})


def main(names: list[str]) -> Iterator[str]:
    """A line of JSON for each case."""
    audit(good()["receipt"])  # what is compiled and cached once is no case's matter
    contents.examine(stix.MEDIA_TYPE, HEAD + compact(observable("mutex", name="a")) + b"]}")
    free = "--free" in names
    for each in [given for given in names if given in CASES] or CASES:
        yield json.dumps({"case": each, **measure(CASES[each], limited=not free)})


if __name__ == "__main__":
    for line in main(sys.argv[1:]):
        print(line, flush=True)
