"""Makes the excerpts of foreign test vectors beside it, and finds the whole files where they are at hand.

    python tests/vectors/excerpts.py

The whole files are looked for in ``$MITHAQ_SHARED/data/vectors``, else in ``../shared/data/vectors`` beside
the checkout. Of every Wycheproof file a few cases of each (flag, result) are taken, in its own form; of the
HPKE vectors those of the KEM that Mithaq uses.
"""

import json
import os
from pathlib import Path

HERE = Path(__file__).parent
SHARED = Path(os.environ.get("MITHAQ_SHARED", HERE.parents[2] / "shared")) / "data" / "vectors"

WYCHEPROOF = {
    "aes_gcm_test": 1,
    "ed25519_test": 3,
    "mldsa_44_verify_test": 1,
    "mlkem_768_encaps_test": 1,
    "x25519_test": 3,
}
"""File, and how many cases of each kind its excerpt has."""

MLKEM768_X25519 = 0x647A


def excerpt(whole: dict, of_each: int) -> dict:
    """The first ``of_each`` cases of each (flags, result) in ``whole``, which has the form of Wycheproof."""
    taken: dict[tuple, int] = {}
    groups = []
    for group in whole["testGroups"]:
        tests = []
        for test in group["tests"]:
            sizes = group.get("keySize"), group.get("ivSize"), not test.get("aad")
            kind = (*test.get("flags", ()), test["result"], "ctx" in test, sizes)
            taken[kind] = taken.get(kind, 0) + 1
            if taken[kind] <= of_each:
                tests.append(test)
        if tests:
            kept = {
                k: v for k, v in group.items() if k not in {"publicKeyDer", "publicKeyPem", "publicKeyJwk"}
            }
            groups.append({**kept, "tests": tests})
    return {"algorithm": whole["algorithm"], "testGroups": groups}


def main() -> None:
    for name, of_each in WYCHEPROOF.items():
        whole = json.loads((SHARED / "wycheproof" / f"{name}.json").read_bytes())
        text = json.dumps(excerpt(whole, of_each), indent=1) + "\n"
        (HERE / "wycheproof" / f"{name}.json").write_text(text)
    whole = json.loads((SHARED / "hpke" / "hpke-pq.json").read_bytes())
    ours = [
        {**case, "encryptions": case["encryptions"][:1], "exports": []}
        for case in whole
        if case["kem_id"] == MLKEM768_X25519 and case["kdf_id"] == 1
    ]
    (HERE / "hpke" / "hpke-pq.json").write_text(json.dumps(ours, indent=1) + "\n")


if __name__ == "__main__":
    main()
