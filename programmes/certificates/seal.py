"""Seals a paper: a PAdES signature over every byte, with the office's key, which never lies in the database.

Reading and checking need nothing of ours: `pdfsig`, any PDF reader, or `check` below.
"""

from __future__ import annotations

import datetime as dt
import io
import logging
import os
import stat
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, lru_cache, partial
from importlib import import_module
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

from paper import SEAL

logging.getLogger("pyhanko").setLevel(
    logging.CRITICAL
)  # what it says of broken files is our verdict, no news for the log
REASON = "Echtheit der Bescheinigung"
DEMO_PASSPHRASE = b"kursbuch-demo"
DEMO_YEARS = 10
CERTIFICATE_ENDING = ".pem"


class KeyProblem(Exception):
    """Why the office's key cannot be used; the message says what to do, and goes to whoever starts Kursbuch."""


@dataclass(frozen=True)
class Key:
    """The key papers are sealed with now; `certificate` names it to whoever checks."""

    path: Path
    passphrase: str
    private: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...]

    @property
    def number(self) -> str:
        """The serial number of the certificate, as readers of PDFs show it."""
        return f"{self.certificate.serial_number:X}"

    @property
    def holder(self) -> str:
        """Who seals."""
        return _common_name(self.certificate)


def load(path: Path, passphrase: str, now: dt.datetime) -> Key:
    """The key in a PKCS#12 file that only its owner can read. Raises KeyProblem."""
    try:
        if os.name == "posix" and path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise KeyProblem(f"{path} can be read by others: chmod 600 {path}")
        private, certificate, others = pkcs12.load_key_and_certificates(path.read_bytes(), passphrase.encode())
    except OSError as reason:
        raise KeyProblem(f"{path} cannot be read: {reason.strerror}") from reason
    except ValueError as reason:
        raise KeyProblem(f"{path} is no PKCS#12 file, or SEAL_PASSPHRASE is not its passphrase") from reason
    if not isinstance(private, ec.EllipticCurvePrivateKey) or certificate is None:
        raise KeyProblem(
            f"{path} holds no elliptic-curve key with its certificate; make one as docs/certificates.md says"
        )
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        raise KeyProblem(f"The certificate in {path} is valid until {certificate.not_valid_after_utc:%d.%m.%Y} only")
    return Key(path, passphrase, private, certificate, tuple(others))


def demo_key(folder: Path, now: dt.datetime) -> Key:
    """The key of a demonstration: made on this machine, with an authority of its own, which nobody trusts."""
    path = folder / "siegel-demo.p12"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(f".{os.getpid()}")
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(_made_up(now))
        unfinished.replace(path)
    return load(path, DEMO_PASSPHRASE.decode(), now)


def sealed(pdf: bytes, key: Key) -> bytes:
    """The paper with its signature in the field `paper.page.Paper.finish` prepared; no change is allowed afterwards."""
    ours = _pyhanko()
    metadata = ours.signers.PdfSignatureMetadata(
        field_name=SEAL,
        reason=REASON,
        name=key.holder,
        md_algorithm="sha256",
        subfilter=ours.fields.SigSeedSubFilter.PADES,
        certify=True,
        docmdp_permissions=ours.fields.MDPPerm.NO_CHANGES,
    )
    signer = ours.signers.PdfSigner(metadata, signer=_signer(key.path, key.passphrase))

    def signed(room: int | None) -> bytes:
        out = io.BytesIO()
        writer = ours.writer(io.BytesIO(pdf))
        _apart(partial(signer.sign_pdf, writer, output=out, existing_fields_only=True, bytes_reserved=room))
        return out.getvalue()

    if key.number not in _ROOM:
        _ROOM[key.number] = _needed(signed(None)) + SPARE
    return signed(_ROOM[key.number])


# Hexadecimal digits kept free for a signature of a key: the one part that a signature does not cover, so it is kept small.
_ROOM: dict[str, int] = {}
SPARE = 12  # an ECDSA signature varies by a few bytes


def _needed(pdf: bytes) -> int:
    """How many hexadecimal digits the signature of this PDF takes, by the length that its first bytes say."""
    start = pdf.rindex(b"/Contents <") + len(b"/Contents <")
    return 2 * (int(pdf[start + 4 : start + 8], 16) + 4)  # 30 82 LL LL …


@dataclass(frozen=True)
class Verdict:
    """What a signature says: whether every byte is as it was sealed, by which certificate, and whether that is ours."""

    intact: bool
    ours: bool
    holder: str
    number: str


