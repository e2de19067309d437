"""`--gateway`: the same commands at a gateway in OpenAI's style."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nanobanana_async.emulator import EmulatorServer
from tests.cli.shell import FAST, nanobanana

OPENAI = ["openai-images", "openai-images-async"]


@pytest.mark.parametrize("name", OPENAI)
def test_a_picture_is_made_and_edited(reseller: EmulatorServer, name: str, tmp_path: Path) -> None:
    """At once, or as a task; the file goes into the request."""
    picture, night = tmp_path / "a.png", tmp_path / "night.png"

    made = nanobanana("generate", "a cat", "-o", str(picture), "--gateway", name, "--price", "0.04", "--speed", "50")
    edited = nanobanana("edit", str(picture), "make it night", "-o", str(night), "--gateway", name, "--speed", "50")

    assert (made.code, edited.code) == (0, 0), made.err + edited.err
    assert "8 credits (0.04 USD)" in made.err
    assert picture.stat().st_size
    assert night.stat().st_size
    assert len(reseller.world.ledger.accepted) == 2


@pytest.mark.parametrize("name", OPENAI)
def test_a_batch_runs_under_a_budget_in_dollars_and_is_run_again(
    reseller: EmulatorServer, name: str, tmp_path: Path
) -> None:
    """By the price that was told; what is done is not sent again."""
    rows, out = tmp_path / "rows.jsonl", tmp_path / "out"
    rows.write_text(
        "".join(json.dumps({"prompt": f"cat {number}", "aspect_ratio": "16:9"}) + "\n" for number in range(3))
    )
    there = ["--gateway", name, "--price", "0.04", "--budget", "0.10usd", "--speed", "50"]

    planned = nanobanana("batch", str(rows), "-o", str(out), *there, "--dry-run")
    first = nanobanana("batch", str(rows), "-o", str(out), *there)
    again = nanobanana("batch", str(rows), "-o", str(out), *there)

    assert "24 credits (0.12 USD)" in planned.err
    assert (first.code, again.code) == (3, 3), first.err
    assert len(list(out.glob("*.*g"))) == 2
    assert len(reseller.world.ledger.accepted) == 2


def test_a_folder_of_another_gateway_is_refused(reseller: EmulatorServer, tmp_path: Path) -> None:
    """A journal belongs to one; nothing is sent."""
    rows, out = tmp_path / "rows.txt", tmp_path / "out"
    rows.write_text("a cat\n")
    nanobanana("batch", str(rows), "-o", str(out), "--gateway", "openai-images", "--speed", "50")

    said = nanobanana("batch", str(rows), "-o", str(out), "--emulator", "--gateway", "kie")

    assert said.code == 2
    assert len(reseller.world.ledger.accepted) == 1


def test_an_emulator_of_ones_own_speaks_it_too(tmp_path: Path) -> None:
    """No key, no network, no cost."""
    picture = tmp_path / "a.png"

    said = nanobanana(
        "generate", "a cat", "-o", str(picture), "--gateway", "openai-images", "--emulator", "--speed", "50"
    )

    assert said.code == 0, said.err
    assert picture.stat().st_size


def test_what_it_does_not_offer_is_said(reseller: EmulatorServer) -> None:
    """There is no question for a balance; nothing is asked."""
    said = nanobanana("balance", "--gateway", "openai-images")

    assert said.code == 2
    assert "no balance to be asked for" in said.err
    assert not reseller.world.ledger.accepted


def test_its_models_are_listed_without_prices_that_nobody_knows() -> None:
    """A reseller has its own."""
    said = nanobanana("models", "--gateway", "openai-images", "--json")

    models = {row["model"]: row for row in map(json.loads, said.out.splitlines())}
    assert set(models) == {"nano-banana", "nano-banana-2", "nano-banana-hd"}
    assert models["nano-banana-2"]["credits"] == {}
    assert models["nano-banana-2"]["edit_class"] == "OpenAIEdit"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--gateway", "openai"], "'openai' is no gateway"),
        (["--gateway", "openai-images"], "NANOBANANA_IMAGES_API_KEY"),
        (["--price", "0.04", "--emulator"], "--price is for --gateway openai-images"),
        (["--gateway", "openai-images", "--price", "much"], "is no price: write dollars"),
    ],
)
def test_what_does_not_go_together_is_refused(options: list[str], words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit code 2, before anything is sent."""
    monkeypatch.delenv("NANOBANANA_IMAGES_API_KEY", raising=False)

    said = nanobanana("generate", "a cat", *options)

    assert said.code == 2
    assert words in said.err


