"""Small cells: a public breakdown shows no count under eleven, and none that can be worked out (R11)."""

from collections.abc import Collection, Mapping

LEAST = 11


def suppress(cells: Mapping[str, int], also: Collection[str] = ()) -> dict[str, int | None]:
    """The cells of a breakdown whose total is public; a hidden one is None.

    `also` names cells that are hidden because a breakdown of the same claims by the same names hides them:
    what is shown here would bound what is hidden there.

    Besides the small cells the next smallest are hidden until at least two are, and until what is missing
    from the total is at least eleven: a single hidden cell could be read off the total, and hidden cells
    that sum to next to nothing could be too.
    """
    hidden = {name for name, n in cells.items() if n < LEAST or name in also}
    if not hidden:
        return dict(cells)
    for name in sorted(cells, key=lambda one: (cells[one], one)):
        if len(hidden) > 1 and sum(cells[one] for one in hidden) >= LEAST:
            break
        hidden.add(name)
    return {name: None if name in hidden else n for name, n in cells.items()}
