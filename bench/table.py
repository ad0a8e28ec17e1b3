"""What was measured, in lines for people."""

from __future__ import annotations

from bench.meter import Measured


class Table:
    """Collects lines and prints each as it comes, and all of them at the end."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, line: str) -> None:
        print(line, flush=True)
        self.lines.append(line)

    def row(self, name: str, measured: Measured, note: str = "") -> None:
        refused = f"  {measured.refused} refused!" if measured.refused else ""
        self.say(
            f"{name:<44} {measured.rate:8.0f}/s  p50 {measured.percentile(50):7.1f}  p95 {measured.percentile(95):7.1f} ms"
            f"  CPU {measured.server_cpu_ms / max(1, measured.count):5.2f} + "
            f"{measured.database_cpu_ms / max(1, measured.count):5.2f} ms{refused}  {note}"
        )

    def show(self) -> None:
        print("\n" + "\n".join(self.lines))
