"""Models and runs side by side, as plain values with stable keys."""

from __future__ import annotations

from typing import Any

from aa_tui.pages.compare import Comparison
from aa_tui.pages.json import control as control_json


def as_json(comparison: Comparison) -> dict[str, Any]:
    """Plain values with stable keys."""
    targets = [subject.target for subject in comparison.subjects]
    return {
        "subjects": [
            {
                "target": subject.target,
                "name": subject.name,
                "class": subject.rank_class or None,
                "run_id": subject.result.run.id if subject.result else None,
            }
            for subject in comparison.subjects
        ],
        "sections": [
            {
                "title": section.title,
                "rows": [
                    {
                        "key": row.key,
                        "label": row.label,
                        "unit": row.unit,
                        "better": row.better,
                        "differs": not row.is_same,
                        "values": [
                            {
                                "target": target,
                                "value": cell.value,
                                "text": cell.text,
                                "rank": cell.rank or None,
                                "mark": cell.mark or None,
                            }
                            for target, cell in zip(targets, row.cells, strict=True)
                        ],
                    }
                    for row in section.rows
                ],
            }
            for section in comparison.sections
        ],
        "notes": list(comparison.notes),
        "estimated": [{"run_id": one.run.id, "control": control_json.as_json(one)} for one in comparison.controls],
    }
