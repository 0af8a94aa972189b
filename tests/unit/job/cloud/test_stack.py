"""Stack: which files are staged and from where, without changes to the checkout."""

import stat
import sys

import pytest
import yaml

from host.errors import RefusedError
from job.cloud import stack


def read(path):
    return yaml.safe_load(path.read_text())


def test_the_staged_project_leads_back_to_the_checkout(environ, checkout):
    staged = stack.stage("ci", environ, checkout=checkout)
    project = read(staged.folder / "Pulumi.yaml")

    assert project["main"] == str(checkout)
    assert project["runtime"]["options"] == {"toolchain": "pip", "virtualenv": sys.prefix}


def test_the_environments_python_is_the_first_on_path(environ, checkout):
    """A language host without that option uses PATH's python3, which may lack our packages."""
    staged = stack.stage("ci", environ, checkout=checkout)

    assert staged.environment["PATH"] == f"{sys.prefix}/bin:{environ['PATH']}"


def test_without_a_virtual_environment_none_is_named(environ, checkout, monkeypatch):
    """Otherwise Pulumi would create one in the staged folder."""
    monkeypatch.setattr(sys, "prefix", sys.base_prefix)
    staged = stack.stage("ci", environ, checkout=checkout)

    assert read(staged.folder / "Pulumi.yaml")["runtime"]["options"] == {"toolchain": "pip"}


def test_settings_come_from_the_named_file_first(environ, checkout, tmp_path):
    for name in ("variable", "flag"):
        (tmp_path / name).write_text(f"config: {{devstack:from: {name}}}\n")
    given = environ | {"DEVSTACK_SETTINGS": str(tmp_path / "variable")}
    by_variable = stack.stage("ci", given, checkout=checkout)
    first = read(by_variable.folder / "Pulumi.ci.yaml")
    by_flag = stack.stage("ci", given, settings=tmp_path / "flag", checkout=checkout)
    second = read(by_flag.folder / "Pulumi.ci.yaml")

    assert [document["config"]["devstack:from"] for document in (first, second)] == [
        "variable",
        "flag",
    ]


def test_settings_whose_source_is_gone_stay_as_they_were(environ, checkout):
    """`down` must work after the settings file was removed."""
    stack.stage("ci", environ, checkout=checkout)
    (checkout / "Pulumi.ci.yaml").unlink()
    staged = stack.stage("ci", environ, checkout=checkout)

    assert read(staged.folder / "Pulumi.ci.yaml")["config"] == {"devstack:mtu": 1460}


def test_what_pulumi_wrote_of_encryption_is_kept(environ, checkout):
    """Without its salt, the stack's secrets could not be decrypted again."""
    staged = stack.stage("ci", environ, checkout=checkout)
    path = staged.folder / "Pulumi.ci.yaml"
    path.write_text(path.read_text() + "encryptionsalt: v1:salt\n")
    (checkout / "Pulumi.ci.yaml").write_text("config: {devstack:mtu: 1500}\n")
    stack.stage("ci", environ, checkout=checkout)

    assert read(path) == {"encryptionsalt": "v1:salt", "config": {"devstack:mtu": 1500}}


def test_a_salt_of_the_users_own_wins(environ, checkout):
    (checkout / "Pulumi.ci.yaml").write_text("encryptionsalt: v1:theirs\n")
    staged = stack.stage("ci", environ, checkout=checkout)

    assert read(staged.folder / "Pulumi.ci.yaml") == {"encryptionsalt": "v1:theirs"}


def test_the_passphrase_is_made_once_and_is_the_owners_alone(environ, checkout):
    texts = []
    for _ in range(2):
        staged = stack.stage("ci", environ, checkout=checkout)
        path = staged.folder / "passphrase"
        assert staged.environment["PULUMI_CONFIG_PASSPHRASE_FILE"] == str(path)
        texts.append(path.read_text())

    assert texts[0] == texts[1] != ""
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(staged.folder.stat().st_mode) == 0o700


@pytest.mark.parametrize("variable", ["PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE"])
def test_a_passphrase_of_the_users_own_is_used(environ, checkout, variable):
    """Pulumi accepts an empty passphrase, too."""
    staged = stack.stage("ci", environ | {variable: ""}, checkout=checkout)

    assert staged.environment[variable] == ""
    assert not (staged.folder / "passphrase").exists()


def test_state_is_in_the_stacks_folder_unless_the_user_has_a_backend(environ, checkout):
    own = stack.stage("ci", environ, checkout=checkout)
    users = stack.stage("ci", environ | {"PULUMI_BACKEND_URL": "gs://bucket"}, checkout=checkout)

    assert own.environment["PULUMI_BACKEND_URL"] == f"file://{own.folder}/backend"
    assert users.environment["PULUMI_BACKEND_URL"] == "gs://bucket"


def test_the_checkout_is_not_written_to(environ, checkout):
    before = {path: path.read_bytes() for path in checkout.rglob("*")}
    stack.stage("ci", environ, checkout=checkout)

    assert {path: path.read_bytes() for path in checkout.rglob("*")} == before


@pytest.mark.parametrize("name", ["", "CI", "a/b", "..", "1st", "ends-", "a" * 33])
def test_a_name_that_cannot_be_part_of_an_instances_name_is_refused(environ, checkout, name):
    with pytest.raises(RefusedError, match="--stack: "):
        stack.stage(name, environ, checkout=checkout)


def test_a_stack_without_settings_is_refused_and_nothing_staged(environ, checkout):
    with pytest.raises(RefusedError, match=r"no .*Pulumi\.mine\.yaml; write one like"):
        stack.stage("mine", environ, checkout=checkout)

    assert not stack.exists("mine", environ)


@pytest.mark.parametrize(("text", "words"), [("[", "cannot be read"), ("- a\n", "not a mapping")])
def test_settings_that_are_none_are_refused_by_name(environ, checkout, tmp_path, text, words):
    path = tmp_path / "broken.yaml"
    path.write_text(text)

    with pytest.raises(RefusedError, match=rf"broken\.yaml: it.* {words}|broken\.yaml: .*{words}"):
        stack.stage("ci", environ, settings=path, checkout=checkout)


def test_what_a_killed_cli_left_empty_is_taken_away(environ, checkout):
    """An empty attributes file makes every later command fail with EOF."""
    staged = stack.stage("ci", environ, checkout=checkout)
    folder = staged.folder / "backend/.pulumi/stacks/devstack"
    folder.mkdir(parents=True)
    for name, text in (("a.json.attrs", ""), ("b.json.attrs", "{}"), ("c.json", "")):
        (folder / name).write_text(text)
    staged.mend()

    assert {path.name for path in folder.iterdir()} == {"b.json.attrs", "c.json"}
