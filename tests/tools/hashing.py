"""Argon2 is slow on purpose, and an office of the tests has five people who all use one password.

So what was once hashed or verified is remembered for the run: each password is hashed for real with the application's own
costs, once, and each sign-in is verified for real, once. The next time the answer is the same.
"""

from collections.abc import Iterator
from functools import cache

import pytest
from argon2 import PasswordHasher
from argon2.exceptions import VerificationError


@pytest.fixture(scope="session", autouse=True)
def remembered_hashes() -> Iterator[None]:
    """Remember what a hasher said, for all of the run."""
    with pytest.MonkeyPatch.context() as patch:
        hashing, verifying = PasswordHasher.hash, PasswordHasher.verify

        @cache
        def hashed(hasher: PasswordHasher, password: str, *, salt: bytes | None = None) -> str:
            return hashing(hasher, password, salt=salt)

        @cache
        def failure(hasher: PasswordHasher, known: str, password: str) -> VerificationError | None:
            try:
                verifying(hasher, known, password)
            except VerificationError as reason:
                return reason
            return None

        def verified(hasher: PasswordHasher, known: str, password: str) -> bool:
            if (reason := failure(hasher, known, password)) is not None:
                raise reason
            return True

        patch.setattr(PasswordHasher, "hash", hashed)
        patch.setattr(PasswordHasher, "verify", verified)
        yield
