"""Reading erp-testkit.toml: what it means, and all its mistakes at once."""

import pytest

from erp_testkit.config import Credentials, Environment, Profile, load_config
from erp_testkit.domain.documents import Role
from erp_testkit.domain.errors import UsageError
from erp_testkit.project import config_file


def write(root, text, name="erp-testkit.toml"):
    (root / name).write_text(text, encoding="utf-8")


def mistakes(root):
    with pytest.raises(UsageError) as caught:
        load_config(root)
    return str(caught.value)


def test_everything_has_a_default(tmp_path):
    config = load_config(tmp_path)
    assert (config.root, config.features, config.rules, config.seed) == (tmp_path, (), (), None)
    assert config.profile() == Profile(name="reference", adapter="reference")


def test_a_full_configuration_is_read(tmp_path, monkeypatch):
    for folder in ("features", "rules"):
        (tmp_path / folder).mkdir()
    write(tmp_path, "", "known.toml")
    write(
        tmp_path,
        """
        default_profile = "uat"
        features = ["features"]
        rules = ["rules"]
        seed = 7
        tags = ["nightly", "team:*"]

        [profiles.uat]
        adapter = "acme.erp:connect"
        url = "https://erp.example:8443/api"
        environment = "uat"
        timeout_seconds = 5
        known = "known.toml"
        options = { database = "acme" }

        [profiles.uat.users.manager]
        name = "kit"
        password_env = "KIT_PASSWORD"
        """,
    )
    monkeypatch.setenv("KIT_PASSWORD", "secret")
    config = load_config(tmp_path)
    assert (config.features, config.rules, config.seed, config.tags) == (
        (tmp_path / "features",),
        (tmp_path / "rules",),
        7,
        ("nightly", "team:*"),
    )
    assert config.profile() == Profile(
        name="uat",
        adapter="acme.erp:connect",
        environment=Environment.UAT,
        url="https://erp.example:8443/api",
        users={Role.MANAGER: Credentials("kit", "secret")},
        timeout_seconds=5,
        known=tmp_path / "known.toml",
        options={"database": "acme"},
    )


def test_a_pyproject_serves_as_well(tmp_path):
    write(tmp_path, "[tool.erp_testkit]\nseed = 3\n", "pyproject.toml")
    assert load_config(tmp_path).seed == 3


def test_a_table_that_only_begins_like_ours_leaves_the_defaults(tmp_path):
    write(tmp_path, "[tool.erp_testkit_more]\nseed = 3\n", "pyproject.toml")
    assert load_config(tmp_path).seed is None


def test_a_project_without_the_kit_has_no_configuration(tmp_path):
    write(tmp_path, "[project]\nname = 'shop'\n", "pyproject.toml")
    assert config_file(tmp_path) is None


def test_all_mistakes_are_shown_at_once(tmp_path):
    write(
        tmp_path,
        """
        default_profil = "uat"
        seed = "seven"
        features = ["feature"]
        tags = ["two words"]

        [profiles.uat]
        url = "erp.example"
        environment = "prod"
        timeout_seconds = 0
        [profiles.uat.users.boss]
        name = "kit"
        [profiles.uat.users.manager]
        password = "secret"
        """,
    )
    assert (
        mistakes(tmp_path)
        == f"""\
Failed to read configuration {tmp_path / "erp-testkit.toml"}: expected no mistakes, got 12:
- line 2, default_profil: unknown key. Did you mean 'default_profile'? \
Valid values are: contracts, default_profile, deployments, features, images, partners, profiles, redaction, requirements, rules, seed, tags.
- line 3, seed: expected a whole number of at least 0, got 'seven'.
- line 4, features[1]: expected a file or folder that exists, got 'feature'.
- line 5, tags[1]: expected letters, digits and . : / - _ *, without the @, got 'two words'.
- line 7, profiles.uat.adapter: expected the name of an adapter, got nothing.
- line 8, profiles.uat.url: expected an address such as https://erp.example:8000, got 'erp.example'.
- line 9, profiles.uat.environment: expected where the ERP stands, got 'prod'. Did you mean 'production'? \
Valid values are: production, test, uat.
- line 10, profiles.uat.timeout_seconds: expected a number above 0, got 0.
- line 11, profiles.uat.users.boss: unknown key. Valid values are: auditor, manager, quality, sales, warehouse.
- line 13, profiles.uat.users.manager.name: expected text, got nothing.
- line 13, profiles.uat.users.manager.password_env: expected text, got nothing.
- line 14, profiles.uat.users.manager.password: unknown key. Did you mean 'password_env'? \
Valid values are: name, password_env."""
    )


