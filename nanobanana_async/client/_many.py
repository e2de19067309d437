"""Many images: a batch of anything that can be iterated over, under the same limits as everything else."""

from __future__ import annotations

import logging
from functools import partial
from pathlib import Path

from nanobanana_async.client._asking import request_of
from nanobanana_async.client._lifetime import ClientLifetime
from nanobanana_async.outcomes import Outcome
from nanobanana_async.tasks import AHEAD, Batch, Namer, Saver, Source, names_in

logger = logging.getLogger("nanobanana_async")


class ManyImages(ClientLifetime):
    """`batch` and `generate_all`."""

    def batch(
        self,
        items: Source,
        *,
        model: str | None = None,
        save_to: str | Path | Namer | None = None,
        ordered: bool = False,
        aspect_ratio: str | None = None,
        resolution: str | None = None,
        output_format: str | None = None,
    ) -> Batch:
        """A batch of any iterable or async iterable of prompts, requests or Items; use it with ``async with``.

        Outcomes come as they finish, or in input order with `ordered`. `save_to` is a folder, or a function from
        (item, place in the input) to the path of its picture without extension. `model` and the fields hold for
        plain prompts. Memory holds what is in flight, whatever the number of items.
        """
        running = self._open()
        fields = {"aspect_ratio": aspect_ratio, "resolution": resolution, "output_format": output_format}
        namer = names_in(Path(save_to)) if isinstance(save_to, str | Path) else save_to
        return Batch(
            items,
            running.manager,
            partial(request_of, fields={"model": model, **fields}, gateway=running.gateway, model=self._model),
            Saver(running.manager.desk, running.fetcher, namer) if namer is not None else None,
            ordered,
            self._policies.in_flight + AHEAD,
        )

    async def generate_all(
        self,
        items: Source,
        *,
        model: str | None = None,
        save_to: str | Path | Namer | None = None,
        aspect_ratio: str | None = None,
        resolution: str | None = None,
        output_format: str | None = None,
    ) -> list[Outcome]:
        """The outcomes of all items, in input order. Never raises for an item."""
        batch = self.batch(
            items,
            model=model,
            save_to=save_to,
            ordered=True,
            aspect_ratio=aspect_ratio,
            resolution=resolution,
            output_format=output_format,
        )
        outcomes: list[Outcome] = []
        try:
            async with batch:
                async for outcome in batch:
                    outcomes.append(outcome)
        except BaseException:
            paid = [outcome.task_id for outcome in outcomes if outcome.charged == "yes" and outcome.task_id]
            if paid:
                logger.warning("generate_all was cut short; these tasks are paid for and done: %s", ", ".join(paid))
            raise
        return outcomes
