"""Long-term series on both databases: counted by hand, corrected without loss, taken in from files, rounded for others."""

import csv
import datetime as dt
import io
from collections.abc import Callable
from fractions import Fraction

import pytest
import sqlalchemy as sa
from werkzeug.datastructures import FileStorage

from programmes.statistics.rules import SECRET
from programmes.statistics.series.exchange import lines_of, text_of
from programmes.statistics.series.models import Series, SeriesValue
from programmes.statistics.series.rules import (
    NOTHING,
    Reported,
    Rhythm,
    SeriesFacts,
    SeriesKind,
    Shown,
    Unit,
    period_key,
    period_name,
    read_period,
    shown,
    total,
)
from tests.catalogue.scene import NOW, PASSWORD, build
from tests.tools.client import Client
from tests.tools.offices import TRANSACTION
from tests.tools.page import Page
from wording import Refused

FACTS = SeriesFacts(
    "RS", "=Zurückgestellt", SeriesKind.DEFERRAL, "Kinder, wegen Sprache", "Schulamt", Rhythm.SCHOOL_YEAR, Unit.CHILDREN
)
ASSESSMENT = {
    "kind": "language_assessment", "title": "Mit Bedarf", "definition": "Kinder mit Bedarf", "source": "Gesundheitsamt",
    "instrument": "KiSS", "assessed_language": "Deutsch", "ages": "4;0 bis 4;6",
}  # fmt: skip
HEADS = "series;municipality;period;cases;of_all;note\n"


@pytest.mark.parametrize(
    ("text", "rhythm", "year"),
    [
        ("2003/04", Rhythm.SCHOOL_YEAR, 2003), ("2003/2004", Rhythm.SCHOOL_YEAR, 2003), ("1999/00", Rhythm.SCHOOL_YEAR, 1999),
        (" 2003/04 ", Rhythm.SCHOOL_YEAR, 2003), ("2003/05", Rhythm.SCHOOL_YEAR, None), ("2003", Rhythm.SCHOOL_YEAR, None),
        ("Apr 03", Rhythm.SCHOOL_YEAR, None), ("2003/4", Rhythm.SCHOOL_YEAR, None), ("2003", Rhythm.YEAR, 2003),
        ("2003/04", Rhythm.YEAR, None), ("٢٠٠٣", Rhythm.YEAR, None), ("", Rhythm.YEAR, None),
    ],
)  # fmt: skip
def test_a_school_year_is_no_year(text: str, rhythm: Rhythm, year: int | None) -> None:
    assert read_period(rhythm, text) == year
    if year is not None:
        assert {read_period(rhythm, say(rhythm, year)) for say in (period_name, period_key)} == {year}


@pytest.mark.parametrize(
    ("cases", "of_all", "expected"),
    [
        (0, None, Shown(SECRET)), (2, 180, Shown(SECRET, 180, SECRET)), (7, None, Shown(5)),
        (12, 181, Shown(10, 180, Fraction(6))),  # of the exact figures it would be 7 %
        (19, 19, Shown(20, 20, SECRET)), (3, 20, Shown(5, 20, Fraction(25))),
    ],
)  # fmt: skip
def test_a_share_says_no_more_than_the_rounded_figures(cases: int, of_all: int | None, expected: Shown) -> None:
    assert shown(Reported(cases, of_all), disclose=True) == expected


def test_what_is_not_reported_is_no_zero() -> None:
    for disclose in (True, False):
        assert shown(NOTHING, disclose=disclose) is None
    assert shown(Reported(0, 40), disclose=False) == Shown(0, 40, Fraction(0))
    assert total([NOTHING, Reported(0, 40), Reported(3, 60)]) == Reported(3, 100)
    assert total([Reported(3, 60), Reported(5)]) == Reported(8)  # of how many nobody knows
    assert total([NOTHING]) == NOTHING


