"""One image, and then three at once. Needs KIE_API_KEY; or, with no key, an emulator:

nanobanana emulator --port 8765 --speed 20 &
KIE_BASE_URL=http://127.0.0.1:8765 KIE_API_KEY=any python examples/quickstart.py
"""

import asyncio
from pathlib import Path

from nanobanana_async import Client, NanoBanana2Lite


async def main() -> None:
    """Make a banana, then one for each hour of the day that matters."""
    folder = Path("pictures")
    async with Client() as client:
        result = await client.generate(NanoBanana2Lite("a banana in orbit, studio light"))
        folder.mkdir(exist_ok=True)
        print(*await client.save(result, folder), f"for {result.credits} credits")

        hours = [NanoBanana2Lite(f"a banana at {hour}", aspect_ratio="16:9") for hour in ("dawn", "noon", "dusk")]
        async with client.batch(hours, save_to=folder) as batch:
            async for outcome in batch:
                print(outcome.state, *outcome.files)
            print(batch.report())


if __name__ == "__main__":
    asyncio.run(main())
