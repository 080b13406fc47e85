"""The table for README.md of all that was measured: figures one by one, comparisons counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

Record = dict[str, Any]
MANY = 3
"""Comparisons with one result, beyond which they are counted."""

HIDDEN = ("began", "took")
VERDICTS = {None: "", True: "ok", False: "**missed**"}


def table(records: Sequence[Record]) -> str:
    """Returns Markdown; what was missed, failed or left out stands in it line by line."""
    rows = [("", "measured", "", ""), ("---",) * 4]
    for key in dict.fromkeys(record["section"] for record in records):
        rows += _rows([record for record in records if record["section"] == key and record["name"] not in HIDDEN])
    return "\n".join("| " + " | ".join(str(cell).replace("|", "/") for cell in row) + " |" for row in rows) + "\n"


def _rows(records: Sequence[Record]) -> Iterator[tuple[str, str, str, str]]:
    count, told = Counter(map(_result, records)), set[str]()
    for record in records:
        result = _result(record)
        if not result or count[result] <= MANY:
            value = record["value"] if isinstance(record["value"], str) else f"{record['value']:.4g}"
            yield record["section"], record["name"], f"{value} {record['unit']}".strip(), VERDICTS[record["ok"]]
        elif result not in told:
            told.add(result)
            farthest = max((one["value"] for one in records if _result(one) == result), default="")
            words = farthest if isinstance(farthest, str) else f"at most {farthest:.4g} {result}"
            yield record["section"], f"{count[result]} comparisons", words, "ok"


def _result(record: Record) -> str:
    """Returns what many comparisons may have in common that meet their marks, "" for other figures."""
    if not record["ok"]:
        return ""
    return record["value"] if isinstance(record["value"], str) else record["unit"] * (record["unit"] == "relative")
