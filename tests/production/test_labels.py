"""Labels: what is on them reads back, whatever draws them; a reprint has a number and a reason."""

from __future__ import annotations

import re
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.models import AuditLog
from production.labels import Label, label_of, pdf, svg, zpl
from production.labels.codes import _STOP_WIDTHS, _WIDTHS, code128, qr, symbols_of
from production.labels.layout import WIDTH, bar_boxes, qr_boxes, texts
from production.labels.zpl import escaped
from production.models import LabelPrint
from tests.support.api import API, client_for
from tests.support.trace_factories import lot_of, unit_in

KOREAN = Label("SN-260118-001", ("PA10 무릎 보조 로봇", "2026-01-18 · WF-KR-260118D-001 · No. 3"))


# --- reading the codes back


def read_code128(widths: list[int]) -> str:
    """What a scanner reads: symbols by their widths, check digit, code sets."""
    assert "".join(map(str, widths[-7:])) == _STOP_WIDTHS
    known = {_WIDTHS[place : place + 6]: place // 6 for place in range(0, len(_WIDTHS), 6)}
    assert len(known) == 106, "each symbol has a pattern of its own"
    symbols = [known["".join(map(str, widths[at : at + 6]))] for at in range(0, len(widths) - 7, 6)]
    start, *data, check = symbols
    assert check == (start + sum(place * symbol for place, symbol in enumerate(data, 1))) % 103
    code_set, text = {104: "B", 105: "C"}[start], ""
    for symbol in data:
        if code_set == "B" and symbol == 99:
            code_set = "C"
        elif code_set == "C" and symbol == 100:
            code_set = "B"
        else:
            text += chr(symbol + 32) if code_set == "B" else f"{symbol:02d}"
    return text


def test_a_known_code_128():
    """The example of the encyclopedia: Wikipedia, check digit 88, 11 modules a symbol and 13 to stop."""
    assert symbols_of("Wikipedia") == [104, 55, 73, 75, 73, 80, 69, 68, 73, 65]
    widths = code128("Wikipedia")
    assert sum(widths) == 11 * 11 + 13
    assert "".join(map(str, widths[10 * 6 : 11 * 6])) == _WIDTHS[88 * 6 : 89 * 6]
    assert "".join(map(str, widths[:6])) == "211214", "start B"


def test_digits_go_by_twos_where_that_is_shorter():
    assert symbols_of("123456") == [105, 12, 34, 56]
    assert symbols_of("A12") == [104, 33, 17, 18]
    assert len(symbols_of("WF-KR-260118D-001-0001")) == 21


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=60))
def test_any_number_reads_back_from_its_bars(text):
    widths = code128(text)
    assert read_code128(widths) == text
    assert all(1 <= width <= 4 for width in widths)


@given(st.from_regex(r"[0-9]{1,30}|[A-Z]{1,4}[0-9]{2,12}[A-Z]?[0-9]{0,6}", fullmatch=True))
def test_never_longer_than_letter_by_letter(text):
    assert read_code128(code128(text)) == text
    assert len(symbols_of(text)) <= len(text) + 1


def test_letters_that_no_bars_can_tell():
    assert code128("") is code128("무릎") is code128("a\0b") is code128("a\x7f") is None


def read_qr(rows) -> str:
    """What a scanner reads of a code of one block (versions 1 and 2): mask, zigzag, mode, letters."""
    size = len(rows)
    version = (size - 17) // 4
    mask = _mask_of(rows)
    bits = ""
    columns = [c for c in range(size - 1, 0, -2) if c > 6] + [5, 3, 1]
    for turn, right in enumerate(columns):
        for step in range(size):
            row = size - 1 - step if turn % 2 == 0 else step
            for column in (right, right - 1):
                if not _is_pattern(row, column, size, version):
                    bits += str(int(rows[row][column] != MASKS[mask](row, column)))
    return _letters(bits)


