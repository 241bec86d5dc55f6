"""Makes ``excerpt.json`` beside it: of the Merkle proof vectors the first of each kind (the file's name).

    python tests/vectors/merkle/excerpt.py

The whole set is looked for in ``$MITHAQ_SHARED/data/vectors``, else in ``../shared/data/vectors`` beside the
checkout.
"""

import json
import os
from pathlib import Path

HERE = Path(__file__).parent
SHARED = Path(os.environ.get("MITHAQ_SHARED", HERE.parents[3] / "shared")) / "data" / "vectors" / "merkle"


def whole() -> dict[str, dict]:
    """Every inclusion and consistency vector, by its path; empty where the set is not at hand."""
    files = [
        file for folder in ("consistency", "inclusion") for file in sorted((SHARED / folder).rglob("*.json"))
    ]
    return {str(file.relative_to(SHARED)): json.loads(file.read_bytes()) for file in files}


def main() -> None:
    kinds: dict[tuple[str, str], str] = {}
    vectors = whole()
    for path in vectors:
        kinds.setdefault((path.split("/")[0], Path(path).name), path)
    taken = {path: vectors[path] for path in sorted(kinds.values())}
    (HERE / "excerpt.json").write_text(json.dumps(taken, indent=1) + "\n")


if __name__ == "__main__":
    main()
