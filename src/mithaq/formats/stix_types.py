"""The common STIX 2.1 objects as msgspec Structs: the fast way to prove that bytes are well-formed STIX.

These types accept a *subset* of what the OASIS schemas accept: what decodes here and passes ``stix_fast`` is
valid; what does not is handed to ``stix_precise``, which decides and words the message. So nothing here
needs a message, and rare things (extensions, granular markings, custom properties, the types that are not
listed) are left out on purpose. A property test holds the subset to that promise.

The order of the members is our canonical order: the specification's own tables, common properties first.
Encoding one of these gives the one canonical form of an object.
"""

from typing import Annotated, ClassVar, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

_DAY = (
    r"(?:[0-9]{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])"
    r"|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))"
    r"|(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)-02-29)"
)
MOMENT = rf"{_DAY}T(?:[01][0-9]|2[0-3]):[0-5][0-9]:(?:[0-5][0-9]|60)(?:\.[0-9]++)?Z"
"""An RFC 3339 timestamp in UTC, with a day that the calendar has (STIX 2.1, 3.14)."""

TIMESTAMP = rf"^{MOMENT}\Z"
"""The same, and nothing else."""

UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[1-5][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\Z"
"""The UUID at the end of an identifier, in the one form that is written; the schemas take capitals too."""

_ID = rf"[a-z][a-z0-9-]+[a-z0-9]--{UUID}"
_NO_END = r"(?!(?:relationship|sighting|bundle|marking-definition|language-content)--)"
_BYTE = r"(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"

Texts = Annotated[tuple[str, ...], Meta(min_length=1)]
Time = Annotated[str, Meta(pattern=TIMESTAMP)]
Ref = Annotated[str, Meta(pattern=rf"^{_ID}")]
EndRef = Annotated[str, Meta(pattern=rf"^{_NO_END}{_ID}")]
Refs = Annotated[tuple[Ref, ...], Meta(min_length=1)]


def instant(timestamp: str) -> str:
    """A form of a well-formed timestamp that sorts by time: without ``Z`` and without idle zeros."""
    whole, _, fraction = timestamp[:-1].partition(".")
    fraction = fraction.rstrip("0")
    return f"{whole}.{fraction}" if fraction else whole


def _in_order(first: str | UnsetType, second: str | UnsetType, *, equal: bool) -> None:
    """Raise ValueError unless ``first`` is before ``second``, where both are given."""
    if first is UNSET or second is UNSET:
        return
    a, b = instant(first), instant(second)
    if a > b or (a == b and not equal):
        raise ValueError("a time span ends before it starts")


class KillChainPhase(Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """A phase in a kill chain (STIX 2.1, 2.6)."""

    kill_chain_name: str
    phase_name: str


class ExternalReference(
    Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """A pointer to something outside of STIX (2.5); the forms that need care go to the schema."""

    source_name: str
    description: str | UnsetType = UNSET
    url: str | UnsetType = UNSET
    external_id: str | UnsetType = UNSET

    def __post_init__(self) -> None:
        if self.source_name in ("cve", "capec"):
            raise ValueError("the schema knows the form of these identifiers")
        if self.external_id is not UNSET:
            if self.external_id.startswith(("CVE-", "CAPEC-")):
                raise ValueError("the schema knows the form of these identifiers")
        elif self.description is UNSET and self.url is UNSET:
            raise ValueError("a reference needs a description, a url or an external_id")


Phases = Annotated[tuple[KillChainPhase, ...], Meta(min_length=1)]
ExternalReferences = Annotated[tuple[ExternalReference, ...], Meta(min_length=1)]


class Common(
    Struct,
    frozen=True,
    gc=False,
    kw_only=True,
    omit_defaults=True,
    forbid_unknown_fields=True,
    tag_field="type",
):
    """What domain and relationship objects share (3.2); ``stix_fast`` checks ids, markings and times."""

    spec_version: Literal["2.1"]
    id: str
    created_by_ref: str | UnsetType = UNSET
    created: str
    modified: str
    revoked: bool | UnsetType = UNSET
    labels: Texts | UnsetType = UNSET
    confidence: Annotated[int, Meta(ge=0, le=100)] | UnsetType = UNSET
    lang: str | UnsetType = UNSET
    external_references: ExternalReferences | UnsetType = UNSET
    object_marking_refs: Texts = ()


class Seen(Common, frozen=True, kw_only=True):
    """What was seen for a time."""

    first_seen: Time | UnsetType = UNSET
    last_seen: Time | UnsetType = UNSET

    def __post_init__(self) -> None:
        _in_order(self.first_seen, self.last_seen, equal=True)


class Observable(
    Struct,
    frozen=True,
    gc=False,
    kw_only=True,
    omit_defaults=True,
    forbid_unknown_fields=True,
    tag_field="type",
):
    """What cyber-observable objects share (3.2): no versions, so no ``modified``."""

    modified: ClassVar[str] = ""

    spec_version: Literal["2.1"] | UnsetType = UNSET
    id: str
    object_marking_refs: Texts = ()
    defanged: bool | UnsetType = UNSET


class AttackPattern(Common, frozen=True, kw_only=True, tag="attack-pattern"):
    """A way that adversaries attempt to compromise targets (4.1)."""

    name: str
    description: str | UnsetType = UNSET
    aliases: Texts | UnsetType = UNSET
    kill_chain_phases: Phases | UnsetType = UNSET


class Campaign(Seen, frozen=True, kw_only=True, tag="campaign"):
    """A grouping of adversarial behaviours (4.2)."""

    name: str
    description: str | UnsetType = UNSET
    aliases: Texts | UnsetType = UNSET
    objective: str | UnsetType = UNSET


class CourseOfAction(Common, frozen=True, kw_only=True, tag="course-of-action"):
    """A recommendation what to do (4.3)."""

    name: str
    description: str | UnsetType = UNSET


class Grouping(Common, frozen=True, kw_only=True, tag="grouping"):
    """Objects that share a context (4.4)."""

    name: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    context: str
    object_refs: Refs


class Identity(Common, frozen=True, kw_only=True, tag="identity"):
    """Who it is about or from (4.5)."""

    name: str
    description: str | UnsetType = UNSET
    roles: Texts | UnsetType = UNSET
    identity_class: str | UnsetType = UNSET
    sectors: Texts | UnsetType = UNSET
    contact_information: str | UnsetType = UNSET


class Indicator(Common, frozen=True, kw_only=True, tag="indicator"):
    """A pattern that detects suspicious activity (4.7)."""

    name: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    indicator_types: Texts | UnsetType = UNSET
    pattern: str
    pattern_type: str
    pattern_version: str | UnsetType = UNSET
    valid_from: Time
    valid_until: Time | UnsetType = UNSET
    kill_chain_phases: Phases | UnsetType = UNSET

    def __post_init__(self) -> None:
        _in_order(self.valid_from, self.valid_until, equal=False)


class Infrastructure(Seen, frozen=True, kw_only=True, tag="infrastructure"):
    """Systems and services that serve a purpose (4.8)."""

    name: str
    description: str | UnsetType = UNSET
    infrastructure_types: Texts | UnsetType = UNSET
    aliases: Texts | UnsetType = UNSET
    kill_chain_phases: Phases | UnsetType = UNSET


class IntrusionSet(Seen, frozen=True, kw_only=True, tag="intrusion-set"):
    """Behaviours and resources believed to be of one organisation (4.9)."""

    name: str
    description: str | UnsetType = UNSET
    aliases: Texts | UnsetType = UNSET
    goals: Texts | UnsetType = UNSET
    resource_level: str | UnsetType = UNSET
    primary_motivation: str | UnsetType = UNSET
    secondary_motivations: Texts | UnsetType = UNSET


class Malware(Seen, frozen=True, kw_only=True, tag="malware"):
    """Malicious code, a family or an instance (4.11)."""

    name: str
    description: str | UnsetType = UNSET
    malware_types: Texts | UnsetType = UNSET
    is_family: bool
    aliases: Texts | UnsetType = UNSET
    kill_chain_phases: Phases | UnsetType = UNSET
    architecture_execution_envs: Texts | UnsetType = UNSET
    implementation_languages: Texts | UnsetType = UNSET
    capabilities: Texts | UnsetType = UNSET


class Note(Common, frozen=True, kw_only=True, tag="note"):
    """Text that adds context (4.13)."""

    abstract: str | UnsetType = UNSET
    content: str
    authors: Texts | UnsetType = UNSET
    object_refs: Refs


class Report(Common, frozen=True, kw_only=True, tag="report"):
    """A collection of threat information on a topic (4.16)."""

    name: str
    description: str | UnsetType = UNSET
    report_types: Texts | UnsetType = UNSET
    published: Time
    object_refs: Refs


class ThreatActor(Seen, frozen=True, kw_only=True, tag="threat-actor"):
    """Individuals, groups or organisations believed to act with malicious intent (4.17)."""

    name: str
    description: str | UnsetType = UNSET
    threat_actor_types: Texts | UnsetType = UNSET
    aliases: Texts | UnsetType = UNSET
    roles: Texts | UnsetType = UNSET
    goals: Texts | UnsetType = UNSET
    sophistication: str | UnsetType = UNSET
    resource_level: str | UnsetType = UNSET
    primary_motivation: str | UnsetType = UNSET
    secondary_motivations: Texts | UnsetType = UNSET
    personal_motivations: Texts | UnsetType = UNSET


class Tool(Common, frozen=True, kw_only=True, tag="tool"):
    """Legitimate software that threat actors can use (4.18)."""

    name: str
    description: str | UnsetType = UNSET
    tool_types: Texts | UnsetType = UNSET
    aliases: Texts | UnsetType = UNSET
    kill_chain_phases: Phases | UnsetType = UNSET
    tool_version: str | UnsetType = UNSET


class Vulnerability(Common, frozen=True, kw_only=True, tag="vulnerability"):
    """A weakness that can be exploited (4.19)."""

    name: str
    description: str | UnsetType = UNSET


class Relationship(Common, frozen=True, kw_only=True, tag="relationship"):
    """How two objects are related (5.1)."""

    relationship_type: Annotated[str, Meta(pattern=r"^[a-z0-9\-]+\Z")]
    description: str | UnsetType = UNSET
    source_ref: EndRef
    target_ref: EndRef
    start_time: Time | UnsetType = UNSET
    stop_time: Time | UnsetType = UNSET

    def __post_init__(self) -> None:
        _in_order(self.start_time, self.stop_time, equal=False)


class Sighting(Seen, frozen=True, kw_only=True, tag="sighting"):
    """That something was seen (5.2); the rarer members are left to the schema."""

    description: str | UnsetType = UNSET
    count: Annotated[int, Meta(ge=0, le=999_999_999)] | UnsetType = UNSET
    sighting_of_ref: EndRef
    summary: bool | UnsetType = UNSET


class AutonomousSystem(Observable, frozen=True, kw_only=True, tag="autonomous-system"):
    """An autonomous system (6.2)."""

    number: Annotated[int, Meta(ge=0, le=0xFFFF_FFFF)]
    name: str | UnsetType = UNSET
    rir: str | UnsetType = UNSET


class DomainName(Observable, frozen=True, kw_only=True, tag="domain-name"):
    """A network domain (6.4)."""

    value: str


class File(Observable, frozen=True, kw_only=True, tag="file"):
    """A file by name and hash (6.7); what a ``file`` may hold besides is left to the schema."""

    hashes: Annotated[
        dict[Literal["MD5", "SHA-1", "SHA-256", "SHA-512"], Annotated[str, Meta(pattern=r"^[a-fA-F0-9]+\Z")]],
        Meta(min_length=1),
    ]
    size: Annotated[int, Meta(ge=0, le=2**53 - 1)] | UnsetType = UNSET
    name: str | UnsetType = UNSET

    def __post_init__(self) -> None:
        sizes = {"MD5": 32, "SHA-1": 40, "SHA-256": 64, "SHA-512": 128}
        if any(len(digest) != sizes[name] for name, digest in self.hashes.items()):
            raise ValueError("a digest of a wrong length")


class Ipv4Addr(Observable, frozen=True, kw_only=True, tag="ipv4-addr"):
    """IPv4 addresses in CIDR notation (6.8)."""

    value: Annotated[str, Meta(pattern=rf"^(?:{_BYTE}\.){{3}}{_BYTE}(?:/(?:3[0-2]|[12]?[0-9]))?\Z")]


class Url(Observable, frozen=True, kw_only=True, tag="url"):
    """A uniform resource locator (6.16); never resolved."""

    value: str


StixObject = (
    AttackPattern
    | Campaign
    | CourseOfAction
    | Grouping
    | Identity
    | Indicator
    | Infrastructure
    | IntrusionSet
    | Malware
    | Note
    | Report
    | ThreatActor
    | Tool
    | Vulnerability
    | Relationship
    | Sighting
    | AutonomousSystem
    | DomainName
    | File
    | Ipv4Addr
    | Url
)
"""Any object of the common types; user accounts and e-mail addresses are looked at one by one elsewhere."""

OBSERVABLES = frozenset(
    {
        "artifact",
        "autonomous-system",
        "directory",
        "domain-name",
        "email-addr",
        "email-message",
        "file",
        "ipv4-addr",
        "ipv6-addr",
        "mac-addr",
        "mutex",
        "network-traffic",
        "process",
        "software",
        "url",
        "user-account",
        "windows-registry-key",
        "x509-certificate",
    }
)
"""The cyber-observable objects of STIX 2.1 (section 6)."""

TECHNICAL = OBSERVABLES | {"indicator", "malware-analysis", "observed-data"}
"""Types that carry addresses, domains, accounts or hashes, in members or in a pattern (protocol 4)."""

SELF_DESCRIBING = frozenset({"extension-definition", "marking-definition"})
"""Types that define words for other objects; they need no marking of their own."""
