"""Many images: a batch of anything that can be iterated over, under the same limits as everything else."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path

from nanobanana_async.client._asking import no_journal, request_of
from nanobanana_async.client._lifetime import ClientLifetime
from nanobanana_async.client._plan import BatchPlan, plan_of
from nanobanana_async.models import as_images
from nanobanana_async.outcomes import Outcome
from nanobanana_async.pricing import A_BUDGET, Budget
from nanobanana_async.settings import LISTENER, Kind
from nanobanana_async.tasks import (
    AHEAD,
    Batch,
    BatchBook,
    KeyRules,
    Namer,
    OnChange,
    Purse,
    RetryFailed,
    Saver,
    Source,
    names_in,
    refuse_no_source,
)
from nanobanana_async.values import JSON, ImageSource, Item, Request

logger = logging.getLogger("nanobanana_async")

PLACE = Kind(
    "a folder, or a function (not async) from (item, place in the input) to a path, or None",
    lambda value: value is None or isinstance(value, str | Path) or LISTENER.fits(value),
)
A_NAME = Kind(
    "a text that is not blank: the name of a batch", lambda value: isinstance(value, str) and value.strip() != ""
)

NO_RULES = KeyRules(retry_failed="transient")
"""What holds for a batch that is told nothing else."""

_ANY_PROMPT = "a banana"


class ManyImages(ClientLifetime):
    """`batch`, `generate_all` and `plan`."""

    def batch(
        self,
        items: Source,
        *,
        model: str | None = None,
        save_to: str | Path | Namer | None = None,
        ordered: bool = False,
        budget: float | None = None,
        name: str = "default",
        on_change: OnChange = "hold",
        retry_failed: RetryFailed = "transient",
        redo: Collection[str] = (),
        aspect_ratio: str | None = None,
        resolution: str | None = None,
        output_format: str | None = None,
        images: Sequence[ImageSource] | ImageSource = (),
        response_format: str | None = None,
        extra: Mapping[str, JSON] | None = None,
    ) -> Batch:
        """A batch of any iterable or async iterable of prompts, requests or Items; use it with ``async with``.

        Outcomes come as they finish, or in input order with `ordered`. `save_to` is a folder, or a function from
        (item, place in the input) to the path of its picture without extension. `model`, `images` and the fields hold
        for plain prompts, as in `generate`, and are checked here, once. Memory holds what is in flight, whatever the
        number of items.

        With `ordered`, an item that takes long holds back all that come after it: they are made and saved, and wait
        to be taken; once as many wait as may be out at once, nothing more is sent until it is done.

        Two items of one key are two pictures, both paid for: ``x.jpg`` and ``x~2.jpg``.

        With a journal nothing is paid for twice, however often it is run, or killed: `name` is what the batch is called
        there, and each item has a key, its own or one that is made of its request. What is done is handed out again,
        what runs is followed, `retry_failed` says which failures are sent again, and `on_change` what becomes of a key
        that stood for another request: it is held (skipped, with reason ``"changed"``), made anew, or kept as it was.
        The keys in `redo` are made anew, and paid for anew, on purpose.
        `budget` is then that of the name, over all runs. Two items of one key are an error there.

        `budget` is the most that may be spent, in credits: reserved when an item is sent, settled by what its record
        says was consumed, given back where it fails. What doesn't fit is skipped, with reason ``"budget"``. A gateway
        that has a price for an image, and makes several where one was asked for, is paid for each: as much is reserved
        from then on, and only what was on its way by then may go over.

        A folder that takes no more pictures, because its disk is full, say, ends the sending: the rest is skipped, with
        reason ``"storage"``, and what is paid for is handed over all the same, with its `file_error`.

        Raises:
            ConfigurationError: the budget is none, or `save_to` is neither a path nor such a function.
            InvalidRequestError: no prompt can be asked for with this `model` and these fields.
            UsageError: `items` can't be iterated over, or are a mapping, of which only the keys would be sent.
        """
        running = self._open()
        A_BUDGET.check(budget=budget)
        PLACE.check(save_to=save_to)
        refuse_no_source(items)
        shape = {"aspect_ratio": aspect_ratio, "resolution": resolution, "output_format": output_format}
        handed = {"response_format": response_format, "extra": extra}
        build = self._builder({"model": model, **shape, **handed}, images)
        saver: Saver | None = None
        if isinstance(save_to, str | Path):
            saver = Saver(running.manager.desk, running.fetcher, names_in(Path(save_to)), Path(save_to))
        elif save_to is not None:
            saver = Saver(running.manager.desk, running.fetcher, save_to)
        return Batch(
            items,
            running.manager,
            build,
            saver,
            ordered,
            self._policies.in_flight + AHEAD,
            Purse(Budget(budget)) if budget is not None else None,
            self._book(name, KeyRules(on_change=on_change, retry_failed=retry_failed, redo=redo), save_to),
        )

    def _book(self, name: str, rules: KeyRules, save_to: object) -> BatchBook | None:
        A_NAME.check(name=name)
        desk = self._open().manager.desk
        if desk.keeper is None and (name != "default" or rules != NO_RULES):
            raise no_journal("name, on_change, retry_failed and redo are about a journal, and this client has none")
        folder = Path(save_to) if isinstance(save_to, str | Path) else None
        return BatchBook(desk, desk.keeper, name, rules, folder) if desk.keeper is not None else None

    def plan(
        self,
        items: Iterable[str | Request | Item],
        *,
        model: str | None = None,
        aspect_ratio: str | None = None,
        resolution: str | None = None,
        output_format: str | None = None,
        images: Sequence[ImageSource] | ImageSource = (),
        response_format: str | None = None,
        extra: Mapping[str, JSON] | None = None,
    ) -> BatchPlan:
        """What `batch` would do with `items`, offline: how many images, credits, dollars, and for how long.

        Needs no key and no start. Items that can't be sent are named in the plan. Raises as `batch` does.
        """
        policies = self._policies
        shape = {"aspect_ratio": aspect_ratio, "resolution": resolution, "output_format": output_format}
        handed = {"response_format": response_format, "extra": extra}
        build = self._builder({"model": model, **shape, **handed}, images)

        def read(asked: object) -> Request:
            if isinstance(asked, str):
                return build(asked)
            return request_of(asked, {}, gateway=policies.gateway, model=self._model)  # type: ignore[arg-type]  # it checks

        speed = policies.settings.polling.speed
        return plan_of(items, read, rate=policies.rate, in_flight=policies.in_flight, speed=speed)

    def _builder(
        self, fields: Mapping[str, JSON], images: Sequence[ImageSource] | ImageSource
    ) -> Callable[[str], Request]:
        """What makes a request of a prompt, with `fields` and `images` that all share: wrong once, they are wrong for
        each.
        """
        build = partial(request_of, gateway=self._policies.gateway, model=self._model)
        shared = {**fields, "images": as_images(images) or None}
        if any(value is not None for value in shared.values()):
            shared["images"] = build(_ANY_PROMPT, shared).images or None  # as the request keeps them: each is read once
        return partial(build, fields=shared)

    async def generate_all(
        self,
        items: Source,
        *,
        model: str | None = None,
        save_to: str | Path | Namer | None = None,
        budget: float | None = None,
        name: str = "default",
        on_change: OnChange = "hold",
        retry_failed: RetryFailed = "transient",
        redo: Collection[str] = (),
        aspect_ratio: str | None = None,
        resolution: str | None = None,
        output_format: str | None = None,
        images: Sequence[ImageSource] | ImageSource = (),
        response_format: str | None = None,
        extra: Mapping[str, JSON] | None = None,
    ) -> list[Outcome]:
        """The outcomes of all items, in input order. Never raises for an item."""
        batch = self.batch(
            items,
            model=model,
            save_to=save_to,
            ordered=True,
            budget=budget,
            name=name,
            on_change=on_change,
            retry_failed=retry_failed,
            redo=redo,
            aspect_ratio=aspect_ratio,
            resolution=resolution,
            output_format=output_format,
            images=images,
            response_format=response_format,
            extra=extra,
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
