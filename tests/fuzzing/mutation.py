"""True payloads with something broken in them, as hypothesis strategies."""

import copy
import json
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

Path = tuple[str | int, ...]
DEEP: Any = json.loads("[" * 400 + "]" * 400)
# What a field may hold instead: nothing, other kinds, the far ends of kinds, and what breaks encodings.
JUNK = st.one_of(
    st.sampled_from(
        [
            *(None, True, False, 0, -1, 10**400, 1.5e308, float("nan"), "", " ", "\x00", "\ud800", "\u202e"),
            *("x" * 5000, "{}", "[]", "null", "1", "..", "%", "'", '"', "<script>", "http://127.0.0.1:9/"),
            *([], {}, [None], [[]], {"": ""}, {"id": None}, {"value": []}, DEEP),
        ]
    ),
    st.text(max_size=20),
    st.integers(),
)


def places(value: Any, at: Path = ()) -> Iterator[Path]:
    """Where something stands in a payload: the path to each field and each entry."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, entry in inside:
        yield (*at, name)
        yield from places(entry, (*at, name))


@st.composite
def broken(draw: st.DrawFn, payload: dict[str, Any]) -> dict[str, Any]:
    """A payload in which up to three fields are missing or hold something else."""
    made = copy.deepcopy(payload)
    for place in draw(st.lists(st.sampled_from(sorted(places(payload), key=repr)), min_size=1, max_size=3)):
        _break(made, place, draw)
    return made


def _break(payload: dict[str, Any], place: Path, draw: st.DrawFn) -> None:
    holder: Any = payload
    for name in place[:-1]:
        try:
            holder = holder[name]
        except (KeyError, IndexError, TypeError):
            # What was broken before may have taken this place away.
            return
    last = place[-1]
    if not isinstance(holder, dict) or last not in holder:
        return
    if draw(st.booleans()):
        del holder[last]
    else:
        holder[last] = draw(JUNK)