@pytest.mark.parametrize(
    "data",
    [
        b"", b" \n", b"PK\x03\x04\x00\x00", b"\xff\xfes\x00e\x00", b"x" * 200_001, HEADS.encode() + b'RS;"Langen;2003/04;1\n',
        b"series;period;cases\n", b"series;municipality;period;cases;cases\n", HEADS.encode() + b"RS;Langen;2003/04;1;2;x\n" * 2001,
        b"series;municipality;period;cases_rounded\n", b"x" * 140_000, b'"' + b"a;" * 70_000,
    ],
)  # fmt: skip
def test_what_is_no_table_of_figures_is_refused_at_its_field(data: bytes) -> None:
    with pytest.raises(Refused) as refused:
        lines_of(text_of(data), FACTS)
    assert [reason.field for reason in refused.value.reasons] == ["file"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("delimiter", [";", ","])
def test_files_as_spreadsheets_write_them(encoding: str, delimiter: str) -> None:
    text = HEADS.replace(";", delimiter) + delimiter.join(["RS", "Mu\u0308hlheim am Main", "2003/04", "3", "", "'=so"])
    data = text.replace("u\u0308", "ü" if encoding == "cp1252" else "u\u0308").encode(encoding)
    assert lines_of(text_of(data), FACTS) == [
        {"series": "RS", "place": "Mühlheim am Main", "period": "2003/04", "cases": "3", "of_all": "", "note": "=so"}
    ]


@pytest.fixture
def series(transaction: TRANSACTION, set_clock: Callable[[dt.datetime], None]) -> int:
    """Deferrals of 2024/25: Dietzenbach 12 of 181, Dreieich none of 40, Rodgau 2; all others have not reported."""
    set_clock(NOW)
    with transaction() as session:
        scene = build(session)
        made = Series(**vars(FACTS) | {"departments": []})
        session.add(made)
        session.flush()
        for town, cases, of_all, note in (
            ("Dietzenbach", 12, 181, "=ohne Vorklasse"), ("Dreieich", 0, 40, None), ("Rodgau", 2, None, "'so"),
        ):  # fmt: skip
            session.add(
                SeriesValue(
                    series_id=made.id, municipality_id=scene.towns[town], year=2024, cases=cases, of_all=of_all, note=note,
                    entered_at=NOW, entered_by_id=scene.users["mona"],
                )
            )  # fmt: skip
        return made.id


def signed_in(client: Client, name: str) -> Client:
    if client.signed_in:
        client.sign_out()
    client.sign_in(f"{name}@buero.example", PASSWORD)
    return client


def row(page: Page, place: str) -> list[str]:
    return next(cells[1:] for cells in page.rows if cells[0] == place)


def send(client: Client, series: int, text: str, status: int = 200) -> Page:
    client.open(f"/series/{series}/import")
    sent = FileStorage(io.BytesIO(text.encode()), "reihe.csv", "file")
    return client.submit(files={"file": sent}, status=status)


def exported(client: Client, series: int, query: str = "") -> str:
    data = client.fetch(f"/series/{series}/export.csv{query}").data
    assert data.startswith(b"\xef\xbb\xbf")
    assert b"\r\n" in data
    return str(data.decode("utf-8-sig"))


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=";"))


def test_counted_by_hand_for_everybody_who_may_read_it(client: Client, series: int) -> None:
    page = signed_in(client, "mona").open(f"/series/{series}")
    assert page.rows[0] == ["Kommune", "2024/25"]
    assert (row(page, "Dietzenbach"), row(page, "Dreieich"), row(page, "Rodgau"), row(page, "Langen (Hessen)")) == (
        ["12von 1816,6 %"], ["0von 400 %"], ["2"], ["…"],
    )  # fmt: skip
    assert (row(page, "Summe der Meldungen"), row(page, "Gemeldet haben")) == (["14"], ["3 von 13"])
    assert "2024/25: 3 von 13" in client.open("/series")
    page = signed_in(client, "dora").open(f"/series/{series}")  # of Dreieich alone
    assert page.rows[1:] == [["Dreieich", "0von 400 %"], ["Gemeldet haben", "1 von 1"]]
    assert "ohne Vorklasse" not in page.text
    assert [line["municipality"] for line in table(exported(client, series))] == ["Dreieich"]
    for address in ("new", f"{series}/edit", f"{series}/value", f"{series}/import"):
        client.open(f"/series/{address}", status=404)
    signed_in(client, "lena").open(f"/series/{series}", status=404)


def test_who_evaluates_reads_rounded_figures_on_the_page_and_in_the_file(client: Client, series: int) -> None:
    page = signed_in(client, "evi").open(f"/series/{series}")
    assert (row(page, "Dietzenbach"), row(page, "Dreieich"), row(page, "Rodgau"), row(page, "Hainburg")) == (
        ["10von 1806 %"], ["·von 40"], ["·"], ["…"],
    )  # fmt: skip
    assert row(page, "Summe der Meldungen") == ["15"]
    assert "ohne Vorklasse" not in page.text
    lines = table(exported(client, series))
    told = {
        line["municipality"]: (line["cases_rounded"], line["of_all_rounded"], line["percent_rounded"]) for line in lines
    }
    assert told["Dietzenbach"] == ("10", "180", "6")
    assert (told["Dreieich"], told["Rodgau"], told["Hainburg"]) == (("·", "40", "·"), ("·", "", ""), ("", "", ""))
    assert told["total"] == ("15", "", "")
    assert lines[0]["title"] == "'=Zurückgestellt"
    assert "note" not in lines[0]
    signed_in(client, "mona")
    assert table(exported(client, series, "?disclose=1")) == lines
    assert "Es fehlt: cases" in send(client, series, exported(client, series, "?disclose=1"), 422)


