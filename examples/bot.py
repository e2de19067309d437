"""A chat bot in miniature: messages come in while pictures are being made, and nobody waits for anybody else.

What matters here is the same in a bot for Discord, Telegram or Slack: one client for all, opened where the bot starts
(`setup_hook`, `post_init` …), a time limit for each answer, and words for the user that say nothing of the inside.
"""

import asyncio
import sys

from nanobanana_async import Client, NanoBananaError, StillRunningError


async def answer(client: Client, author: str, prompt: str) -> str:
    """What the bot says to `author`; never raises for a picture that can't be made."""
    try:
        result = await client.generate(prompt, model="nano-banana-2-lite", data={"author": author}, timeout=120)
    except StillRunningError as error:
        return f"@{author} this takes a while; ask me for {error.task_id} later"
    except NanoBananaError as error:
        return f"@{author} {error.public_message}"
    return f"@{author} {result.image}"


async def main(messages: list[str]) -> None:
    """Answer every message as soon as its picture is there."""
    async with Client() as client, asyncio.TaskGroup() as group:
        answers = [
            group.create_task(answer(client, *message.split(": ", maxsplit=1)))
            for message in messages
            if ": " in message
        ]
        for finished in asyncio.as_completed(answers):
            print(await finished)


if __name__ == "__main__":
    asyncio.run(
        main(sys.argv[1:] or ["ada: a banana on the moon", "bob: a banana [fail:policy]", "eve: a banana boat"])
    )
