import pytest
import yaml

from assistant.api.agents import matches
from assistant.config import DeskSettings
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
