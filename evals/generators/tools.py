"""What makes up the pack of items with functions, and its quick part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random

from generators.problem import LEVELS
from generators.tools_ask import ASK
from generators.tools_depth import DEPTH
from generators.tools_none import NONE
from generators.tools_one import CHOOSE, SINGLE
from generators.tools_recover import RECOVER
from generators.tools_several import PARALLEL, SEQUENCE
from generators.tools_task import ToolEntry, ToolFamily, proven
from generators.tools_turns import MANY_TURNS

CATEGORIES: Mapping[str, Mapping[str, ToolFamily]] = {
    "single": SINGLE,
    "choose": CHOOSE,
    "parallel": PARALLEL,
    "sequence": SEQUENCE,
    "none": NONE,
    "ask": ASK,
    "recover": RECOVER,
    "many_turns": MANY_TURNS,
    "depth": DEPTH,
}
"""The families of each category, seven in each."""

N_QUICK = 60


def tools_entries() -> list[ToolEntry]:
    """One item of each family and level. Raises DisagreementError where a solution does not reach its goal.

    Each item has a seed of its own, made of its id, so that changing one family leaves the others as they are.
    """
    result: list[ToolEntry] = []
    seen: set[str] = set()
    for category, families in CATEGORIES.items():
        for level in LEVELS:
            for name, family in families.items():
                item_id = f"tools-{category}-{name}-{level}"
                source = Random(item_id)
                task = family(level, source)
                while task.prompt in seen:
                    task = family(level, source)
                seen.add(task.prompt)
                result.append(proven(ToolEntry(item_id, category, level, name, task)))
    return result


def tools_quick(whole: Sequence[ToolEntry]) -> list[ToolEntry]:
    """Sixty of them: twelve of each level, six or seven of each category, of different families where that can be."""
    wanted: set[str] = set()
    names = list(CATEGORIES)
    used: set[tuple[str, str]] = set()
    for level in LEVELS:
        more = {names[(3 * (level - 1) + n) % len(names)] for n in range(N_QUICK // len(LEVELS) - len(names))}
        for category in names:
            members = [one for one in whole if (one.category, one.level) == (category, level)]
            Random(f"tools-quick {category} {level}").shuffle(members)
            members.sort(key=lambda one: (one.category, one.family) in used)
            for one in members[: 2 if category in more else 1]:
                used.add((one.category, one.family))
                wanted.add(one.id)
    return [one for one in whole if one.id in wanted]