def test_a_correction_keeps_what_was_there(client: Client, series: int, transaction: TRANSACTION) -> None:
    signed_in(client, "mona").open(f"/series/{series}")
    page = client.click("Dietzenbach 2024/25: 12")
    assert page.errors == {}
    page = client.submit({"Fälle": "21"}, status=422)
    assert "begründen" in page.errors["Grund der Änderung"]
    page = client.submit({"Fälle": "21", "Von allen": "20", "Grund der Änderung": "x"}, status=422)
    assert "mehr Fälle" in page.errors["Von allen (freiwillig)"]
    page = client.submit({"Fälle": "21", "Von allen": "181", "Grund der Änderung": "Zahlendreher"})
    assert row(page, "Dietzenbach") == ["21von 18111,6 %"]
    page = client.click("Dietzenbach 2024/25: 21")
    for told in ("21 von 181", "Mona: Zahlendreher", "12 von 181"):
        assert told in page.main
    late = client.page.form_for(["Fälle"], None).data({"Fälle": "1", "Grund der Änderung": "y"})
    client.submit({"Fälle": "", "Von allen": "", "Grund der Änderung": "war Dreieich"})
    assert row(client.page, "Dietzenbach") == ["…"]
    answer = client.http.post(f"/series/{series}/value?place=Dietzenbach&year=2024", data=dict(late))
    assert answer.status_code == 422
    assert "inzwischen geändert" in answer.get_data(as_text=True)
    with transaction() as session:
        kept = sa.select(SeriesValue.cases, SeriesValue.reason, SeriesValue.replaced_at).join(SeriesValue.municipality)
        rows = session.execute(kept.where(sa.text("name = 'Dietzenbach'")).order_by(SeriesValue.id)).all()
        assert [(cases, reason) for cases, reason, _ in rows] == [
            (12, None), (21, "Zahlendreher"), (None, "war Dreieich"),
        ]  # fmt: skip
        assert [replaced is None for *_, replaced in rows] == [False, False, True]
        assert session.get_one(Series, series).facts == FACTS


def test_a_file_comes_back_unchanged_and_twice_adds_nothing(
    client: Client, series: int, transaction: TRANSACTION
) -> None:
    signed_in(client, "mona")
    text = exported(client, series)
    assert len(table(text)) == 13  # also those who have not reported, to be filled in
    assert "unverändert: 3, leer: 10. Es gibt nichts zu übernehmen." in send(client, series, text)
    client.open("/series/new")
    same = {"kind": "school_entry_deferral", "title": "Kopie", "definition": "d", "source": "s"}
    client.submit(same | {"key": "rs"}, status=422)  # the key is taken, in whatever letters
    client.submit(same | {"key": "RS-2"})
    other = int(client.page.address.rsplit("/", 1)[1])
    client.click("Ändern")
    client.submit({"title": "Noch eine"})
    copied = text.replace("RS;", "RS-2;")
    assert "neu: 3, leer: 10." in send(client, other, copied)
    assert exported(client, other).count(";12;") == 0  # so far it was only shown
    assert "3 Werte sind übernommen." in client.submit(button="Übernehmen")
    figures = ("municipality", "period", "cases", "of_all", "note")
    assert [[line[key] for key in figures] for line in table(exported(client, other))] == [
        [line[key] for key in figures] for line in table(text)
    ]
    assert "Es gibt nichts zu übernehmen." in send(client, other, copied)
    assert client.open(f"/series/{other}/edit").status == 200
    assert "hat schon Werte" in client.submit({"title": "Anders"}, status=422)
    with transaction() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(SeriesValue)) == 6


