import pytest

from assistant.api.agents import MOST_TRIES, SIGNED_IN_FOR, WITHIN, Agents, TooManyTriesError, hashed, matches
from assistant.config import DeskSettings
from assistant.errors import InvalidInput

ANA, BEN = "ana's long password", "ben's long password"
SECRET = "s" * 32
HASHES = {"ana": hashed(ANA), "Bén Ω": hashed(BEN)}


class Time:
    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def agents(time: Time | None = None, **hashes: str) -> Agents:
    return Agents(DeskSettings(agents=hashes or HASHES, secret=SECRET), time or Time())


def test_a_hash_matches_its_password_only_and_has_a_salt() -> None:
    assert matches(ANA, HASHES["ana"]) and not matches(ANA + " ", HASHES["ana"])
    assert hashed(ANA) != HASHES["ana"] and ANA not in HASHES["ana"]


NO_HASHES = ["", "plain text", "scrypt$99$8$1$AAAA$AAAA", "scrypt$a$8$1$AAAA$AAAA", "md5$1$8$1$AA==$AA=="]


@pytest.mark.parametrize("kept", NO_HASHES)
def test_what_is_no_hash_is_said_to_be_none(kept: str) -> None:
    with pytest.raises(InvalidInput, match="shopkeeper agent add"):
        matches(ANA, kept)


def test_a_short_password_is_refused() -> None:
    with pytest.raises(InvalidInput, match="at least 10"):
        hashed("short")


@pytest.mark.parametrize(("name", "password"), [("ana", ANA), ("Bén Ω", BEN)])
def test_a_cookie_names_its_agent(name: str, password: str) -> None:
    cookie = agents().sign_in(name, password)
    assert cookie is not None and cookie.isascii()
    assert agents().name_of(cookie) == name


def test_wrong_names_and_passwords_get_no_cookie() -> None:
    assert agents().sign_in("ana", BEN) is None
    assert agents().sign_in("nobody", ANA) is None
    assert agents().sign_in("", "") is None


def test_a_cookie_that_was_changed_is_nobodys() -> None:
    cookie = agents().sign_in("ana", ANA)
    assert cookie is not None
    name, ends, signature = cookie.split(".")
    other = (agents().sign_in("Bén Ω", BEN) or "").split(".")[0]
    forged = (f"{other}.{ends}.{signature}", f"{name}.{int(ends) + 1}.{signature}", f"{name}.{ends}.{signature[:-1]}0x",
              f"{name}.{ends}", "", ".", "..", "é.1.2", f"{name}.²3.{signature}")  # fmt: skip
    assert [agents().name_of(text) for text in forged] == [None] * len(forged)


def test_a_login_ends_with_time_password_agent_or_secret() -> None:
    time = Time()
    cookie = agents(time).sign_in("ana", ANA)
    assert cookie is not None
    time.now += SIGNED_IN_FOR - 1
    assert agents(time).name_of(cookie) == "ana"
    time.now += 2
    assert agents(time).name_of(cookie) is None
    assert agents(ana=hashed(ANA)).name_of(cookie) is None
    assert agents(ben=HASHES["ana"]).name_of(cookie) is None
    assert Agents(DeskSettings(agents=HASHES), Time()).name_of(cookie) is None


def test_guessing_is_stopped_for_a_while_for_one_address() -> None:
    time = Time()
    desk = agents(time)
    for _ in range(MOST_TRIES):
        assert desk.sign_in("ana", "wrong password", "10.0.0.1") is None
    with pytest.raises(TooManyTriesError):
        desk.sign_in("ana", ANA, "10.0.0.1")
    assert desk.sign_in("ana", ANA, "10.0.0.2") is not None
    time.now += WITHIN + 1
    assert desk.sign_in("ana", ANA, "10.0.0.1") is not None
