"""Code 128 and QR as plain modules, light or dark. Pure: whoever draws them decides how large a module is."""

from __future__ import annotations

from functools import lru_cache

from reportlab.graphics.barcode.qrencoder import QRCode, QRErrorCorrectLevel

# Widths of bar, space, bar, space, bar, space of the symbols 0 to 105 (ISO/IEC 15417, table 1).
_WIDTHS = (
    "212222222122222221121223121322131222122213122312132212221213221312231212112232122132122231113222123122"
    "123221223211221132221231213212223112312131311222321122321221312212322112322211212123212321232121111323"
    "131123131321112313132113132311211313231113231311112133112331132131113123113321133121313121211331231131"
    "213113213311213131311123311321331121312113312311332111314111221411431111111224111422121124121421141122"
    "141221112214112412122114122411142112142211241211221114413111241112134111111242121142121241114212124112"
    "124211411212421112421211212141214121412121111143111341131141114113114311411113411311113141114131311141"
    "411131211412211214211232"
)
_STOP_WIDTHS = "2331112"
START_B, START_C, TO_C, TO_B = 104, 105, 99, 100
PRINTABLE = range(32, 127)
QUIET_BARS, QUIET_QR = 10, 4  # light modules that belong to a code, on each side


def code128(text: str) -> list[int] | None:
    """Widths of bars and spaces in turn, a bar first; None for text that is not plain printable ASCII."""
    if not text or any(ord(letter) not in PRINTABLE for letter in text):
        return None
    symbols = symbols_of(text)
    check = (symbols[0] + sum(place * symbol for place, symbol in enumerate(symbols))) % 103
    widths = "".join(_WIDTHS[6 * symbol : 6 * symbol + 6] for symbol in [*symbols, check]) + _STOP_WIDTHS
    return [int(width) for width in widths]


def symbols_of(text: str) -> list[int]:
    """The start symbol and as few others as possible: letters in set B, long runs of digits by twos in set C."""
    # cost[place][code set] = the fewest symbols for the rest of the text
    size = len(text)
    plans: list[dict[str, tuple[int, list[int]]]] = [{} for _ in range(size + 1)]
    plans[size] = {"B": (0, []), "C": (0, [])}
    for place in range(size - 1, -1, -1):
        in_b = _then(ord(text[place]) - 32, plans[place + 1]["B"])
        in_c = _then(int(text[place : place + 2]), plans[place + 2]["C"]) if _pair(text, place) else None
        plans[place]["B"] = _shorter(in_b, in_c and _then(TO_C, in_c))
        plans[place]["C"] = _shorter(in_c, _then(TO_B, in_b))
    from_b, from_c = plans[0]["B"][1], plans[0]["C"][1]
    return [START_B, *from_b] if len(from_b) <= len(from_c) else [START_C, *from_c]


Plan = tuple[int, list[int]]


def _pair(text: str, place: int) -> bool:
    pair = text[place : place + 2]
    return len(pair) == 2 and pair.isdigit()  # noqa: PLR2004


def _then(symbol: int, rest: Plan) -> Plan:
    return rest[0] + 1, [symbol, *rest[1]]


def _shorter(one: Plan | None, other: Plan | None) -> Plan:
    return min((plan for plan in (one, other) if plan), key=lambda plan: plan[0])


@lru_cache(maxsize=256)
def qr(text: str) -> tuple[tuple[bool, ...], ...]:
    """The square of a QR code that a quarter may be missing of (level Q), dark modules True, row by row."""
    code = QRCode(None, QRErrorCorrectLevel.Q)
    code.addData(text)
    code.make()
    return tuple(tuple(bool(module) for module in row) for row in code.modules)
