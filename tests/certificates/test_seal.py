"""The seal: valid for readers that know nothing of ours, broken by any byte, checkable after a change of keys."""

import datetime as dt
import random
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from programmes.certificates import seal
from programmes.certificates.document import render
from run import create_app
from settings import Settings, Unsafe
from tests.certificates.test_document import FACTS
from tests.paper.reading import faults

NOW = dt.datetime.now(dt.UTC)


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> seal.Key:
    return seal.demo_key(tmp_path_factory.mktemp("seal"), NOW)


@pytest.fixture(scope="module")
def sealed(key: seal.Key) -> bytes:
    facts = replace(FACTS, native_name="محمد عبد الله", second_language="ar")
    return seal.sealed(render(facts, sealable=True), key)


def test_a_sealed_paper_is_still_accessible_and_archivable(sealed: bytes) -> None:
    assert faults(sealed) == []


def test_pdfsig_calls_it_valid_and_not_after_a_byte_has_changed(sealed: bytes, tmp_path: Path) -> None:
    def told(pdf: bytes) -> str:
        path = tmp_path / "paper.pdf"
        path.write_bytes(pdf)
        return subprocess.run(["pdfsig", path], capture_output=True, text=True, check=False).stdout

    assert "Signature is Valid." in told(sealed)
    assert "Total document signed" in told(sealed)
    start, end = sealed.rindex(b"/Contents <"), sealed.rindex(b"/ByteRange")
    numbers = random.Random(2004)
    for _ in range(8):
        changed = bytearray(sealed)
        place = numbers.choice([*range(200, start), *range(max(start, end) + 60, len(sealed))])
        changed[place] ^= 1 << numbers.randrange(8)
        assert "Signature is Valid." not in told(bytes(changed)), place


def test_no_changed_byte_keeps_the_seal(sealed: bytes, key: seal.Key) -> None:
    known = [key.certificate]
    verdict = seal.check(sealed, known)
    assert verdict == seal.Verdict(intact=True, ours=True, holder=key.holder, number=key.number)
    beside = sealed.rindex(b"/Contents <")
    room = sealed.index(b">", beside) - beside
    numbers = random.Random(1)
    for _ in range(40):
        changed = bytearray(sealed)
        place = numbers.randrange(len(sealed))
        changed[place] ^= 1 << numbers.randrange(8)
        again = seal.check(bytes(changed), known)
        # who signed is named a second time beside the signed bytes, where nothing of the paper stands
        assert again is None or not again.intact or beside <= place < beside + room, place


def test_an_unsealed_paper_has_no_verdict(key: seal.Key) -> None:
    assert seal.check(render(FACTS, sealable=True), [key.certificate]) is None


def test_papers_of_an_earlier_key_stay_checkable(sealed: bytes, key: seal.Key, tmp_path: Path) -> None:
    new = seal.demo_key(tmp_path, NOW)
    stranger = seal.check(sealed, [new.certificate, *seal.certificates_in(tmp_path)])
    assert stranger is not None
    assert (stranger.intact, stranger.ours) == (True, False), "a key that is not ours seals as well as ours"
    (tmp_path / "2026.pem").write_bytes(seal.as_pem([key.certificate]))
    verdict = seal.check(sealed, [new.certificate, *seal.certificates_in(tmp_path)])
    assert verdict is not None
    assert (verdict.intact, verdict.ours, verdict.number) == (True, True, key.number)


def test_a_key_that_cannot_be_used_stops_the_start(
    key: seal.Key, tmp_path: Path, settings: Callable[..., Settings]
) -> None:
    path = tmp_path / "seal.p12"
    shutil.copy(key.path, path)
    passphrase = seal.DEMO_PASSPHRASE.decode()
    path.chmod(0o644)
    with pytest.raises(seal.KeyProblem, match="chmod 600"):
        seal.load(path, passphrase, NOW)
    path.chmod(0o600)
    with pytest.raises(seal.KeyProblem, match="SEAL_PASSPHRASE"):
        seal.load(path, "wrong", NOW)
    with pytest.raises(seal.KeyProblem, match="valid until"):
        seal.load(path, passphrase, NOW + dt.timedelta(days=365 * 11))
    with pytest.raises(seal.KeyProblem, match="cannot be read"):
        seal.load(tmp_path / "nothing.p12", passphrase, NOW)
    assert seal.load(path, passphrase, NOW).number == key.number
    with pytest.raises(Unsafe, match="SEAL_KEY"):
        create_app(settings(f"sqlite:///{tmp_path}/x", seal_key=path, seal_passphrase="wrong"))
