"""`batch`: a file in, a folder of pictures out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer

from nanobanana_async.cli._options import parse_budget
from nanobanana_async.emulator import EmulatorOptions, EmulatorServer, World
from tests.cli.conftest import QUICK
from tests.cli.gateways import Refusing, SomethingElse
from tests.cli.shell import FAST, Said, nanobanana
from tests.runs.files import manifest

BAD = '{"prompt": "a cat"}\n{"prompt": "a dog", "aspect_ratio": "16x9"}\n{"prompt": "a bird", "modell": "x"}\n'


def written(folder: Path, *prompts: str) -> Path:
    path = folder / "prompts.txt"
    path.write_text("\n".join(prompts), encoding="utf-8")
    return path


def batch(source: object, folder: Path, *options: object, stdin: str | None = None) -> Said:
    return nanobanana("batch", source, "-o", folder / "out", *FAST, *options, stdin=stdin)


def states(folder: Path) -> dict[str, str]:
    return {row["request"]["prompt"]: row["state"] for row in manifest(folder / "out")}


def test_a_file_becomes_a_folder_of_pictures(gateway: EmulatorServer, tmp_path: Path) -> None:
    """What it will cost is said first, what it came to last; on stdout is each path, as soon as it is saved."""
    said = batch(written(tmp_path, "a cat", "a dog", "a bird"), tmp_path)
    lines = said.err.splitlines()

    assert said.code == 0
    assert sorted(said.out.splitlines()) == sorted(map(str, (tmp_path / "out").glob("*.png")))
    assert lines[:3] == [
        f"3 of 3 to send | into {tmp_path}/out",
        "3 × google/nano-banana",
        "12 credits (0.06 USD)",
    ]
    assert lines[3].startswith("3 of 3 succeeded | 12 credits (0.06 USD) | ")
    assert len(list((tmp_path / "out").glob("*.png"))) == 3


def test_json_is_a_line_an_outcome_of_this_run(gateway: EmulatorServer, tmp_path: Path) -> None:
    """With the fields of the manifest. What was done before has no line."""
    source = written(tmp_path, "a cat", "a dog")
    first = batch(source, tmp_path, "--json")
    manifest = (tmp_path / "out" / "manifest.jsonl").read_text(encoding="utf-8")
    again = batch(source, tmp_path, "--json")

    assert sorted(row["key"] for row in first.rows) == sorted(json.loads(line)["key"] for line in manifest.splitlines())
    assert {key for row in first.rows for key in row} == set(json.loads(manifest.splitlines()[0]))
    assert all((tmp_path / "out" / row["files"][0]).is_file() for row in first.rows)
    assert (again.code, again.out) == (0, "")
    assert "0 of 2 to send, 2 done before" in again.err
    assert len(gateway.world.ledger.creates) == 2


def test_the_options_reach_the_requests(gateway: EmulatorServer, tmp_path: Path) -> None:
    """Columns, keys, models, names, and which lines."""
    table = tmp_path / "products.csv"
    table.write_text("sku,name\na1,mug\na2,bowl\na3,plate\na4,spoon\n", encoding="utf-8")
    choice = ["--key-column", "sku", "--only", "a1", "--only", "a3", "--limit", 2]
    look = ["-m", "nano-banana-2", "--aspect-ratio", "16:9", "--resolution", "2K", "--format", "jpg"]
    said = batch(
        table, tmp_path, "--prompt", "Studio photo of {name}", *choice, *look, "--name", "{model}/{key}", "--json"
    )
    rows = {row["key"]: row for row in said.rows}

    assert said.code == 0
    assert sorted(rows) == ["a1", "a3"]
    assert rows["a3"]["request"] == {
        "prompt": "Studio photo of plate",
        "aspect_ratio": "16:9",
        "resolution": "2K",
        "output_format": "jpg",
    }
    assert rows["a3"]["files"] == ["nano-banana-2/a3.jpg"]


def test_stdin_is_jsonl(gateway: EmulatorServer, tmp_path: Path) -> None:
    """`-`."""
    assert batch("-", tmp_path, stdin='{"prompt": "a cat"}\n').code == 0


def test_all_bad_lines_are_said_at_once_and_nothing_is_sent(gateway: EmulatorServer, tmp_path: Path) -> None:
    """Each with its file, its line and a remedy; exit code 2."""
    source = tmp_path / "bad.jsonl"
    source.write_text(BAD)
    said = batch(source, tmp_path)

    assert said.code == 2
    assert said.err.startswith(f"error: 2 problems in {source}; nothing was sent\n{source}:2: aspect_ratio='16x9'")
    assert f"{source}:3: 'modell' is no field (did you mean 'model'?)" in said.err
    assert said.err.endswith("  Correct these lines, or leave them out with --skip-invalid.\n")
    assert not gateway.world.ledger.creates


@pytest.mark.parametrize("options", [QUICK])
def test_a_file_without_a_good_line_has_none_to_leave_out(gateway: EmulatorServer, tmp_path: Path) -> None:
    """With a wrong header --skip-invalid would help nobody, and is not offered."""
    table = tmp_path / "rows.csv"
    table.write_text("Prompt\na cat\n")
    said = [batch(table, tmp_path, *more) for more in ((), ("--skip-invalid",))]

    assert [one.code for one in said] == [2, 2]
    assert all("--skip-invalid" not in one.err and "skip_invalid" not in one.err for one in said)


def test_bad_lines_can_be_left_out(gateway: EmulatorServer, tmp_path: Path) -> None:
    """They are said, the others are sent, and the exit code is 1."""
    source = tmp_path / "bad.jsonl"
    source.write_text(BAD + '{"prompt": ""}\n' * 25)
    said = batch(source, tmp_path, "--skip-invalid")

    assert said.code == 1
    assert said.err.startswith(f"left out: {source}:2: ")
    assert said.err.count("left out: ") == 20
    assert "… and 7 problems more" in said.err
    assert len(gateway.world.ledger.accepted) == 1


@pytest.mark.parametrize("source", ["missing.jsonl", ".", "prompts.doc"])
def test_a_file_that_is_none_is_exit_code_2(gateway: EmulatorServer, tmp_path: Path, source: str) -> None:
    """One error, before anything is sent."""
    said = batch(source, tmp_path)

    assert said.code == 2
    assert said.err.startswith("error: ")


def test_a_folder_that_cannot_be_written_to_is_said_before_anything_is_paid(
    gateway: EmulatorServer, tmp_path: Path
) -> None:
    """Exit code 2."""
    source = written(tmp_path, "a cat")
    said = nanobanana("batch", source, "-o", source / "out", *FAST)

    assert said.code == 2
    assert "can't be written to" in said.err
    assert not gateway.world.ledger.creates


def test_a_dry_run_says_what_would_be_done(tmp_path: Path) -> None:
    """With no key; it leaves nothing behind, and knows what is done."""
    source = written(tmp_path, *(f"cat {number}" for number in range(30)))
    before = nanobanana("batch", source, "-o", tmp_path / "out", "--dry-run")
    was_made = (tmp_path / "out").exists()
    batch(source, tmp_path, "--emulator", "--limit", 10)
    after = nanobanana("batch", source, "-o", tmp_path / "out", "--dry-run", "--emulator")

    assert before.code == 0
    assert "120 credits (0.60 USD) | 0:10 at least, at this rate" in before.err
    assert not was_made
    assert "20 of 30 to send, 10 done before" in after.err


def test_a_dry_run_is_json_where_that_is_asked_for(tmp_path: Path) -> None:
    """One object: what would be sent, for how much, and how far the budget reaches."""
    source = written(tmp_path, *(f"cat {number}" for number in range(30)))
    said = nanobanana("batch", source, "-o", tmp_path / "out", "--dry-run", "--json", "--budget", 40)
    [plan] = said.rows

    assert (plan["to_send"], plan["covered"], plan["models"]) == (30, 10, {"google/nano-banana": 30})
    assert plan["price"] == {"credits": 120.0, "dollars": 0.6, "unpriced": 0}
    assert plan["folder"] == str(tmp_path / "out")
    assert "the budget of 40 credits covers 10 of 30" in said.err.splitlines()


def test_a_fault_strikes_the_emulator_of_the_command(tmp_path: Path) -> None:
    """So that one sees what a batch makes of it; a fault that is none is named."""
    source = written(tmp_path, "a cat", "a dog")
    said = batch(source, tmp_path, "--emulator", "--fault", "fail,kind=policy,prompt=dog")
    wrong = batch(source, tmp_path / "other", "--emulator", "--fault", "fial")
    alone = batch(source, tmp_path / "third", "--fault", "closed,nth=1")

    assert (said.code, set(states(tmp_path).values())) == (1, {"succeeded", "failed"})
    assert (wrong.code, "fial" in wrong.err) == (2, True)
    assert (alone.code, alone.err.splitlines()[0]) == (2, "error: --fault is the emulator's")


def test_without_a_key_nothing_is_said_of_a_plan(tmp_path: Path) -> None:
    """One sentence, exit code 2."""
    said = batch(written(tmp_path, "a cat"), tmp_path)

    assert said.code == 2
    assert said.err.startswith("error: no API key: set the environment variable KIE_API_KEY\n")


@pytest.mark.parametrize(
    ("options", "words"),
    [(EmulatorOptions(keys=["other"]), "access permissions"), (EmulatorOptions(credits=0), "Credits insufficient")],
)
def test_a_refused_account_stops_the_run(gateway: EmulatorServer, tmp_path: Path, words: str) -> None:
    """Exit code 3, one error, and every line skipped."""
    said = batch(written(tmp_path, *(f"cat {number}" for number in range(200))), tmp_path, "--json")

    assert said.code == 3
    assert said.err.count(words) == 1
    assert {row["state"] for row in said.rows} == {"skipped"}
    assert "Once that is put right, run the same command again" in said.err


def test_a_mistyped_base_url_is_one_error_and_one_request(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not one for each line."""
    page = SomethingElse()
    monkeypatch.setenv("KIE_API_KEY", "k")
    with EmulatorServer(World(QUICK, faults=page)) as server:
        source = written(tmp_path, *(f"cat {number}" for number in range(50)))
        said = batch(source, tmp_path, "--base-url", server.base_url)

    assert said.code == 3
    assert said.err.count("does not answer like the gateway") == 1
    assert page.requests == 1