def test_one_wrong_line_keeps_the_whole_file_out(client: Client, series: int) -> None:
    signed_in(client, "mona")
    lines = (
        "RS;Langen;2024/25;4;90;", "RS;Frankfurt am Main;2024/25;4;90;", "RS;Hainburg;2024;4;;", "RS;Hainburg;2027/28;4;;",
        "RS;Egelsbach;2024/25;4,5;;", "RS;Egelsbach;2024/25;1;;", "RS-2;Rodgau;2023/24;1;;", "RS;Rodgau;2024/25;3;;",
        "RS;Hainburg;2023/24;5;4;", "", "RS;Dietzenbach;2024/25;;;", "RS;Dreieich;2024/25;;;Brief fehlt",
    )  # fmt: skip
    page = send(client, series, HEADS + "\n".join(lines), 422)
    assert "Zeilen, die nicht gehen: 9." in page.errors["CSV-Datei"]
    told = {cells[0]: cells[-1] for cells in page.rows[1:]}
    for number, why in {
        "2": "neu", "3": "ist keine Zeile dieser Reihe", "4": "kein Zeitraum wie 2025/2026", "5": "von 1990 bis 2026",
        "6": "ist keine ganze Zahl", "7": "steht schon in Zeile 6", "8": "gehört zu einer anderen Reihe: RS-2",
        "9": "begründen", "10": "mehr Fälle", "13": "tragen Sie die Zahl der Fälle ein",
    }.items():  # fmt: skip
        assert why in told[number], number
    assert set(told) == set(map(str, range(2, 11))) | {"13"}
    assert row(client.open(f"/series/{series}"), "Langen (Hessen)") == ["…"]
    assert "keine Zeile mit Werten" in send(client, series, HEADS, 422)
    send(client, series, HEADS + lines[0] + "\n" + lines[7], 422)
    page = client.submit({"reason": "Nachmeldung"})  # the page still knows what the file said
    assert [cells[2:] for cells in page.rows[1:]] == [["–", "4 von 90", "neu"], ["2, 'so", "3", "geändert"]]
    page = client.submit(button="Übernehmen")
    assert (row(page, "Langen (Hessen)"), row(page, "Rodgau")) == (["4von 904,4 %"], ["3"])


def test_two_versions_of_an_instrument_are_never_mixed(client: Client, series: int) -> None:
    signed_in(client, "mona").open("/series/new")
    page = client.submit(ASSESSMENT | {"key": "KISS-1"}, status=422)
    assert list(page.errors) == ["Version des Verfahrens"]
    numbers = []
    for version, cases in (("1", 30), ("2", 50)):
        client.open("/series/new")
        client.submit(ASSESSMENT | {"key": f"KISS-{version}", "version": version})
        numbers.append(int(client.page.address.rsplit("/", 1)[1]))
        client.submit({"place": "Langen (Hessen)", "year": "2024"})
        client.submit({"Fälle": str(cases), "Von allen": "100"})
    for number, version, cases in zip(numbers, "12", (30, 50), strict=True):
        page = client.open(f"/series/{number}")
        assert row(page, "Summe der Meldungen") == [f"{cases}von 100{cases} %"]
        assert f"Version des Verfahrens{version} " in page.main
    assert "80" not in client.open("/series").main
    page = send(client, numbers[1], exported(client, numbers[0]), 422)
    assert page.main.count("gehört zu einer anderen Reihe: KISS-1") == 13


def test_trainings_have_a_row_for_each_department(client: Client, series: int, transaction: TRANSACTION) -> None:
    signed_in(client, "mona").open("/series/new")
    training = {
        "kind": "staff_training",
        "title": "IK",
        "key": "FB",
        "definition": "d",
        "source": "s",
        "rhythm": "year",
    }
    assert "Nennen Sie die Fachdienste" in client.submit(training, status=422).errors["Fachdienste"]
    client.submit(training | {"departments": "Jugend\r\n\r\nGesundheit "})
    number = int(client.page.address.rsplit("/", 1)[1])
    client.submit({"place": "Gesundheit", "year": "2025"})
    page = client.submit({"Fälle": "9", "Von allen": "60"})
    assert page.rows == [
        ["Fachdienst", "2025"], ["Jugend", "…"], ["Gesundheit", "9von 6015 %"], ["Summe der Meldungen", "9von 6015 %"],
        ["Gemeldet haben", "1 von 2"],
    ]  # fmt: skip
    assert [line["department"] for line in table(exported(client, number))] == ["Jugend", "Gesundheit"]
    assert signed_in(client, "dora").open(f"/series/{number}").rows == []
    assert row(signed_in(client, "evi").open(f"/series/{number}"), "Gesundheit") == ["10von 6017 %"]
    with transaction() as session:
        nowhere = SeriesValue(series_id=number, year=2025, cases=1, entered_at=NOW, entered_by_id=1)
        session.add(nowhere)
        with pytest.raises(sa.exc.IntegrityError):
            session.flush()
        session.rollback()
