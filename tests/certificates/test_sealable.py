"""A paper can be signed in the field it brings along, and stays valid."""

import datetime as dt
import io
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from asn1crypto import keys, x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko_certvalidator.registry import SimpleCertificateStore

from paper import SEAL
from programmes.certificates.document import render
from tests.certificates.test_document import FACTS
from tests.paper.reading import faults, text_of


class Writer(IncrementalPdfFileWriter):
    """Leaves our XMP alone: pyHanko's own update drops what PDF/A asks for."""

    def _update_meta(self) -> None:
        pass


def signer() -> signers.SimpleSigner:
    """A key and a certificate that nobody trusts: enough to fill the field."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Siegel der Prüfung")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now).not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.KeyUsage(True, True, *[False] * 7), critical=True).sign(key, hashes.SHA256())
    )  # fmt: skip
    private = key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )  # fmt: skip
    return signers.SimpleSigner(
        signing_cert=asn1.Certificate.load(certificate.public_bytes(serialization.Encoding.DER)),
        signing_key=keys.PrivateKeyInfo.load(private),
        cert_registry=SimpleCertificateStore(),
    )


def test_the_empty_field_and_the_filled_one_are_valid(tmp_path: Path) -> None:
    pdf = render(FACTS, sealable=True)
    assert faults(pdf) == []
    about = signers.PdfSignatureMetadata(field_name=SEAL, md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES)
    pdf_signer = signers.PdfSigner(about, signer=signer())
    with ThreadPoolExecutor(
        1
    ) as apart:  # it starts an event loop, and the browser tests of this worker have one running
        signed = apart.submit(pdf_signer.sign_pdf, Writer(io.BytesIO(pdf)), existing_fields_only=True).result()
    assert faults(signed.getvalue()) == []
    assert text_of(signed.getvalue()) == text_of(pdf)
    if shutil.which("pdfsig"):
        file = tmp_path / "signed.pdf"
        file.write_bytes(signed.getvalue())
        said = subprocess.run(["pdfsig", str(file)], capture_output=True, text=True, check=False).stdout
        assert "Signature is Valid" in said
        assert "Total document signed" in said


def test_a_paper_has_a_field_only_if_it_is_to_be_signed() -> None:
    assert SEAL.encode() + b")" in render(FACTS, sealable=True)
    assert b"/AcroForm" not in render(FACTS)
