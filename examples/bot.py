"""A chat bot in miniature: messages come in while pictures are being made, and nobody waits for anybody else.

What matters here is the same in a bot for Discord, Telegram or Slack: one client for all, opened where the bot starts
(`setup_hook`, `post_init` …), a time limit for each answer, and words for the user that say nothing of the inside.
"""

import asyncio
import sys

from nanobanana_async import Client, ImageData, NanoBananaError, StillRunningError


async def answer(client: Client, author: str, prompt: str) -> tuple[str, list[ImageData]]:
    """What the bot says to `author`, and the files it attaches; never raises for a picture that can't be made.

    Not the picture's URL: that expires, or holds the whole picture.
    """
    try:
        result = await client.generate(prompt, model="nano-banana-2-lite", data={"author": author}, timeout=120)
        return f"@{author} {prompt}:", [await client.read(result)]
    except StillRunningError as error:
        if error.task_id is None:  # a gateway that answers at once has no ids: only a journal and a key would have it
            return f"@{author} this takes too long", []
        return f"@{author} this takes a while; ask me for {error.task_id} later", []
    except NanoBananaError as error:
        return f"@{author} {error.public_message}", []


async def main(messages: list[str]) -> None:
    """Answer every message as soon as its picture is there."""
    async with Client() as client, asyncio.TaskGroup() as group:
        answers = [
            group.create_task(answer(client, *message.split(": ", maxsplit=1)))
            for message in messages
            if ": " in message
        ]
        for finished in asyncio.as_completed(answers):
            text, files = await finished
            print(text, *files)


if __name__ == "__main__":
    asyncio.run(
        main(sys.argv[1:] or ["ada: a banana on the moon", "bob: a banana [fail:policy]", "eve: a banana boat"])
    )
