"""Production logs to test with: the demo's, another plant's, and small ones with one thing wrong."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from production.importer.column_map import DEFAULT_MAP, ColumnMap, Role, map_of
from production.importer.desk import Reading
from production.importer.findings import Findings
from production.importer.log import ProductionLog
from production.importer.parse import parse_log
from production.importer.tables import SourceFile

NOW = datetime(2026, 11, 1, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")

BATCHES = """Date|Product|Batch|Operator|Start Time|End Time
2026-03-02|COLA|1|Ann|08:00:00|10:00:00
2026-03-02|COLA|2|Bob|10:00:00|11:30:00
"""
STOPS = """Batch|Factor 1|2
1|30.0|
2||10.0
"""
FACTORS = """Factor|Description|Operator Error
1|Machine failure|No
2|Batch change|Yes
"""
PRODUCTS = """Product|Flavor|Size|Min batch time
COLA|Cola|1 L|60
"""

# Another plant: commas, German words and dates, a row per stop, full dates with times, ideal seconds.
GERMAN_MAP = map_of(
    {
        "batches": {
            "batch": "Auftrag", "product": "Artikel", "start": "Beginn", "end": "Ende", "date": None,
            "operator": "Bediener",
        },
        "stops": {"batch": "Auftrag", "factor": "Grund", "minutes": "Dauer (min)"},
        "factors": {"code": "Kürzel", "name": "Grund", "operator_error": None, "category": "Art"},
        "products": {"code": "Artikel", "name": ["Bezeichnung"], "minimum_minutes": None, "ideal_seconds": "Soll (s)"},
        "date_format": "%d.%m.%Y",
        "decimal": ",",
    }
)  # fmt: skip
GERMAN = {
    Role.BATCHES: (
        "Auftrag,Artikel,Bediener,Beginn,Ende\n"
        '"A-1",X200,"Weiß, Jörg",02.03.2026 22:00,03.03.2026 02:00\n'
        "A-2,X200,,03.03.2026 02:00,03.03.2026 05:30\n"
    ),
    Role.STOPS: 'Auftrag,Grund,Dauer (min)\nA-1,Umrüsten,"12,5"\nA-1,Störung,20\nA-2,UM,5\nA-1,Umrüsten,"7,5"\n',
    Role.FACTORS: "Kürzel,Grund,Art\nUM,Umrüsten,setup\nST,Störung,BREAKDOWN\n",
    Role.PRODUCTS: "Artikel,Bezeichnung,Soll (s)\nX200,Ventil,7200\n",
}


def small(**changed: str | bytes | None) -> dict[Role, SourceFile]:
    """A sound log of two batches, with the named files changed, or left away (None)."""
    texts = {"batches": BATCHES, "stops": STOPS, "factors": FACTORS, "products": PRODUCTS, **changed}
    return sources({Role(role): text for role, text in texts.items() if text is not None})


def sources(texts: dict[Role, str | bytes]) -> dict[Role, SourceFile]:
    return {
        role: SourceFile(f"{role.value}.csv", text if isinstance(text, bytes) else text.encode())
        for role, text in texts.items()
    }


def parsed(
    files: dict[Role, SourceFile], column_map: ColumnMap = DEFAULT_MAP, zone: ZoneInfo = BERLIN, **more
) -> tuple[ProductionLog, Findings]:
    findings = Findings()
    return parse_log(files, Reading(zone=zone, now=NOW, column_map=column_map, **more), findings), findings


def said(findings: Findings) -> list[tuple[str, str, str, int, str, str]]:
    """(severity, code, file, row, column, value) of every finding."""
    return [(f.severity.value, f.code, f.file, f.row, f.column, f.value) for f in findings.items]
