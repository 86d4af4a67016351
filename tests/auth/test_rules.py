"""Tables of examples for what is decided about accounts."""

import pytest

from auth.rules import locked_out, normal_email, password_reasons, safe_target


@pytest.mark.parametrize(
    ("password", "fine"),
    [
        ("", False),
        ("elf Zeichen", False),
        ("zwölf Zeiche", True),
        ("korrektes Pferd 🐎 Batterie", True),
        ("Integration2026!", False),
        ("Kursbuch-12345", False),
        ("aaaaaaaaaaaaaaaa", False),
        ("nuray.aydin-12", False),  # the name before the @
        ("x1" * 128, False),  # few different characters
        ("Äpfel, Birnen und Zwetschgen", True),
        ("aB3$" + "y" * 253, False),
    ],
)
def test_passwords(password: str, fine: bool) -> None:
    assert (password_reasons(password, "nuray.aydin@office.example") == []) is fine


@pytest.mark.parametrize("target", ["/courses", "/courses?state=running&page=2", "/meetings/3/roll-call"])
def test_targets_on_this_site(target: str) -> None:
    assert safe_target(target) == target


@pytest.mark.parametrize(
    "target",
    [None, "", "courses", "//evil.example", "/\\evil.example", "\\/evil", "https:evil.example", "https://evil.example",
     "javascript:alert(1)", "/ok\r\nSet-Cookie: a=b", "/\t/evil", "///evil", "/a\\b", "\x00/"],
)  # fmt: skip
def test_targets_elsewhere(target: str | None) -> None:
    assert safe_target(target) is None


def test_ten_failures_lock() -> None:
    assert not locked_out(9)
    assert locked_out(10)


def test_one_address_one_account() -> None:
    assert normal_email("  Nuray.AYDIN@Office.Example ") == "nuray.aydin@office.example"
