"""Signs PDFs with throw-away certificates."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from asn1crypto import keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko_certvalidator.registry import SimpleCertificateStore

DAYS_AGO_100 = datetime.now(UTC) - timedelta(days=100)


@dataclass(frozen=True)
class Issuer:
    """Who vouches for signers."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    def put_into(self, folder: Path) -> Path:
        """Make this issuer one whom a city trusts."""
        folder.mkdir(exist_ok=True)
        (folder / "issuer.pem").write_bytes(self.certificate.public_bytes(serialization.Encoding.PEM))
        return folder


@cache
def issuer(name: str = "Prüfstelle Musterstadt") -> Issuer:
    key = ec.generate_private_key(ec.SECP256R1())
    return Issuer(_certificate(name, key, name, key, authority=True), key)


def signer(name: str = "Änne Ärmel", *, valid_days: int = 365, issued_by: Issuer | None = None) -> SimpleSigner:
    """A signer whose certificate has been valid for a hundred days."""
    vouching = issued_by or issuer()
    key = ec.generate_private_key(ec.SECP256R1())
    issuer_name = vouching.certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value
    certificate = _certificate(name, key, str(issuer_name), vouching.key, valid_days=valid_days)
    store = SimpleCertificateStore()  # type: ignore[no-untyped-call]
    store.register(_as_asn1(vouching.certificate))
    private = key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return SimpleSigner(_as_asn1(certificate), keys.PrivateKeyInfo.load(private), store)


def sign(content: bytes, by: SimpleSigner, field: str = "Unterschrift") -> bytes:
    """The PDF with a signature more, as an incremental update."""
    writer = IncrementalPdfFileWriter(io.BytesIO(content))
    signed = io.BytesIO()
    pdf_signer = PdfSigner(PdfSignatureMetadata(field_name=field), signer=by)
    # It runs an event loop of its own, which a thread that drives a browser has already.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(pdf_signer.sign_pdf, writer, output=signed).result()
    return signed.getvalue()


def _certificate(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    issuer_name: str,
    issuer_key: ec.EllipticCurvePrivateKey,
    *,
    authority: bool = False,
    valid_days: int = 3650,
) -> x509.Certificate:
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer_name)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(DAYS_AGO_100)
        .not_valid_after(DAYS_AGO_100 + timedelta(days=valid_days))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=authority), critical=True)
    )
    return builder.sign(issuer_key, hashes.SHA256())


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=not signs_certificates,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _as_asn1(certificate: x509.Certificate) -> asn1_x509.Certificate:
    return asn1_x509.Certificate.load(certificate.public_bytes(serialization.Encoding.DER))
