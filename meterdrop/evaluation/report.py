"""What an evaluation found: one plain dictionary for programs, and the same in words for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from ocr import evaluate
from ocr.evaluate import Calibration, Coverage, Example, Share

#: Most confusions named where values have several characters.
_NAMED = 12
_CLASSES = "0123456789_#"


def field_report(examples: Sequence[Example], kind: str, grouped: str | None) -> dict[str, Any]:
    """Everything that is measured of one field, ready for JSON."""
    pictures_of_one = kind == "cell"
    nothing: Sequence[Example] = ()
    if kind == "meter":
        # Photos without a readable meter: what matters is that no value is surely given for them.
        nothing = [e for e in examples if not e.truth]
        examples = [e for e in examples if e.truth]
    found: dict[str, Any] = {
        "n": len(examples),
        "unreadable": sum(not e.read for e in examples),
        "exact": _share(evaluate.exact(examples)),
    }
    if not pictures_of_one and any(e.truth.isdigit() or "-" in e.truth for e in examples):
        found["characters"] = _share(evaluate.characters_right(examples))
    groups = None if grouped is None else evaluate.over_groups(examples)
    if groups is not None:
        found["over_groups"] = {
            "column": grouped,
            "groups": groups.groups,
            "with_errors": groups.with_errors,
            "interval": _pair(groups.interval),
        }
    found["coverage"] = [_coverage(row) for row in evaluate.coverage(examples)]
    found["calibration"] = _calibration(
        evaluate.calibration([(e.right, e.confidence) for e in examples if e.read])
    )
    characters = [answer for e in examples for answer in e.characters]
    if characters:
        found["character_calibration"] = _calibration(evaluate.calibration(characters))
    if any(e.registered is not None for e in examples):
        found["wrong_but_registered"] = _bounded(evaluate.wrong_but_registered(examples))
    if kind == "meter":
        found["surest_80"] = _share(evaluate.surest(examples, 0.8))
        sorts = sorted({e.sort for e in examples if e.sort})
        found["by_display"] = {sort: _of_sort([e for e in examples if e.sort == sort]) for sort in sorts}
    empty = nothing if kind == "meter" else examples
    if evaluate.false_digits(empty).n:
        found["false_digits"] = {
            "any": _bounded(evaluate.false_digits(empty)),
            "above_0.9": _bounded(evaluate.false_digits(empty, 0.9)),
        }
    found["confusion"] = _confusion(evaluate.confusion(examples), every=pictures_of_one)
    return found


def _of_sort(examples: Sequence[Example]) -> dict[str, Any]:
    """Exact match and calibration of one kind of display."""
    answers = [(e.right, e.confidence) for e in examples if e.read]
    return {
        "exact": _share(evaluate.exact(examples)),
        "calibration": _calibration(evaluate.calibration(answers)),
    }


def _pair(interval: tuple[float, float]) -> list[float]:
    return [round(interval[0], 6), round(interval[1], 6)]


def _share(share: Share) -> dict[str, Any]:
    return {
        "right": share.count,
        "n": share.n,
        "share": round(share.share, 6),
        "interval": _pair(share.interval),
    }


def _bounded(share: Share) -> dict[str, Any]:
    return {
        "count": share.count,
        "n": share.n,
        "share": round(share.share, 6),
        "bound": round(share.bound, 6),
    }


def _coverage(row: Coverage) -> dict[str, Any]:
    result = {
        "threshold": row.threshold,
        "accepted": row.accepted,
        "coverage": round(row.coverage, 6),
        "wrong": row.wrong,
        "error": round(row.error.share, 6),
        "bound": round(row.error.bound, 6),
    }
    if row.wrong_registered is not None:
        result["wrong_registered"] = row.wrong_registered
        result["bound_registered"] = round(Share(row.wrong_registered, row.accepted).bound, 6)
    return result


def _calibration(found: Calibration | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "error": round(found.error, 6),
        "by_chance": round(found.by_chance, 6),
        "n": sum(b.right.n for b in found.bins),
        "bins": [{"confidence": round(b.confidence, 6), **_share(b.right)} for b in found.bins],
    }


def _confusion(pairs: Counter[tuple[str, str]], *, every: bool) -> dict[str, dict[str, int]]:
    """True character → read character → how often; only mistakes unless ``every`` is asked."""
    table: dict[str, dict[str, int]] = {}
    chosen = sorted(pairs.items()) if every else [(p, n) for p, n in pairs.most_common() if p[0] != p[1]]
    for (truth, said), count in chosen:
        table.setdefault(truth or "nothing", {})[said or "nothing"] = count
    return table


def in_words(report: dict[str, Any]) -> str:
    """The whole report as text of 100 columns."""
    lines = [
        f"{report['manifest']}: {report['rows']} rows of --as {report['as']}"
        + (f", {report['model']}" if report["model"] else "")
    ]
    for name, found in report["fields"].items():
        lines += ["", f"== {name} ==" if report["as"] == "form" else "== all =="]
        lines += _field_in_words(found, every=report["as"] == "cell")
    return "\n".join(lines)


def _field_in_words(found: dict[str, Any], *, every: bool) -> list[str]:
    lines = [f"exact match     {_words(found['exact'])}"]
    if found["unreadable"]:
        lines.append(
            f"unreadable      {found['unreadable']} of {found['n']}, counted as wrong, never accepted"
        )
    if "surest_80" in found:
        lines.append(f"surest 80 %     {_words(found['surest_80'])}")
        lines += [f"{sort:<15} {_words(each['exact'])}" for sort, each in found["by_display"].items()]
    if "over_groups" in found:
        groups = found["over_groups"]
        of = f"of {groups['groups']} groups ({groups['column']}), {groups['with_errors']} with errors"
        interval = "resampling tells nothing" if not groups["with_errors"] else _range(groups["interval"])
        lines.append(f"over groups     {interval}  {of}")
    if "characters" in found:
        lines.append(f"characters      {_words(found['characters'])}")
    if "false_digits" in found:
        for key, label in (("any", "false digits"), ("above_0.9", "… above 0.9")):
            of = "photos without digits" if "surest_80" in found else "blanks and marks"
            lines.append(f"{label:<15} {_bound_in_words(found['false_digits'][key], of)}")
    if "wrong_but_registered" in found:
        lines.append(f"wrong, existing {_bound_in_words(found['wrong_but_registered'], 'values')}")
    lines += ["", "error against coverage (bound: 95 %, Clopper-Pearson, for one threshold fixed beforehand)"]
    lines += _coverage_in_words(found["coverage"])
    for key, label in (("calibration", "calibration"), ("character_calibration", "characters' calibration")):
        if found.get(key):
            lines += ["", *_calibration_in_words(found[key], label)]
    mistakes = _mistakes(found["confusion"])
    if every:
        lines += ["", "confusion: rows the truth, columns what was read", *_table(found["confusion"])]
    elif mistakes:
        lines += ["", "commonest mistakes: " + ", ".join(mistakes[:_NAMED])]
    return lines


def _percent(share: float) -> str:
    return f"{100 * share:.2f} %"


def _range(interval: Sequence[float]) -> str:
    return f"[{100 * interval[0]:.2f}, {100 * interval[1]:.2f}] %"


def _words(share: dict[str, Any]) -> str:
    return f"{share['right']} of {share['n']} = {_percent(share['share'])}  {_range(share['interval'])}"


def _bound_in_words(share: dict[str, Any], of: str) -> str:
    counted = f"{share['count']} of {share['n']} {of}"
    return f"{counted} = {_percent(share['share'])}, at most {_percent(share['bound'])}"


def _coverage_in_words(rows: Sequence[dict[str, Any]]) -> list[str]:
    registered = "wrong_registered" in rows[0]
    lines = [
        "  threshold  accepted  coverage  wrong    error    bound"
        + ("  existing    bound" if registered else "")
    ]
    for row in rows:
        line = (
            f"  {row['threshold']:>9g} {row['accepted']:>9} {_percent(row['coverage']):>9} {row['wrong']:>6}"
        )
        if not row["accepted"]:
            lines.append(line)
            continue
        line += f" {_percent(row['error']):>8} {_percent(row['bound']):>8}"
        if registered:
            line += f" {row['wrong_registered']:>9} {_percent(row['bound_registered']):>8}"
        lines.append(line)
    return lines


def _calibration_in_words(found: dict[str, Any], label: str) -> list[str]:
    lines = [
        f"{label}: expected error {_percent(found['error'])} (chance alone would give "
        f"{_percent(found['by_chance'])}; n = {found['n']})",
        "  confidence     n    right  95 % interval",
    ]
    for b in found["bins"]:
        share = _percent(b["share"])
        lines.append(f"  {b['confidence']:>10.5f} {b['n']:>5} {share:>9}  {_range(b['interval'])}")
    return lines


def _mistakes(confusion: dict[str, dict[str, int]]) -> list[str]:
    pairs = [(n, t, s) for t, row in confusion.items() for s, n in row.items() if t != s]
    return [f"{truth} as {said} {n}" for n, truth, said in sorted(pairs, key=lambda p: -p[0])]


def _table(confusion: dict[str, dict[str, int]]) -> list[str]:
    columns = [c for c in _CLASSES if any(c in row for row in confusion.values())]
    lines = ["     " + "".join(f"{c:>6}" for c in columns) + "     right"]
    for truth in _CLASSES:
        row = confusion.get(truth)
        if row is None:
            continue
        share = Share(row.get(truth, 0), sum(row.values()))
        cells = "".join(f"{row.get(c) or '':>6}" for c in columns)
        lines.append(f"  {truth}  {cells}  {_percent(share.share):>8}  {_range(share.interval)}")
    return lines
