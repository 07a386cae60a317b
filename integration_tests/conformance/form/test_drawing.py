"""What a person sees before anything is typed."""

from collections.abc import Callable

from form.browser import Form

GROUPS = [
    "Who calls",
    "Who is called",
    "Phone numbers",
    "Calling nobody twice",
    "Rules of calling",
    "Limits",
    "Delivery",
]
SECRETS = {
    "itniotech AI Voice": ["vendor.api_key", "vendor.api_secret"],
    "Vbee AICall": ["vendor.credentials.api_key", "vendor.credentials.api_secret"],
}


def test_groups_appear_in_order_with_their_titles(form: Form) -> None:
    assert form.texts(".card > h2") == GROUPS
    assert len(form.all(".card")) == len(GROUPS), "a field belongs to no group"


def test_what_everybody_needs_is_not_folded(form: Form) -> None:
    assert form.shown() == [
        "vendor",
        "vendor_api_key",
        "vendor_api_secret",
        "vendor_app_id",
        "vendor_job_id",
        "streams",
        "phone_default_region",
        "ledger",
        # The platform shows no title of a section inside a section: folded, nobody could tell their folds apart.
        "rules_do_not_call_enabled",
        "rules_do_not_call_max_age_days",
        "rules_do_not_call_scope",
        "rules_window_time_zone",
        "rules_window_time_zone_column",
        "rules_window_days",
        "rules_window_from",
        "rules_window_to",
        "rules_window_holidays",
        "object_storage_config",
    ]


def test_no_card_has_two_folds_of_the_same_name(form: Form) -> None:
    for card in form.all(".card"):
        assert len(form.all("summary", card)) <= 1, card.text


def test_fields_stand_in_the_order_of_the_specification(form: Form, specification: dict) -> None:
    form.unfold()
    for section in ("phone", "limits", "delivery"):
        properties = specification["properties"][section]["properties"]
        wanted = sorted(properties, key=lambda name: properties[name]["order"])
        assert [f"{section}_{name}" for name in wanted] == [
            path for path in form.shown() if path.startswith(f"{section}_")
        ]


def test_every_field_has_a_title_and_a_help_text(form: Form) -> None:
    form.add("streams")
    form.unfold()
    form.add("streams[0].fields")
    for vendor in SECRETS:
        form.pick("vendor", vendor)
        for ledger in ("None", "SQLite file", "PostgreSQL"):
            form.pick("ledger", ledger)
            form.unfold()
            for path, title, help_text in form.captions():
                assert title and help_text, path


def test_variants_say_what_they_mean(form: Form) -> None:
    form.pick("vendor", "Vbee AICall")
    tiles = form.all(".tile")
    assert len(tiles) == 3 + 2 + 3 + 3, "a section with variants does not show them all"
    for tile in tiles:
        assert form.texts(".help", tile), tile.text


def test_values_of_a_choice_are_explained(form: Form) -> None:
    form.pick("vendor", "Vbee AICall")
    form.pick("ledger", "SQLite file")
    form.unfold()
    for choice in form.all("select"):
        path = choice.get_attribute("id").removeprefix("root_")
        if path.rsplit("_", 1)[-1].isdigit():
            # An entry of a list has the list's own help text.
            continue
        [help_text] = form.texts(":scope > .help", form.box(path))
        for value in filter(None, form.texts("option", choice)):
            assert f"{value}:" in help_text, f"{path} does not explain {value}"


def test_secrets_are_password_inputs(form: Form) -> None:
    for vendor, paths in SECRETS.items():
        form.pick("vendor", vendor)
        for path in paths:
            assert form.input(path).get_attribute("type") == "password", path
    form.pick("vendor.credentials", "Access token")
    assert form.input("vendor.credentials.access_token").get_attribute("type") == "password"
    for ledger, names in {"SQLite file": ["hash_key"], "PostgreSQL": ["url", "hash_key"]}.items():
        form.pick("ledger", ledger)
        form.unfold()
        for name in names:
            assert form.input(f"ledger.{name}").get_attribute("type") == "password", name


def test_a_saved_secret_is_not_shown(draw: Callable[..., Form]) -> None:
    secret = "invented-s3cret-9"
    form = draw({"vendor": {"vendor_type": "itnio", "api_key": secret, "api_secret": secret}})
    form.unfold()
    assert form.value("vendor.api_key") == secret
    assert secret not in form.browser.find_element("tag name", "body").text


def test_switching_the_vendor_swaps_the_fields(form: Form) -> None:
    def vendor_fields() -> list[str]:
        form.unfold()
        return [path for path in form.shown() if path.startswith("vendor_")]

    common = ["vendor_phone_format", "vendor_base_url", "vendor_allow_plain_http"]
    itnio = ["api_key", "api_secret", "app_id", "job_id", "skip_already_called"]
    assert vendor_fields() == [f"vendor_{name}" for name in itnio] + common

    form.pick("vendor", "Vbee AICall")
    key_and_secret = ["vendor_credentials_api_key", "vendor_credentials_api_secret"]
    campaign = ["vendor_campaign_id", "vendor_scenario_id", *common]
    vbee = ["vendor_credentials", *key_and_secret, *campaign]
    assert vendor_fields() == vbee

    form.pick("vendor.credentials", "Access token")
    token = ["vendor_credentials", "vendor_credentials_access_token", *campaign]
    assert vendor_fields() == token


def test_a_rehearsal_offers_the_section_that_it_plays(form: Form) -> None:
    def played_fields() -> list[str]:
        form.unfold()
        return [path for path in form.shown() if path.startswith("vendor_")]

    form.pick("vendor", "Rehearsal (nobody is called)")
    assert played_fields()[0] == "vendor_plays"
    assert "vendor_plays_job_id" in played_fields()
    form.pick("vendor.plays", "Vbee AICall")
    assert "vendor_plays_campaign_id" in played_fields()
    assert "vendor_plays_job_id" not in played_fields()


def test_a_vendor_offers_only_formats_that_it_takes(form: Form) -> None:
    form.unfold()
    assert "as_is" in form.texts("option", form.input("vendor.phone_format"))
    form.pick("vendor", "Vbee AICall")
    form.unfold()
    assert "as_is" not in form.texts("option", form.input("vendor.phone_format"))


def test_defaults_are_filled_in(form: Form, specification: dict) -> None:
    form.unfold()
    for section in ("phone", "delivery", "limits"):
        for name, property_ in specification["properties"][section]["properties"].items():
            if property_["type"] in ("integer", "string"):
                assert form.value(f"{section}.{name}") == str(property_["default"]), f"{section}.{name}"
    assert form.input("vendor.skip_already_called").is_selected()
    assert form.value("vendor.base_url").startswith("https://")
