"""No column without purpose, basis, audience and retention; and the record of processing says what the register says."""

from flask import Flask

from auth.rules import Role
from database import Base
from programmes.rights import record
from programmes.rights.rules import REGISTER, missing, vague
from tests.tools import machine


def test_every_column_is_in_the_register() -> None:
    schema = {table.name: [column.name for column in table.c] for table in Base.metadata.sorted_tables}
    assert missing(schema) == [], "Say in programmes/rights/register.json what it is for, or take out what is gone"
    assert [lack for table in REGISTER.values() for lack in vague(table)] == []
    assert {role for table in REGISTER.values() for role in table.audience} <= set(Role)
    assert missing({**schema, "person": [*schema["person"], "religion"], "diary": ["id"]}) == [
        "diary",
        "person.religion",
    ]


def test_whose_a_row_is_leads_to_a_person() -> None:
    """A table that refers to people says so, or nobody would erase its rows."""
    for table in Base.metadata.sorted_tables:
        entry = REGISTER[table.name]
        parents = {key.column.table.name for key in table.foreign_keys}
        if parents & {"person", "enrolment", "certificate", "enrolment_child"} and table.name not in RESTS:
            assert entry.of, f"{table.name} refers to {parents}: say in `of` by which column"
        for name in entry.of:
            if name in table.c and name != "id":
                (key,) = table.c[name].foreign_keys
                assert key.column.name == "id"
                assert REGISTER[key.column.table.name].of


RESTS = {"legal_hold"}  # goes with the end of the erasure that it puts off


def test_the_record_in_the_docs_is_the_register(app: Flask) -> None:
    printed = app.test_cli_runner().invoke(args=["rights", "record"]).output
    written = (machine.ROOT / "docs" / "processing.md").read_text(encoding="utf-8")
    assert printed.strip() == written.strip(), "python run.py rights record > docs/processing.md"
    assert "Straße" not in printed  # columns have their names of the schema here, and their purposes
    assert "person: id (Nummer des Datensatzes), given_name (Anrede, Listen, Bescheinigungen)" in printed
    assert "| Koordination, Kursleitung |" in printed
    told = record.information()
    assert "Briefe" in told
    assert "password" not in told