def test_without_a_base_url_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is no default."""
    monkeypatch.setenv("NANOBANANA_IMAGES_API_KEY", "k")
    monkeypatch.delenv("NANOBANANA_IMAGES_BASE_URL", raising=False)

    said = nanobanana("generate", "a cat", "--gateway", "openai-images")

    assert said.code == 2
    assert "has no default" in said.err


def test_a_budget_without_a_price_is_refused_in_plan_and_run_alike(reseller: EmulatorServer, tmp_path: Path) -> None:
    """By the option that is missing; with it the same rows are sent, for nothing is held against them."""
    rows, out = tmp_path / "rows.txt", tmp_path / "out"
    rows.write_text("a cat\n")
    command = ["batch", str(rows), "-o", str(out), "--gateway", "openai-images", "--speed", "50", "--budget", "1usd"]

    planned, refused = nanobanana(*command, "--dry-run"), nanobanana(*command)
    sent = len(reseller.world.ledger.accepted)
    priced = nanobanana(*command, "--price", "0.04")

    assert (planned.code, refused.code, priced.code) == (2, 2, 0), priced.err
    assert "--price" in planned.err
    assert refused.err == planned.err
    assert sent == 0


def test_a_picture_in_the_answer_is_not_printed(reseller: EmulatorServer, tmp_path: Path) -> None:
    """It is in its file; the line says only what it was."""
    said = nanobanana("generate", "a cat", "-o", tmp_path / "a.png", "--gateway", "openai-images", "--json")

    [row] = said.rows
    assert said.code == 0, said.err
    assert len(said.out) < 1000
    assert all(url.startswith("http") or "characters)" in url for url in row["urls"])


def test_a_task_of_another_gateway_is_not_asked_for(reseller: EmulatorServer, tmp_path: Path) -> None:
    """The journal tells whose it is; the options that lead there are said, when it is listed and when it is refused."""
    rows, out = tmp_path / "rows.jsonl", tmp_path / "out"
    rows.write_text('{"prompt": "a cat", "key": "cat"}\n')
    reseller.world.faults.add("closed,nth=1")
    nanobanana("batch", rows, "-o", out, "--gateway", "openai-images", "--speed", "50")
    before = len(reseller.world.ledger.accepted)

    listed = nanobanana("unknown", out)
    there = nanobanana("unknown", out, "--gateway", "openai-images")
    refused = nanobanana("unknown", out, "--adopt", "cat=t1")

    hint = f"--gateway openai-images --base-url {reseller.base_url}/v1"
    assert hint in listed.err
    assert "--gateway" not in there.err
    assert refused.code == 2
    assert "nothing was asked or changed" in refused.err
    assert f"Add {hint}." in refused.err
    assert len(reseller.world.ledger.accepted) == before


@pytest.mark.parametrize("price", ["1e300", "-1", "nan", "five"])
def test_a_price_that_is_none_names_both_bounds(reseller: EmulatorServer, tmp_path: Path, price: str) -> None:
    """Nothing is sent for it."""
    said = nanobanana("generate", "a cat", "-o", tmp_path, "--gateway", "openai-images", "--price", price)

    assert said.code == 2
    assert f"'{price}' is no price: write dollars as a number from 0 to 5000000000, such as 0.04." in said.err
    assert not reseller.world.ledger.creates


def test_a_picture_without_a_price_is_not_said_to_cost_nothing(reseller: EmulatorServer, tmp_path: Path) -> None:
    """Before it is sent, nor in a plan."""
    (tmp_path / "rows.txt").write_text("a cat\n")
    there = ("--gateway", "openai-images")
    one = nanobanana("generate", "a cat", "-o", tmp_path / "cat.png", *there)
    plan = nanobanana("batch", tmp_path / "rows.txt", "-o", tmp_path / "out", "--dry-run", *there)

    assert one.err.splitlines()[0] == "nano-banana-2: of unknown price"
    assert "\n1 of unknown price\n" in plan.err


def test_a_task_of_an_emulator_is_asked_for_there(tmp_path: Path) -> None:
    """It has no address that stays."""
    rows, out = tmp_path / "rows.txt", tmp_path / "out"
    rows.write_text("a cat\n")
    nanobanana("batch", rows, "-o", out, "--emulator", "--fault", "closed,nth=1", *FAST)
    listed = nanobanana("unknown", out)

    assert "With --adopt, name the gateway as well: --emulator --gateway kie" in listed.err
