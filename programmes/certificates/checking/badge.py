"""The paper as an Open Badges 3.0 credential: the same facts, for machines, signed as a JSON Web Token (ES256).

https://www.imsglobal.org/spec/ob/v3p0 and https://www.w3.org/TR/vc-data-model-2.0/. Whoever checks it needs the issuer's key
from our address and any JWT library. It carries the name only because its holder asked for it; never a birth date.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec

from paper.german import exactly
from programmes.catalogue.rules import units
from programmes.certificates.document import CertificateFacts
from programmes.certificates.seal import Key

CONTEXT = ["https://www.w3.org/ns/credentials/v2", "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"]
ALGORITHM = "ES256"


def issuer(public_url: str) -> dict[str, Any]:
    """Who issues: the office, by its public address."""
    return {
        "id": f"{public_url}/verify/issuer",
        "type": ["Profile"],
        "name": "Integrationsbüro Kreis Offenbach",
        "url": public_url,
    }


def credential(facts: CertificateFacts, public_url: str) -> dict[str, Any]:
    """The credential, without its proof."""
    unit = "UE (45 Min.)" if facts.unit_minutes == 45 else "Zeitstunden (60 Min.)"
    attended = exactly(units(facts.attended_minutes, facts.unit_minutes))
    offered = exactly(units(facts.offered_minutes, facts.unit_minutes))
    made: dict[str, Any] = {
        "@context": CONTEXT,
        "id": facts.verify_url,
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "issuer": issuer(public_url),
        "name": facts.title,
        "validFrom": _instant(facts.issued_at),
        "credentialSubject": {
            "type": ["AchievementSubject"],
            "identifier": [
                {"type": "IdentityObject", "identityHash": facts.name, "hashed": False, "identityType": "name"}
            ],
            "achievement": {
                "id": f"{facts.verify_url}#achievement",
                "type": ["Achievement"],
                "achievementType": "CertificateOfCompletion" if facts.kind == "qualification" else "Course",
                "name": facts.course_title,
                "description": f"{facts.course_kind}, {facts.programme_title}, {facts.place}",
                "criteria": {"narrative": f"{attended} von {offered} {unit}; {facts.number}"},
            },
            "activityStartDate": f"{facts.starts_on.isoformat()}T00:00:00Z",
            "activityEndDate": f"{facts.ends_on.isoformat()}T00:00:00Z",
        },
        "credentialStatus": {
            "id": f"{public_url}/verify/status/{facts.verification_code}",
            "type": "1EdTechRevocationList",
        },
    }
    if facts.valid_until:
        made["validUntil"] = f"{facts.valid_until.isoformat()}T23:59:59Z"
    return made


def signed(facts: CertificateFacts, public_url: str, key: Key) -> str:
    """The credential as a token that `jwt.decode` takes with the key of `keys`."""
    made = credential(facts, public_url)
    claims = made | {"iss": made["issuer"]["id"], "jti": made["id"], "nbf": int(facts.issued_at.timestamp())}
    header = {"typ": "vc+jwt", "kid": f"{public_url}/verify/keys.json#{key.number}"}
    return jwt.encode(claims, key.private, algorithm=ALGORITHM, headers=header)


def keys(public_url: str, key: Key) -> dict[str, Any]:
    """The public key as a JSON Web Key Set."""
    public = key.private.public_key()
    if not isinstance(public, ec.EllipticCurvePublicKey):
        raise TypeError("the seal's key is no elliptic-curve key")
    told: dict[str, Any] = jwt.algorithms.ECAlgorithm.to_jwk(public, as_dict=True)
    return {"keys": [told | {"kid": f"{public_url}/verify/keys.json#{key.number}", "alg": ALGORITHM, "use": "sig"}]}


def _instant(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
