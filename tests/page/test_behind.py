"""Behind the scenes: the tenant, the calls, what is stored, the clock, the bot's process and trouble."""

import sqlite3

import pytest
from playwright.sync_api import Locator, expect

from tests.page.conftest import Sandbox
from tests.sandbox.entra import faults
from tests.sandbox.page.database import open_read_only, tables
from tests.sandbox.page.walker import NAME, PATIENCE, REPLY_URL, Walker

pytestmark = pytest.mark.browser


def tab(walker: Walker, name: str) -> Locator:
    """Open one of the three lists."""
    walker.page.get_by_role("tab", name=name).click()
    return walker.page.get_by_role("tabpanel", name=name)


def switch(walker: Walker, name: str, *, on: bool) -> None:
    """Turn one switch, and see that it is turned."""
    if walker.page.locator(".trouble").get_attribute("open") is None:
        walker.page.locator(".trouble summary").click()
    found = walker.page.get_by_role("switch", name=name)
    found.click()
    expect(found).to_have_attribute("aria-checked", str(on).lower())


def test_tenant_calls_and_tables(sandbox: Sandbox, walker: Walker) -> None:
    """The application appears in the tenant, the calls that made it with their status, and its rows in the tables."""
    walker.fill_form()
    walker.send_form()
    walker.approve()
    tenant = tab(walker, "Tenant")
    expect(tenant).to_contain_text(NAME, timeout=PATIENCE)
    application = sandbox.around.entra.applications[0]
    expect(tenant).to_contain_text(application.app_id)
    expect(tenant).to_contain_text("none: nobody has looked at one")
    expect(tenant).to_contain_text(REPLY_URL)
    calls = tab(walker, "Graph calls")
    made = calls.locator(".call").filter(has_text="/applications").filter(has_text="POST").last
    expect(made.locator(".status")).to_have_text("201")
    expect(made.locator(".ms")).to_contain_text("ms")
    stored = tab(walker, "Stored")
    stored.locator("summary").filter(has_text="applications").click()

    expect(stored.get_by_role("region", name="applications")).to_contain_text(application.app_id)


def test_tables_keep_hashes_to_themselves(sandbox: Sandbox) -> None:
    """No column of a hash or a lease is read from the database, and it is opened without a right to write."""
    columns = {column for table in tables(sandbox.stage.database) for column in table["columns"]}

    assert {"id", "state"} <= columns
    assert [column for column in columns if "hash" in column or "lease" in column or "token" in column] == []
    with (
        pytest.raises(sqlite3.OperationalError, match="readonly"),
        open_read_only(sandbox.stage.database) as database,
    ):
        database.execute("DELETE FROM app_requests")
    database.close()


def test_clock(sandbox: Sandbox, walker: Walker) -> None:
    """A day and a week later it is eight days later, for everybody."""
    before = sandbox.stage.clock.travelled.days
    walker.page.get_by_role("button", name="A day later").click()
    walker.page.get_by_role("button", name="A week later").click()
    day = "new Intl.DateTimeFormat('en-GB', {day: 'numeric', month: 'short', timeZone: 'UTC'}).format(Date.now() + %d)"
    shown = walker.page.evaluate(day % ((before + 8) * 86_400_000))

    expect(walker.page.locator("#time")).to_contain_text(shown)
    assert sandbox.stage.clock.travelled.days == before + 8


def test_today_is_over(sandbox: Sandbox, walker: Walker) -> None:
    """Once the clock has moved, what was said today is drawn with its date, in messages and between them."""
    walker.be("Gus Guest")
    moment = int(sandbox.stage.clock.now().timestamp())
    sandbox.post("gus", "The first message stands under the day's name.")
    sandbox.post("gus", f"Said <!date^{moment}^{{date_pretty}}|then>.")
    expect(walker.message("Said")).to_contain_text("Said Today.")
    walker.page.get_by_role("button", name="A week later").click()

    expect(walker.message("Said")).not_to_contain_text("Today")
    expect(walker.message("Said")).to_contain_text("20")
    expect(walker.page.locator(".day-line")).not_to_contain_text(["Today"])