MASKS = [
    lambda r, c: (r + c) % 2 == 0,
    lambda r, c: r % 2 == 0,
    lambda r, c: c % 3 == 0,
    lambda r, c: (r + c) % 3 == 0,
    lambda r, c: (r // 2 + c // 3) % 2 == 0,
    lambda r, c: (r * c) % 2 + (r * c) % 3 == 0,
    lambda r, c: ((r * c) % 2 + (r * c) % 3) % 2 == 0,
    lambda r, c: ((r + c) % 2 + (r * c) % 3) % 2 == 0,
]
ALPHANUMERIC = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"


def _mask_of(rows) -> int:
    """Of the format bits beside the upper left corner: level Q is 11, then three bits of mask."""
    told = "".join(str(int(rows[8][column])) for column in (0, 1, 2, 3, 4))
    value = int(told, 2) ^ 0b10101
    assert value >> 3 == 0b11, "level Q"
    return value & 7


def _is_pattern(row, column, size, version) -> bool:
    corners = (row < 9 and column < 9) or (row < 9 and column >= size - 8) or (row >= size - 8 and column < 9)
    aligned = version > 1 and abs(row - (size - 7)) <= 2 and abs(column - (size - 7)) <= 2
    return corners or aligned or row == 6 or column == 6


def _letters(bits: str) -> str:
    mode, count_bits = {"0001": ("digits", 10), "0010": ("alnum", 9), "0100": ("bytes", 8)}[bits[:4]]
    count, bits = int(bits[4 : 4 + count_bits], 2), bits[4 + count_bits :]
    if mode == "bytes":
        return bytes(int(bits[8 * n : 8 * n + 8], 2) for n in range(count)).decode()
    text = ""
    group, width, tail = (3, 10, {1: 4, 2: 7}) if mode == "digits" else (2, 11, {1: 6})
    while len(text) < count:
        left = min(group, count - len(text))
        taken = width if left == group else tail[left]
        value, bits = int(bits[:taken], 2), bits[taken:]
        if mode == "digits":
            text += f"{value:0{left}d}"
        else:
            text += "".join([ALPHANUMERIC[value // 45], ALPHANUMERIC[value % 45]][-left:])
    return text


@given(st.from_regex(r"[A-Z0-9 ./-]{1,26}|[0-9]{1,30}|[A-Za-z0-9_]{1,19}", fullmatch=True))
def test_any_number_reads_back_from_its_square(text):
    assert read_qr(qr(text)) == text


def test_a_known_square():
    """Finder patterns in three corners, with their light border; HELLO WORLD needs version 1 at level Q."""
    rows = qr("HELLO WORLD")
    assert len(rows) == 21
    for top, left in ((0, 0), (0, 14), (14, 0)):
        assert [rows[top][left + c] for c in range(7)] == [True] * 7
        assert [rows[top + 1][left + c] for c in range(7)] == [True, *[False] * 5, True]
        assert [rows[top + 3][left + c] for c in range(7)] == [True, False, True, True, True, False, True]


# --- the drawings


def rectangles(label: Label) -> list[tuple[float, ...]]:
    """(left, top, width, height) of what the SVG paints dark."""
    [path] = re.findall(r'<path d="([^"]*)"', svg(label))
    return [tuple(map(float, box)) for box in re.findall(r"M([\d.]+) ([\d.]+)h([\d.]+)v([\d.]+)h", path)]


@pytest.mark.parametrize("number", ["SN-260118-001", "WF-KR-260118D-001-0001", "A" * 28])
def test_the_svg_reads_back(number):
    """From its rectangles alone: bars are those at the bottom, the square is the rest."""
    drawn = rectangles(Label(number, ("", "")))
    bars = sorted(box for box in drawn if box[1] > 13)
    module = min(box[2] for box in bars)
    edges = [edge for left, _top, width, _height in bars for edge in (left, left + width)]
    widths = [round((b - a) / module) for a, b in zip(edges, edges[1:], strict=False)]
    assert read_code128(widths) == number
    cell = min(box[3] for box in drawn if box[1] < 13)
    size = round(12.5 / cell) - 8
    rows = [[False] * size for _ in range(size)]
    for left, top, width, _height in (box for box in drawn if box[1] < 13):
        for step in range(round(width / cell)):
            rows[round(top / cell) - 4][round(left / cell) - 4 + step] = True
    assert tuple(map(tuple, rows)) == qr(number)


@pytest.mark.parametrize("number", ["1", "SN-260118-001", "A" * 50, "1234567890" * 5])
def test_nothing_reaches_over_the_edge(number):
    label = Label(number, ("긴 이름 " * 40, "x" * 200))
    for box in [*qr_boxes(number), *bar_boxes(number)]:
        assert box.left >= 0 and box.left + box.width <= WIDTH and box.top + box.height <= 20
    assert all(text.left + len(text.words) * text.size * 0.2 <= WIDTH for text in texts(label))
    assert texts(label)[1].words.endswith("…")


def test_bars_too_fine_to_print_are_left_out():
    assert bar_boxes("A" * 28) and not bar_boxes("A" * 50) and bar_boxes("1234567890" * 5)
    assert "^BC" not in zpl(Label("A" * 50, ("", ""))) and "^BQ" in zpl(Label("A" * 50, ("", "")))


def test_the_pdf_is_of_the_labels_size_and_brings_its_letters():
    made = pdf(KOREAN)
    assert made.startswith(b"%PDF-1.") and made == pdf(KOREAN)
    [box] = re.findall(rb"/MediaBox \[ ([\d. ]+) \]", made)
    assert [round(float(side)) for side in box.split()] == [0, 0, 170, 57]  # points: 60 × 20 mm
    assert made.count(b"/FontFile2") == 2 and b"/Pretendard" in re.sub(rb"[A-Z]{6}\+", b"", made)
    streams = re.findall(rb"stream\r?\n(.*?)endstream", made, re.S)
    assert any(b"\x00\x01\x00\x00" in _inflated(one)[:4] for one in streams), "a TrueType font"


def _inflated(stream: bytes) -> bytes:
    import base64

    text = stream.strip()
    if text.endswith(b"~>"):
        text = (
            base64.a85decode(text, adobe=False)
            if not text.startswith(b"<~")
            else base64.a85decode(text, adobe=True)
        )
    try:
        return zlib.decompress(text)
    except zlib.error:
        return text


def test_the_printers_language():
    made = zpl(KOREAN)
    assert made.startswith("^XA^CI28^PW480^LL160") and made.rstrip().endswith("^XZ")
    assert "^FDQA,SN-260118-001^FS" in made and re.search(r"\^BCN,48,N,N,N,A\^FH\^FDSN-260118-001\^FS", made)
    [(total, _total, per_row, dots)] = re.findall(r"\^GFA,(\d+),(\d+),(\d+),([0-9A-F]+)\^FS", made)
    assert len(dots) == 2 * int(total) and int(total) % int(per_row) == 0
    assert 0.05 < bin(int(dots, 16)).count("1") / (8 * int(total)) < 0.6, "letters, not a block"


@given(st.text(max_size=60))
def test_no_text_is_a_command_of_the_printer(words):
    made = escaped(words)
    assert not {"^", "~", "\n", "\r", "\0"} & set(made)
    assert re.sub(r"_([0-9A-F]{2})", lambda hit: chr(int(hit[1], 16)), made) == "".join(
        letter for letter in words if letter.isprintable()
    )


# --- over HTTP


@pytest.mark.django_db
class TestOverHttp:
    @pytest.fixture
    def unit(self):
        return unit_in(lot_of())

    @pytest.mark.parametrize("kind", ["serials", "lots"])
    def test_each_type(self, unit, kind):
        of = unit if kind == "serials" else unit.lot
        client, url = client_for("operator"), f"{API}{kind}/{of.pk}/label"
        number = label_of(of).number
        for query, content_type, begins in (
            ("", "image/svg+xml", b"<svg"),
            ("?type=SVG", "image/svg+xml", b"<svg"),
            ("?type=pdf", "application/pdf", b"%PDF"),
            ("?type=zpl", "text/plain; charset=utf-8", b"^XA"),
        ):
            answer = client.get(url + query)
            assert (answer.status_code, answer["Content-Type"]) == (200, content_type)
            assert answer.content.startswith(begins)
            assert f'filename="{number}.' in answer["Content-Disposition"]
        for query in ("?type=png", "?type=", "?colour=red"):
            assert client.get(url + query).status_code == 400, query
        assert client.get(f"{API}{kind}/{10**9}/label").status_code == 404

    @pytest.mark.parametrize(
        ("kind", "accept"), [("svg", "image/svg+xml"), ("pdf", "application/pdf"), ("zpl", "text/plain")]
    )
    def test_whoever_takes_nothing_but_the_file_gets_it(self, unit, kind, accept):
        url = f"{API}serials/{unit.pk}/label?type={kind}"
        answer = client_for("operator").get(url, headers={"Accept": accept})
        assert (answer.status_code, answer["Content-Type"].split(";")[0]) == (200, accept)
        refused = client_for("guest").get(url, headers={"Accept": accept})
        assert (refused.status_code, refused["Content-Type"]) == (403, "application/problem+json")

    def test_what_people_read(self, unit):
        lot = unit.lot
        assert label_of(unit).lines[0] == f"{lot.product.model_code} {lot.product.model_name}"
        assert lot.lot_number in label_of(unit).lines[1] and "No. 1" in label_of(unit).lines[1]
        assert f"{lot.production_date:%Y-%m-%d}" in label_of(lot).lines[1]

    def test_a_name_is_no_markup(self, unit):
        unit.lot.product.model_name = '<script>alert("x")</script>&'
        made = svg(label_of(unit))
        assert "<script" not in made and "&lt;script&gt;" in made and "&amp;" in made

    @pytest.mark.parametrize("kind", ["serials", "lots"])
    def test_a_reprint_is_numbered_and_says_why(self, unit, kind):
        of = unit if kind == "serials" else unit.lot
        client, url = client_for("operator"), f"{API}{kind}/{of.pk}/label/reprint"
        answers = [client.post(url, {"reason": reason}) for reason in ("torn", "smeared")]
        assert [(a.status_code, a.json()["number"]) for a in answers] == [(201, 1), (201, 2)]
        told = answers[1].json()
        assert (told["reason"], told["printed_by"]) == ("smeared", client.user.username)
        assert all(client.get(link).status_code == 200 for link in told["urls"].values())
        deeds = AuditLog.objects.filter(action="production.label.reprinted", entity_id=str(of.pk))
        assert [(d.entity_type, d.reason, d.user_id) for d in deeds.order_by("id")] == [
            (kind, "torn", client.user.pk),
            (kind, "smeared", client.user.pk),
        ]

    @pytest.mark.parametrize("reason", [None, "", "  ", "a\0b", ["x"], {"a": 1}, "x" * 501])
    def test_a_reprint_without_a_reason(self, unit, reason):
        answer = client_for("admin").post(f"{API}serials/{unit.pk}/label/reprint", {"reason": reason})
        assert (answer.status_code, list(answer.json()["errors"])) == (400, ["reason"])
        assert not LabelPrint.objects.exists()
