"""`bandeja admin`: what an operator does without a browser."""

import pytest

from bandeja import cli
from bandeja.people import links
from bandeja.people.models import Action, Agent, AuditEntry, Workspace

pytestmark = pytest.mark.django_db


def test_the_first_link_is_given_until_it_is_used(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["admin", "link"]) == 0
    link = capsys.readouterr().out.strip()
    assert link.startswith("http://127.0.0.1:8000/welcome/")
    agent = Agent.objects.get()
    agent.set_password("correct horse battery staple")
    agent.save()

    assert cli.main(["admin", "link"]) == 1
    assert "already signed in" in capsys.readouterr().err
    assert cli.main(["admin", "link", "--quiet"]) == 0
    assert capsys.readouterr().out == ""


def test_an_agent_is_added_and_their_link_printed(capsys: pytest.CaptureFixture[str]) -> None:
    cli.main(["admin", "link"])
    capsys.readouterr()
    assert cli.main(["admin", "agent", "--email", "bruno@example.com", "--name", "Bruno"]) == 0
    assert "/welcome/" in capsys.readouterr().out
    bruno = Agent.objects.get(email="bruno@example.com")
    assert (bruno.name, bruno.role.key, bruno.workspace) == ("Bruno", "seller", Workspace.objects.get())
    assert cli.main(["admin", "link", "--email", "bruno@example.com"]) == 0
    told = AuditEntry.objects.filter(subject_id=bruno.pk, subject="person", agent_id=None).order_by("pk")
    assert [entry.action for entry in told] == [Action.INVITED, Action.LINK_GIVEN, Action.LINK_GIVEN]


@pytest.mark.parametrize("come", [{"last_login": "2026-01-01T00:00:00Z"}, {"password": "md5$a$b"}])
def test_the_first_link_is_not_given_once_anybody_has_come_in(
    capsys: pytest.CaptureFixture[str], come: dict[str, str]
) -> None:
    """With the organisation's own sign-in nobody has a password, and sixty invitations may be older."""
    cli.main(["admin", "link"])
    workspace = Workspace.objects.get()
    agents = [links.make_agent(workspace, f"{number}@example.com") for number in range(60)]
    Agent.objects.filter(pk=agents[-1].pk).update(**come)
    assert cli.main(["admin", "link"]) == 1


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["link", "--email", "nobody@example.com"], "No active agent has the e-mail nobody@example.com"),
        (["second-step", "--email", "nobody@example.com"], "Nobody has the e-mail nobody@example.com"),
        (["second-step", "--email", "admin@bandeja.invalid"], "has no second step"),
        (["agent", "--email", "not an address"], "not an address is not an e-mail address"),
        (["agent", "--email", "ADMIN@bandeja.invalid"], "is an agent already"),
        (["agent", "--email", "a@b.co", "--workspace", "99"], "There is no such workspace"),
        (["plan", "--plan", "pro", "--workspace", "Nowhere"], "There is no such workspace"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(
    capsys: pytest.CaptureFixture[str], given: list[str], said: str
) -> None:
    cli.main(["admin", "link"])
    assert cli.main(["admin", *given]) == 1
    assert said in capsys.readouterr().err


def test_with_two_workspaces_one_must_be_named(capsys: pytest.CaptureFixture[str]) -> None:
    cli.main(["admin", "link"])
    second = Workspace.objects.create(name="Carla's")
    assert cli.main(["admin", "plan", "--plan", "basic"]) == 1
    assert "more than one" in capsys.readouterr().err
    assert cli.main(["admin", "plan", "--plan", "basic", "--workspace", str(second.pk)]) == 0


def test_the_plan_is_changed_through_the_verb_that_stamps_it(capsys: pytest.CaptureFixture[str]) -> None:
    cli.main(["admin", "link"])
    assert cli.main(["admin", "plan", "--plan", "basic"]) == 0
    assert Workspace.objects.get().entitled_since is None
    assert cli.main(["admin", "plan", "--plan", "pro", "--addons", "inbox"]) == 0
    workspace = Workspace.objects.get()
    assert workspace.entitled_since is not None
    assert (workspace.plan, workspace.addons) == ("pro", ["inbox"])
    assert "has the plan pro with inbox" in capsys.readouterr().out