def test_no_reminder_without_a_secret(walker: Walker) -> None:
    """While no secret is alive there is no reminder to travel to, and the page says so."""
    expect(walker.page.get_by_role("button", name="Next reminder")).to_be_disabled()
    expect(walker.page.locator("#next-reminder")).to_have_text("No secret is alive, so no reminder is due.")


def test_killed_and_started(walker: Walker) -> None:
    """A killed bot answers nobody, in Slack's own words; started again it goes on."""
    walker.be("Katherine Johnson")
    state = walker.page.locator("#bot-state")
    walker.page.get_by_role("button", name="Kill").click()
    expect(state).to_have_text("Not running")
    walker.say("/register-app help")
    expect(walker.message("Slackbot")).to_contain_text('/register-app failed with the error "dispatch_failed"')
    walker.page.get_by_role("button", name="Start it").click()
    expect(state).to_have_text("Running", timeout=2 * PATIENCE)
    walker.say("/register-app help")

    expect(walker.message("Register App")).to_contain_text("/register-app status")


def test_frozen(sandbox: Sandbox, walker: Walker) -> None:
    """A modal that a frozen bot does not answer stays open with what was typed, and says so in Slack's words."""
    walker.be("Alan Turing")
    walker.fill_form()
    sandbox.stage.freeze_bot()
    walker.submit()
    expect(walker.modal.locator(".modal-notice")).to_have_text(
        "We had some trouble connecting. Try again?", timeout=PATIENCE
    )
    expect(walker.input("display_name").locator("input")).to_have_value(NAME)
    sandbox.stage.thaw_bot()
    walker.modal.get_by_role("button", name="Cancel").click()

    expect(walker.modal).to_have_count(0)


def test_trouble(sandbox: Sandbox, walker: Walker) -> None:
    """Each switch puts its trouble in force, is counted, and ends it again."""
    entra = sandbox.around.entra
    switch(walker, "Graph is down", on=True)
    switch(walker, "Entra replicates late", on=True)
    expect(walker.page.locator("#trouble-count")).to_have_text("2 on")
    lag, fault = entra.lag, entra.trouble.take("GET /v1.0/applications")
    switch(walker, "Graph is down", on=False)
    switch(walker, "Entra replicates late", on=False)
    expect(walker.page.locator("#trouble-count")).to_have_text("None")

    assert lag > 0
    assert fault is not None
    assert fault.status == faults.unavailable().status
    assert (entra.lag, entra.trouble.take("GET /v1.0/applications")) == (0, None)


def test_owner_leaves(walker: Walker) -> None:
    """Who has left can no longer be chosen; who was just being them becomes somebody else."""
    walker.be("Alan Turing")
    switch(walker, "Alan has left", on=True)
    face = walker.page.locator("#people").get_by_role("button", name="Alan Turing")
    expect(face).to_be_disabled()
    expect(face).to_contain_text("Has left")
    expect(walker.page.locator("#people [aria-pressed=true]")).to_contain_text("Ada Lovelace")
    switch(walker, "Alan has left", on=False)

    expect(face).to_be_enabled()


def test_folded_away(walker: Walker) -> None:
    """The second view folds away, stays so when the page is loaded again, and comes back."""
    walker.page.get_by_role("button", name="Fold away").click()
    expect(walker.page.get_by_role("complementary", name="Behind the scenes")).to_be_hidden()
    walker.page.reload()
    toggle = walker.page.get_by_role("button", name="Behind the scenes")
    expect(toggle).to_have_attribute("aria-expanded", "false")
    toggle.click()

    expect(walker.page.get_by_role("complementary", name="Behind the scenes")).to_be_visible()
