"""Invented claims as JSON; nobody here is real."""

from __future__ import annotations

import json
from typing import Any


def claim_document(**changes: Any) -> dict[str, Any]:
    """Returns a small claim that can be judged, with some of its keys replaced."""
    return {
        "claim_id": "C-1",
        "payer": {"payer_id": "ACME", "line_of_business": "commercial"},
        "diagnoses": [{"code": "L02.415"}, {"code": "I10"}],
        "lines": [
            {"line_number": 1, "procedure_code": "10060", "service_date": "2026-01-20", "charge_cents": 21000},
            {
                "line_number": 2,
                "procedure_code": "99213",
                "service_date": "2026-01-20",
                "charge_cents": 13000,
                "diagnosis_pointers": [2],
            },
        ],
        **changes,
    }


def line_document(**changes: Any) -> dict[str, Any]:
    """Returns one service line that can be judged, with some of its keys replaced."""
    return {"line_number": 1, "procedure_code": "99213", "service_date": "2026-01-20", **changes}


def as_bytes(document: Any) -> bytes:
    return json.dumps(document).encode()
