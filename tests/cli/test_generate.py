"""`generate` and `edit`: one picture."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from nanobanana_async import ConfigurationError
from nanobanana_async.cli._generate import pictures_and_prompt
from nanobanana_async.emulator import EmulatorOptions, EmulatorServer
from tests.cli.shell import nanobanana

BANANA = Path(__file__).parents[2] / "examples" / "banana.png"
FAST = ("--speed", 1000)
PNG, JPEG = b"\x89PNG", b"\xff\xd8\xff"


def test_the_path_goes_to_stdout_and_the_rest_to_stderr(gateway: EmulatorServer, tmp_path: Path) -> None:
    """The model and its price are said before anything is sent."""
    target = tmp_path / "banana.png"
    said = nanobanana("generate", "a banana in orbit", "-o", target, *FAST)

    assert (said.code, said.out) == (0, f"{target}\n")
    assert said.err.startswith("google/nano-banana: 4 credits (0.02 USD)\naccepted as task ")
    assert target.read_bytes().startswith(PNG)


def test_an_existing_file_is_replaced(gateway: EmulatorServer, tmp_path: Path) -> None:
    """The path that the user named is obeyed to the letter."""
    target = tmp_path / "banana.png"
    target.write_text("old")
    nanobanana("generate", "a banana", "-o", target, *FAST)

    assert target.read_bytes().startswith(PNG)
    assert [path.name for path in tmp_path.iterdir()] == ["banana.png"]


def test_the_name_of_the_file_sets_its_format(gateway: EmulatorServer, tmp_path: Path) -> None:
    """Where none was asked for and the model has it."""
    nanobanana("generate", "a banana", "-o", tmp_path / "banana.jpg", *FAST)

    assert (tmp_path / "banana.jpg").read_bytes().startswith(JPEG)


def test_a_format_that_was_asked_for_holds(gateway: EmulatorServer, tmp_path: Path) -> None:
    """Even under another name; that is said."""
    said = nanobanana("generate", "a banana", "-o", tmp_path / "banana.jpg", "--format", "png", *FAST)

    assert (tmp_path / "banana.jpg").read_bytes().startswith(PNG)
    assert f"warning: {tmp_path}/banana.jpg holds a png, in spite of its name" in said.err


def test_in_a_folder_the_task_names_the_file(
    gateway: EmulatorServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The current folder is the default; a folder that is missing is made."""
    monkeypatch.chdir(tmp_path)
    here = nanobanana("generate", "a banana", *FAST)
    there = nanobanana("generate", "a banana", "-o", "new/", *FAST)

    assert len(list(tmp_path.glob("*.png"))) == 1
    assert here.out.removesuffix(".png\n") in here.err
    assert Path(there.out.strip()).parent == Path("new")


def test_json_is_a_row_of_the_manifest(gateway: EmulatorServer, tmp_path: Path) -> None:
    """One object on stdout, and nothing else."""
    said = nanobanana(
        "generate", "a banana", "-o", tmp_path / "b.png", "--json", "-m", "nano-banana-2", "--resolution", "4K", *FAST
    )

    (row,) = said.rows
    assert row["state"] == "succeeded"
    assert row["credits"] == 18
    assert row["task_id"] in said.err


def test_an_edit_uploads_its_picture(gateway: EmulatorServer, tmp_path: Path) -> None:
    """`nanobanana edit photo.png "make it night" -o out.png`, with the model that edits."""
    said = nanobanana("edit", BANANA, "make it night", "-o", tmp_path / "night.png", *FAST)

    assert said.code == 0
    assert said.err.startswith("google/nano-banana-edit: ")
    assert gateway.world.ledger.uploads == 1


def test_generate_takes_pictures_too(gateway: EmulatorServer, tmp_path: Path) -> None:
    """`--image`, as often as there are pictures, and a model that takes them."""
    said = nanobanana(
        "generate", "both", "--image", BANANA, "--image", "https://example.com/b.png", "-o", tmp_path / "b.png", *FAST
    )

    assert said.code == 0
    assert said.err.startswith("google/nano-banana-edit: ")


def test_what_an_edit_is_told_comes_last_or_by_option() -> None:
    """All arguments are pictures where `--prompt` is given."""
    assert pictures_and_prompt(["a.png", "b.png", "make it night"], None) == (["a.png", "b.png"], "make it night")
    assert pictures_and_prompt(["a.png", "b.png"], "make it night") == (["a.png", "b.png"], "make it night")