def test_an_address_wants_somebody_who_signs_in_there(tmp_path):
    write(tmp_path, '[profiles]\nlive = { adapter = "acme", url = "http://erp.example" }\n')
    assert mistakes(tmp_path) == (
        f"Failed to read configuration {tmp_path / 'erp-testkit.toml'}: expected no mistakes, got 1:\n"
        "- line 2, profiles.live.users: expected at least the user of role manager beside a url, got nothing."
    )


def test_the_default_profile_is_one_of_the_profiles(tmp_path):
    write(tmp_path, 'default_profile = "uta"\n[profiles.uat]\nadapter = "acme"\n')
    assert mistakes(tmp_path) == (
        f"Failed to read configuration {tmp_path / 'erp-testkit.toml'}: expected no mistakes, got 1:\n"
        "- line 1, default_profile: expected one of the profiles, got 'uta'. Did you mean 'uat'? Valid values are: uat."
    )


def test_keys_of_a_pyproject_are_named_in_full(tmp_path):
    write(tmp_path, "[project]\nname = 'shop'\n\n[tool.erp_testkit]\nseeds = 3\n", "pyproject.toml")
    assert mistakes(tmp_path) == (
        f"Failed to read configuration {tmp_path / 'pyproject.toml'}: expected no mistakes, got 1:\n"
        "- line 5, tool.erp_testkit.seeds: unknown key. Did you mean 'seed'? "
        "Valid values are: contracts, default_profile, deployments, features, images, partners, profiles, redaction, requirements, "
        "rules, seed, tags."
    )


def test_a_file_that_is_no_toml_is_named(tmp_path):
    write(tmp_path, "seed = 7\nprofiles = [\n")
    assert mistakes(tmp_path) == (
        f"Failed to read configuration {tmp_path / 'erp-testkit.toml'}: expected TOML, got Invalid value (at end of document)."
    )


def test_an_unknown_profile_is_answered_with_the_closest(tmp_path):
    write(tmp_path, "[profiles.tryton]\nadapter = 'tryton'\n[profiles.reference]\nadapter = 'reference'\n")
    with pytest.raises(UsageError) as caught:
        load_config(tmp_path).profile("tritton")
    assert str(caught.value) == (
        "Failed to use profile 'tritton': expected one of erp-testkit.toml. Did you mean 'tryton'? Valid values are: reference, tryton."
    )


def test_a_missing_password_matters_only_to_the_profile_in_use(tmp_path):
    write(
        tmp_path,
        """
        default_profile = "reference"
        [profiles.reference]
        adapter = "reference"
        [profiles.live]
        adapter = "tryton"
        url = "http://erp.example"
        environment = "production"
        users.manager = { name = "kit", password_env = "LIVE_PASSWORD" }
        """,
    )
    config = load_config(tmp_path)
    assert config.profile().name == "reference"
    with pytest.raises(UsageError) as caught:
        config.profile("live")
    assert str(caught.value) == (
        "Failed to use profile 'live': expected its passwords in the environment, got none in LIVE_PASSWORD. Next: export LIVE_PASSWORD=…"
    )


def test_passwords_never_show():
    assert "secret" not in repr(Credentials("kit", "secret"))


def test_an_embedded_profile_is_found_by_its_adapter_or_made_up(tmp_path):
    write(tmp_path, "[profiles.quick]\nadapter = 'reference'\noptions = { database = 'sqlite' }\n")
    config = load_config(tmp_path)
    assert config.embedded("reference") == config.profile("quick")
    assert config.embedded("acme") == Profile(name="acme", adapter="acme")


def test_the_token_of_a_partner_is_asked_for_where_the_partner_is_used(tmp_path, monkeypatch):
    (tmp_path / "erp-testkit.toml").write_text('[partners.wms]\nurl = "http://wms.example"\ntoken_env = "WMS_TOKEN"\n', encoding="utf-8")
    config = load_config(tmp_path)
    with pytest.raises(UsageError) as raised:
        config.partner("wms")
    assert str(raised.value) == (
        "Failed to use partner 'wms': expected its token in the environment, got none in WMS_TOKEN. Next: export WMS_TOKEN=…"
    )
    monkeypatch.setenv("WMS_TOKEN", "geheim")
    partner = config.partner("wms")
    assert partner is not None and (partner.token, config.partner("udi")) == ("geheim", None)
    assert config.tokens() == ["geheim"]