def test_the_first_failures_are_said_in_full_and_then_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With key, reason and remedy; exit code 1 and how to go on."""
    monkeypatch.setenv("KIE_API_KEY", "k")
    source = written(tmp_path, "a cat", *(f"forbidden {number}" for number in range(25)))
    with EmulatorServer(World(QUICK, faults=Refusing())) as server:
        said = batch(source, tmp_path, "--base-url", server.base_url)

    assert said.code == 1
    assert said.err.count("failed (policy): ") == 20
    assert said.err.count("the same request would be refused again") == 20
    assert "… and 5 more like these: see the manifest" in said.err
    assert "1 of 26 succeeded, 25 failed" in said.err
    assert said.err.endswith("in the file are changed; to send again all the same: --redo KEY.\n")
    assert "the same command again" not in said.err


def test_what_is_pending_is_adopted_by_the_next_run(tmp_path: Path) -> None:
    """The emulator's state is in the folder: it is paid for once."""
    source = written(tmp_path, "a cat", "a dog", "a bird")
    first = batch(source, tmp_path, "--emulator", "--speed", 60, "--deadline", 0.2)
    second = batch(source, tmp_path, "--emulator")
    tasks = (tmp_path / "out" / ".emulator" / "emulator.jsonl").read_text().count('"kind":"task"')

    assert first.code == 1
    assert first.err.count("pending (still_running): ") == 3
    assert second.code == 0
    assert "0 of 3 to send, 3 in flight from before" in second.err
    assert set(states(tmp_path).values()) == {"succeeded"}
    assert tasks == 3