@pytest.mark.parametrize("arguments", [["a.png", str(BANANA)], ["https://example.com/b.png"], ["make it night"]])
def test_an_edit_without_a_prompt_or_a_picture_is_refused(arguments: list[str]) -> None:
    """A picture is never taken for a prompt, and paid for."""
    with pytest.raises(ConfigurationError):
        pictures_and_prompt(arguments, None)


@pytest.mark.parametrize(
    "arguments",
    [
        ["generate", "a cat", "--model", "nano-bananna-2"],
        ["generate", "a cat", "--aspect-ratio", "16x9"],
        ["generate", "a cat", "--image", "missing.png"],
        ["edit", "missing.png", "make it night"],
        ["generate", "a cat", "--output", f"{BANANA}/cat.png"],
        ["generate", "a cat", "--output", "n" * 300],
    ],
)
def test_bad_input_is_exit_code_2_and_nothing_is_sent(
    gateway: EmulatorServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    """A wrong field, a missing picture, a place that can't be written to."""
    monkeypatch.chdir(tmp_path)
    said = nanobanana(*arguments)

    assert said.code == 2
    assert "error: " in said.err
    assert not gateway.world.ledger.creates


@pytest.mark.parametrize(
    ("options", "words"),
    [(EmulatorOptions(keys=["other"]), "access permissions"), (EmulatorOptions(credits=0), "Credits insufficient")],
)
def test_a_refused_account_is_exit_code_3(gateway: EmulatorServer, tmp_path: Path, words: str) -> None:
    """A key that is not let in, or an account without credits."""
    said = nanobanana("generate", "a cat", "-o", tmp_path / "cat.png", "--json", *FAST)

    assert said.code == 3
    assert words in said.err
    assert said.rows[0]["state"] == "failed"
    assert said.rows[0]["charged"] == "no"


@pytest.mark.parametrize("options", [EmulatorOptions(speed=0.1)])
def test_a_task_that_takes_too_long_is_left_with_its_id(gateway: EmulatorServer, tmp_path: Path) -> None:
    """It is paid for: what to type to have it later is said."""
    said = nanobanana("generate", "a cat", "-o", tmp_path / "cat.png", "--timeout", "0.5", "--json", *FAST)

    (row,) = said.rows
    assert said.code == 1
    assert row["state"] == "pending"
    assert f"nanobanana download {row['task_id']}" in said.err


def test_a_gateway_that_is_not_there_is_one_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not a traceback; nothing was charged."""
    monkeypatch.setenv("KIE_API_KEY", "k")
    said = nanobanana(
        "generate", "a cat", "-o", tmp_path / "cat.png", "--base-url", "http://127.0.0.1:1", "--json", *FAST
    )

    assert said.code == 1
    assert said.err.count("error (network): ") == 1
    assert said.rows[0]["charged"] == "no"


@pytest.mark.parametrize("options", [EmulatorOptions(speed=1000, result_days=0)])
def test_a_picture_that_cannot_be_had_is_paid_for(gateway: EmulatorServer, tmp_path: Path) -> None:
    """The state is succeeded, the exit code 1."""
    said = nanobanana("generate", "a cat", "-o", tmp_path / "cat.png", "--json", *FAST)

    (row,) = said.rows
    assert said.code == 1
    assert (row["state"], row["charged"], row["files"]) == ("succeeded", "yes", [])
    assert "error (expired): " in said.err


def test_nothing_a_gateway_says_reaches_the_terminal_as_a_command(gateway: EmulatorServer, tmp_path: Path) -> None:
    """Escape characters are shown, not obeyed."""
    said = nanobanana("download", "\x1b[2Jid", "-o", tmp_path)

    assert "\x1b" not in said.err


def test_a_device_is_refused_before_anything_is_paid(gateway: EmulatorServer, tmp_path: Path) -> None:
    """A rename would put a file in its place."""
    os.mkfifo(tmp_path / "pipe")

    said = nanobanana("generate", "a cat", "-o", tmp_path / "pipe", "--speed", 1000)

    assert said.code == 2
    assert "device or a pipe" in said.err
    assert not gateway.world.ledger.creates
