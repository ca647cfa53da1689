"""An application for each test, and a client that can log in."""

import pytest
from blog import create_app
from blog.db import init_db


@pytest.fixture
def app(tmp_path):
    app = create_app({"TESTING": True, "DATABASE": str(tmp_path / "test.db")})
    with app.app_context():
        init_db()
    return app


@pytest.fixture
def client(app):
    return app.test_client()


@pytest.fixture
def login(client):
    """A function that makes an account and logs in."""

    def login(name, password="correct horse"):
        client.post("/auth/register", data={"name": name, "password": password})
        return client.post("/auth/login", data={"name": name, "password": password})

    return login