def check(pdf: bytes, known: Sequence[x509.Certificate]) -> Verdict | None:
    """The verdict on the signature of a PDF; None where it has none. `known` are the office's certificates, old ones too."""
    ours = _pyhanko()
    try:
        signatures = ours.reader(io.BytesIO(pdf)).embedded_signatures
        if not signatures:
            return None
        roots = [ours.from_der(one.public_bytes(serialization.Encoding.DER)) for one in known]
        context = ours.context(trust_roots=roots, allow_fetching=False)
        status = _apart(partial(ours.validate, signatures[0], context, skip_diff=True))
        whole = status.coverage == ours.whole_file
        signed_by = x509.load_der_x509_certificate(status.signing_cert.dump())
    except ours.problems:
        return Verdict(intact=False, ours=False, holder="", number="")
    mine = any(signed_by.fingerprint(hashes.SHA256()) == one.fingerprint(hashes.SHA256()) for one in known)
    return Verdict(
        intact=bool(status.intact and status.valid and whole),
        ours=mine,
        holder=_common_name(signed_by),
        number=f"{signed_by.serial_number:X}",
    )


def _apart(work: Callable[[], Any]) -> Any:
    """The result of work that runs an event loop of its own, in a thread that has none yet, whoever calls."""
    return _THREAD.submit(work).result()


_THREAD = ThreadPoolExecutor(max_workers=1, thread_name_prefix="seal")


def certificates_in(folder: Path | None) -> list[x509.Certificate]:
    """The public certificates of earlier keys (`*.pem`), so that their papers stay checkable after a rotation."""
    found: list[x509.Certificate] = []
    for path in sorted(folder.glob(f"*{CERTIFICATE_ENDING}")) if folder and folder.is_dir() else ():
        found += x509.load_pem_x509_certificates(path.read_bytes())
    return found


def as_pem(certificates: Sequence[x509.Certificate]) -> bytes:
    """Certificates as a file that readers of PDFs and `openssl` take."""
    return b"".join(one.public_bytes(serialization.Encoding.PEM) for one in certificates)


def _common_name(certificate: x509.Certificate) -> str:
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if names else certificate.subject.rfc4514_string()


def _made_up(now: dt.datetime) -> bytes:
    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root_name, name = _named("Kursbuch Vorführung CA"), _named("Siegel der Vorführung (nicht echt)")
    until = now + dt.timedelta(days=365 * DEMO_YEARS)

    def builder(subject: x509.Name, public: ec.EllipticCurvePublicKey, *, authority: bool) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(root_name)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(days=365 * 25))  # the demo has papers of 2003
            .not_valid_after(until)
            .add_extension(x509.BasicConstraints(authority, 0 if authority else None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .add_extension(
                x509.KeyUsage(
                    digital_signature=not authority, content_commitment=not authority, key_encipherment=False,
                    data_encipherment=False, key_agreement=False, key_cert_sign=authority, crl_sign=authority,
                    encipher_only=False, decipher_only=False,
                ),
                critical=True,
            )
        )  # fmt: skip

    root = builder(root_name, root_key.public_key(), authority=True).sign(root_key, hashes.SHA256())
    mine = (
        builder(name, key.public_key(), authority=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()), critical=False)
        .sign(root_key, hashes.SHA256())
    )
    encryption = serialization.BestAvailableEncryption(DEMO_PASSPHRASE)
    return pkcs12.serialize_key_and_certificates(b"siegel", key, mine, [root], encryption)


def _named(common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "DE"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Kreis Offenbach"),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


@lru_cache(maxsize=4)
def _signer(path: Path, passphrase: str) -> Any:
    signer = _pyhanko().signers.SimpleSigner.load_pkcs12(str(path), passphrase=passphrase.encode())
    signer.embed_roots = False  # whoever checks has the authority's certificate from somewhere else
    return signer


@dataclass(frozen=True)
class _PyHanko:
    signers: Any
    fields: Any
    writer: Any
    reader: Any
    validate: Any
    whole_file: Any
    context: Any
    from_der: Any
    problems: tuple[type[Exception], ...]


@cache
def _pyhanko() -> _PyHanko:
    """pyHanko, loaded with the first paper: importing it takes half a second, a quarter of the whole application's start."""
    incremental = import_module("pyhanko.pdf_utils.incremental_writer").IncrementalPdfFileWriter

    class Writer(incremental):  # type: ignore[valid-type, misc]
        """Leaves our XMP packet alone: pyHanko 0.38 would drop the part that PDF/A asks for."""

        def _update_meta(self) -> None:
            pass

    return _PyHanko(
        signers=import_module("pyhanko.sign.signers"),
        fields=import_module("pyhanko.sign.fields"),
        writer=Writer,
        reader=import_module("pyhanko.pdf_utils.reader").PdfFileReader,
        validate=import_module("pyhanko.sign.validation").validate_pdf_signature,
        whole_file=import_module("pyhanko.sign.validation.status").SignatureCoverageLevel.ENTIRE_FILE,
        context=import_module("pyhanko_certvalidator").ValidationContext,
        from_der=import_module("asn1crypto.x509").Certificate.load,
        problems=(
            ValueError,
            KeyError,
            TypeError,
            import_module("pyhanko.pdf_utils.misc").PdfError,
            import_module("pyhanko.sign.general").SigningError,
            import_module("pyhanko.sign.validation.errors").SignatureValidationError,
        ),
    )