def test_a_wrong_template_for_names_is_said_before_anything_is_paid(gateway: EmulatorServer, tmp_path: Path) -> None:
    """Exit code 2."""
    said = batch(written(tmp_path, "a cat"), tmp_path, "--name", "{nonsense}")

    assert said.code == 2
    assert not gateway.world.ledger.creates


def test_emulated_and_paid_pictures_never_share_a_folder(gateway: EmulatorServer, tmp_path: Path) -> None:
    """Neither passes for the other: refused in both directions, and nothing is sent."""
    source = written(tmp_path, "a cat")
    (tmp_path / "trial").mkdir()
    trial = batch(source, tmp_path / "trial", "--emulator")
    after_trial = batch(source, tmp_path / "trial")
    paid = batch(source, tmp_path)
    after_paid = batch(source, tmp_path, "--emulator")

    assert (trial.code, paid.code) == (0, 0)
    assert (after_trial.code, after_paid.code) == (2, 2)
    assert "holds an emulator's pictures" in after_trial.err
    assert "holds a gateway's pictures" in after_paid.err
    assert len(gateway.world.ledger.accepted) == 1


def test_the_emulator_keeps_its_state_beside_the_journal(tmp_path: Path) -> None:
    """Wherever that is: the same command finds both."""
    source, elsewhere = written(tmp_path, "a cat"), tmp_path / "disk" / "book.db"
    first = batch(source, tmp_path, "--emulator", "--journal", elsewhere)
    again = batch(source, tmp_path, "--emulator", "--journal", elsewhere)

    assert (first.code, again.code) == (0, 0)
    assert "0 of 1 to send, 1 done before" in again.err
    assert (elsewhere.parent / ".emulator").is_dir()


