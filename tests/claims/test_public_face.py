from __future__ import annotations

import engine.claims


def test_the_public_face_is_sorted_and_pinned() -> None:
    assert engine.claims.__all__ == [
        "InvalidClaim",
        "canonical_claim",
        "canonical_diagnosis",
        "decode_claim",
        "encode_evaluation",
        "is_calendar_date",
        "problems_of",
        "read_claims",
    ]
    assert all(hasattr(engine.claims, name) for name in engine.claims.__all__)
