"""Pictures from a reseller with OpenAI's images API: one, an edit of it, and a batch under a budget, each paid once.

Needs NANOBANANA_IMAGES_BASE_URL and NANOBANANA_IMAGES_API_KEY; or, with no key, an emulator:

nanobanana emulator --port 8765 --speed 20 &
NANOBANANA_IMAGES_BASE_URL=http://127.0.0.1:8765/v1 NANOBANANA_IMAGES_API_KEY=any python examples/reseller.py
"""

import asyncio
from pathlib import Path

from nanobanana_async import Client, Item, OpenAIGeneration, OpenAIImages

PRICE = 0.04
"""Dollars for an image: put in what your reseller takes. Without it no budget can be kept."""


async def main() -> None:
    """Make a plate and the same at dusk, then a banana for each of three hours; a second run pays for nothing."""
    folder = Path("pictures")
    folder.mkdir(exist_ok=True)
    async with Client(OpenAIImages(price=PRICE), journal=folder / "images.db") as client:
        result = await client.generate("a banana on a plate", aspect_ratio="16:9", key="plate")
        [plate] = await client.save(result, folder / "plate.png")
        at_dusk = await client.generate("the same at dusk", images=[plate], key="plate at dusk")  # an edit of that file
        print(plate, *await client.save(at_dusk, folder / "dusk.png"))

        hours = [Item(OpenAIGeneration(f"a banana at {hour}"), key=hour) for hour in ("dawn", "noon", "sunset")]
        print(client.plan(hours))
        async with client.batch(hours, save_to=folder, budget=100) as batch:  # credits of 0.005 USD, as everywhere
            async for outcome in batch:
                print(outcome.state, *outcome.files)
            print(batch.report())


if __name__ == "__main__":
    asyncio.run(main())
