"""The block of the README that comes from the results, between two comments."""

BEGIN = "<!-- benchmarks: begin, written by benches/load/run -->"
END = "<!-- benchmarks: end -->"


def filled(content, table, found):
    """The README with its block as the results give it."""
    before, begin, rest = content.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the README has no block between {BEGIN} and {END}")
    return f"{before}{BEGIN}\n{table.short(found[table.NAME]).strip()}\n{END}{after}"
