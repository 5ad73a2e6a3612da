"""What a log should not have said is hidden, and nothing moves for it."""

import pytest

from ai_llm_service.domain import Extraction
from ai_llm_service.search.logs.hiding import without_secrets
from ai_llm_service.search.logs.secrets import hide_secrets

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJzaG9wIn0.c2lnbmF0dXJl"
AWS_KEY = "AKIA" + "ABCDEFGHIJKLMNOP"
KEY = "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nIBAAKC\n-----END RSA PRIVATE KEY-----"


@pytest.mark.parametrize(
    ("line", "secret"),
    [
        ("connecting to postgres://shop:hunter2@db:5432/shop", "hunter2"),
        ("Authorization: Bearer abcdefghijkl123", "abcdefghijkl123"),
        ("password=hunter2", "hunter2"),
        ('{"user": "al", "password": "s3c r3t!"}', "s3c r3t!"),
        ("env DB_PASSWORD='hunter2' set", "hunter2"),
        ("api_key=abc123def456&page=2", "abc123def456"),
        (f"using key {AWS_KEY} of the shop", AWS_KEY),
        (f"session {JWT} began", JWT),
        ("aws_secret_access_key = wJalrXUtnFEMIK7MDENGbPxRfiCY", "wJalrXUtnFEMIK7MDENGbPxRfiCY"),
        ("Server=db;AccountKey=abcd+/9==;x", "abcd+/9=="),
        ("run --password hunter22 now", "hunter22"),
        ("push with ghp_" + "a1B2" * 9, "ghp_" + "a1B2" * 9),
        ("token=deadbeefcafe", "deadbeefcafe"),
    ],
)
def test_a_secret_becomes_stars_of_its_length(line: str, secret: str) -> None:
    text = f"before\n{line}\nafter\n"
    hidden, count = hide_secrets(text)
    assert count == 1
    assert hidden == text.replace(secret, "*" * len(secret))


def test_the_lines_of_a_private_key_stay_lines() -> None:
    hidden, count = hide_secrets(f"a\n{KEY}\nb\n")
    assert count == 1
    assert hidden == f"a\n{KEY}\nb\n".replace("MIIEow", "******").replace("IBAAKC", "******")


@pytest.mark.parametrize(
    "line",
    [
        "Failed password for root from 10.0.0.7 port 22",
        "token: expired",
        "password: required",
        "password=null",
        "password=********",
        "secret=${SHOP_SECRET}",
        "used 400 tokens, token_count: 1234",
        "GET http://shop.example/cart?page=2",
        "key=7 value=8",
        "user@shop.example logged in",
    ],
)
def test_what_is_no_secret_stays(line: str) -> None:
    assert hide_secrets(line) == (line, 0)


def test_a_log_is_kept_without_its_secrets_and_says_so() -> None:
    line = "2026-03-01 08:15:02,001 INFO [main] shop.Main: login with password=hunter2\n"
    kept = without_secrets(Extraction(line * 3))
    assert kept.text == line.replace("hunter2", "*******") * 3
    assert kept.notes == (
        "3 secrets were found in the log (passwords, keys, tokens) and replaced by stars.",
    )


def test_other_documents_stay_as_they_are() -> None:
    kept = Extraction("The handbook says: write password=hunter2 nowhere.\n" * 3)
    assert without_secrets(kept) is kept
