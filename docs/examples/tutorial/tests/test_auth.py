"""Accounts: right and wrong registrations, logins and logouts."""

import pytest

from microweb import session


@pytest.mark.parametrize(
    ("name", "password", "message"),
    [
        ("", "correct horse", b"are required"),
        ("a" * 41, "correct horse", b"are required"),
        ("grace", "short", b"are required"),
        ("ada", "correct horse", b"ada is registered already"),
    ],
)
def test_wrong_registrations(client, login, name, password, message):
    login("ada")
    assert message in client.post("/auth/register", data={"name": name, "password": password}).data


def test_login_and_logout(client, login):
    with client:
        assert login("ada").location == "/"
        assert session["user_id"] == 1
        assert b"Log Out" in client.get("/").data
        client.post("/auth/logout")
        assert "user_id" not in session


@pytest.mark.parametrize(("name", "password"), [("ada", "wrong"), ("nobody", "correct horse")])
def test_wrong_logins(client, login, name, password):
    login("ada")
    response = client.post("/auth/login", data={"name": name, "password": password})
    assert b"That is no name and password" in response.data
