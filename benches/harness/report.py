"""From samples to medians, ratios and a page of Markdown. A goal that is missed is printed so."""

from statistics import median

from .cases import CASES, GOALS

UNITS = {case.name: case.unit for case in CASES}
# How a goal's values are printed: divided by this, with this unit.
SCALES = {
    "cpu_us": (1, "µs"),
    "p50_us": (1000, "ms p50"),
    "p99_us": (1000, "ms p99"),
    "pss_kib": (1024, "MiB"),
}

FIELDS = ("cpu_us", "cpu_used", "others", "rps", "p50_us", "p99_us", "rss_kib", "pss_kib")


def summarize(samples):
    """The medians per case and server, the spread of CPU time, the sum of failures."""
    summary = {}
    for case, servers in samples.items():
        for server, rounds in servers.items():
            if not rounds:
                continue
            row = {field: median(sample[field] for sample in rounds) for field in FIELDS}
            costs = [sample["cpu_us"] for sample in rounds]
            row["cpu_low"], row["cpu_high"] = min(costs), max(costs)
            row["failed"] = sum(sample["failed"] for sample in rounds)
            row["rounds"] = len(rounds)
            summary.setdefault(case, {})[server] = row
    return summary


def judge(summary):
    """Each goal whose servers were measured, beside the ratio reached."""
    verdicts = []
    for goal in GOALS:
        rows = summary.get(goal.case, {})
        peers = [name for name in goal.peers if name in rows]
        if goal.ours not in rows or not peers:
            continue
        best = min(peers, key=lambda name: rows[name][goal.field])
        ratio = rows[goal.ours][goal.field] / rows[best][goal.field]
        verdicts.append(
            {
                "case": goal.case,
                "ours": goal.ours,
                "beside": goal.beside,
                "peer": best,
                "field": goal.field,
                "our_value": rows[goal.ours][goal.field],
                "peer_value": rows[best][goal.field],
                "ratio": ratio,
                "goal": goal.limit,
                "met": ratio <= goal.limit,
                "lost": ratio > 1.0,
            }
        )
    return verdicts


def markdown(result):
    """The page: goals first, then every number, then what it was measured with."""
    lines = ["## Beside peers", "", *goals(result["goals"])]
    for case, rows in result["summary"].items():
        lines += ["", f"### {case}", "", *numbers(rows, UNITS[case])]
    if result["errors"]:
        lines += ["", "### Not measured", "", *(f"- {error}" for error in result["errors"])]
    lines += ["", "### Measured with", "", *environment(result)]
    return "\n".join(lines)


def table(heads, rows):
    yield "| " + " | ".join(heads) + " |"
    yield "|" + "---|" * len(heads)
    for row in rows:
        yield "| " + " | ".join(row) + " |"


def goals(verdicts):
    if not verdicts:
        return ["No goal: none names both sides of what was measured."]
    heads = ("case", "ours", "beside", "best of it", "values", "ratio", "goal", "")
    return table(heads, (goal_row(verdict) for verdict in verdicts))


def goal_row(verdict):
    word = "met" if verdict["met"] else "**MISSED**"
    if verdict["lost"] and verdict["peer"] != "floor":
        word += ", **a loss**"
    scale, unit = SCALES[verdict["field"]]
    ours, peer = verdict["our_value"] / scale, verdict["peer_value"] / scale
    return (
        verdict["case"],
        verdict["ours"],
        verdict["beside"],
        verdict["peer"],
        f"{ours:.2f} / {peer:.2f} {unit}",
        f"**{verdict['ratio']:.3f}**",
        f"≤ {verdict['goal']:.2f}",
        word,
    )


def numbers(rows, unit):
    heads = ("server", f"CPU µs/{unit}", "low – high", "core used", "by others", f"{unit}s/s")
    heads += ("p50 ms", "p99 ms", "RSS MiB", "PSS MiB", "failed")
    ordered = sorted(rows.items(), key=lambda item: item[1]["cpu_us"])
    return table(heads, (number_row(name, row) for name, row in ordered))


def number_row(name, row):
    return (
        name,
        f"{row['cpu_us']:.2f}",
        f"{row['cpu_low']:.2f} – {row['cpu_high']:.2f}",
        f"{row['cpu_used']:.0%}",
        f"{max(row['others'], 0):.0%}",
        f"{row['rps']:,.0f}",
        f"{row['p50_us'] / 1000:.2f}",
        f"{row['p99_us'] / 1000:.2f}",
        f"{row['rss_kib'] / 1024:.0f}",
        f"{row['pss_kib'] / 1024:.0f}",
        str(row["failed"]),
    )


def environment(result):
    for name, value in result["environment"].items():
        if isinstance(value, dict):
            value = ", ".join(f"{key} {one}" for key, one in value.items())
        yield f"- {name}: {value}"
    for name, command in result["commands"].items():
        yield f"- {name}: `{command}`"
