"""The demo's first line: a real-world style record of one bottling line, imported as any plant's log is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from equipment.models import Line
from production.importer.column_map import Role
from production.importer.imports import keep_report
from production.importer.load import ImportOptions, import_log
from production.importer.tables import SourceFile

FOLDER = Path(__file__).resolve().parent.parent / "demo" / "bottling"
FILES = {
    Role.BATCHES: "line-productivity.csv",
    Role.STOPS: "line-downtime.csv",
    Role.FACTORS: "downtime-factors.csv",
    Role.PRODUCTS: "products.csv",
}


def demo_files() -> dict[Role, SourceFile]:
    """The four files of the record."""
    return {role: SourceFile(name, (FOLDER / name).read_bytes()) for role, name in FILES.items()}


def import_bottling_demo(line: Line, *, actor: Any = None) -> dict[str, Any]:
    """Import the record into this line and give the report; where it is there already, nothing changes."""
    files, options = demo_files(), ImportOptions()
    report = import_log(line=line, files=files, options=options, dry_run=False, actor=actor)
    if not line.imports.exists():
        keep_report(line=line, files=files, options=options, report=report, actor=actor)
    return report