def test_rules_reach_the_run(gateway: EmulatorServer, tmp_path: Path) -> None:
    """What is made anew is said with its price before it is sent; a word that is none sends nothing."""
    rows = tmp_path / "rows.jsonl"
    rows.write_text('{"prompt": "a cat", "key": "cat"}\n')
    batch(rows, tmp_path)
    redo = batch(rows, tmp_path, "--redo", "cat")
    wrong = batch(rows, tmp_path, "--on-unknown", "resned")
    rows.write_text('{"prompt": "a dog", "key": "cat"}\n')
    held = batch(rows, tmp_path)
    changed = batch(rows, tmp_path, "--on-change", "regenerate")

    assert "of those to send: 1 anew, as was asked for or changed\n1 × google/nano-banana\n4 credits" in redo.err
    assert wrong.code == 2
    assert "Invalid value for '--on-unknown': 'resned' is none of hold, resend." in wrong.err
    assert (held.code, "1 has a key that was used for another request" in held.err) == (1, True)
    assert (changed.code, len(gateway.world.ledger.creates)) == (0, 3)


def test_a_dry_run_of_bad_lines_says_them(tmp_path: Path) -> None:
    """As the real one would."""
    source = tmp_path / "bad.jsonl"
    source.write_text(BAD)
    said = nanobanana("batch", source, "-o", tmp_path / "out", "--dry-run")

    assert (said.code, "2 problems" in said.err) == (2, True)


def test_a_manifest_that_can_not_be_written_is_exit_code_3(gateway: EmulatorServer, tmp_path: Path) -> None:
    """The journal knows it all, and the next run writes it."""
    source, manifest = written(tmp_path, "a cat"), tmp_path / "out" / "manifest.jsonl"
    batch(source, tmp_path)
    manifest.unlink()
    manifest.mkdir()
    said = batch(source, tmp_path)
    manifest.rmdir()
    again = batch(source, tmp_path)

    assert (said.code, "manifest.jsonl" in said.err, "Traceback" in said.err) == (3, True, False)
    assert (again.code, states(tmp_path)) == (0, {"a cat": "succeeded"})
    assert len(gateway.world.ledger.creates) == 1


@pytest.mark.parametrize(
    ("text", "credits"), [("500", 500.0), ("2.50usd", 500.0), ("0", 0.0), (" 25 USD ", 5000.0), (12.5, 12.5)]
)
def test_a_budget_is_in_credits_or_dollars(text: str | float, credits: float) -> None:
    """One credit is half a cent."""
    assert parse_budget(text) == pytest.approx(credits)


@pytest.mark.parametrize("text", ["", "much", "-5", "inf", "nan", "5eur"])
def test_a_budget_that_is_none_is_named(text: str) -> None:
    """With the two ways to write one."""
    with pytest.raises(typer.BadParameter, match="500 for credits"):
        parse_budget(text)
