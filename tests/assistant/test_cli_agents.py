from pathlib import Path

import pytest
import yaml

from assistant.api.agents import matches
from assistant.cli.agents import DEMO_AGENT, with_demo_agent
from assistant.config import DeskSettings, Settings, ShopSettings
from tests.assistant.cli import run

Capture = pytest.CaptureFixture[str]


@pytest.mark.parametrize("name", ["ana", "Zoë: #1 \"x\""])
def test_an_agents_lines_are_a_section_of_the_configuration(capsys: Capture, name: str) -> None:
    done = run(capsys, "agent", "add", name, "--password", "a long password")
    assert done.code == 0 and "a long password" not in done.out + done.err
    settings = DeskSettings.model_validate(yaml.safe_load(done.out)["desk"])
    assert list(settings.agents) == [name] and matches("a long password", settings.agents[name])


REFUSED = [("ana", "short", "at least 10"), ("  ", "a long password", "characters")]


@pytest.mark.parametrize(("name", "password", "why"), REFUSED)
def test_a_short_password_and_an_empty_name_are_refused(capsys: Capture, name: str, password: str, why: str) -> None:
    assert why in run(capsys, "agent", "add", name, "--password", password).sentence


def test_the_demo_shops_agent_has_a_new_password_at_each_start() -> None:
    demo = Settings.load("configs/demo.yaml")
    (first, password), (second, other) = with_demo_agent(demo), with_demo_agent(demo)
    assert password is not None and other is not None and password != other
    assert matches(password, first.desk.agents[DEMO_AGENT]) and not matches(password, second.desk.agents[DEMO_AGENT])


def test_no_other_shop_gets_an_agent_of_itself() -> None:
    own = Settings(shop=ShopSettings(catalogue=Path("own.jsonl")))
    named = Settings.load("configs/demo.yaml").model_copy(update={"desk": DeskSettings(agents={"ana": "hash"})})
    assert with_demo_agent(own) == (own, None)
    assert with_demo_agent(named) == (named, None)
