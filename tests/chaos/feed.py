"""Posts a plan into the topic of uplinks, minute by minute, ticks between, through any fault."""

import threading
import time
from uuid import UUID

from confluent_kafka import KafkaException, Producer

from streams import topics
from streams.errors import Retry
from streams.kafka import producer_options
from streams.settings import Settings
from streams.ticks import send_ticks
from streams.wire import Wire
from tests.chaos.plan import Plan, Post

SLOWER = 20.0


class Feed:
    """A thread that posts; nothing goes on before the broker acknowledged what came before.

    Beyond ``linger``, a progress, it goes on slowly: a fault has yet to strike there.
    """

    def __init__(self, settings: Settings, wire: Wire, plan: Plan, seconds: float) -> None:
        self._settings, self._wire, self._plan = settings, wire, plan
        self._pace = seconds / len(plan.minutes)
        self._producer = Producer(producer_options(settings))
        self._thread = threading.Thread(target=self._run, name="feed", daemon=True)
        self._stop = threading.Event()
        self.minutes = self._place = 0
        self.linger = 1.0
        self.repeated = 0
        self.error: BaseException | None = None

    def start(self) -> None:
        """Begin to post."""
        self._thread.start()

    @property
    def progress(self) -> float:
        """From 0 to 1, in messages: what a partition's offsets are measured by."""
        ticks = self._settings.partitions
        total = len(self._plan.posts) + ticks * len(self._plan.minutes)
        return (self._place + ticks * self.minutes) / total

    @property
    def done(self) -> bool:
        """All was posted, or nothing more will be; raises what stopped it."""
        if self.error:
            raise self.error
        return not self._thread.is_alive()

    def close(self) -> None:
        """Stop posting."""
        self._stop.set()
        self._thread.join(30)

    def _run(self) -> None:
        try:
            self._post_all()
        except BaseException as e:  # noqa: BLE001 - handed to the thread that asks
            self.error = e

    def _post_all(self) -> None:
        posts = list(self._plan.posts)
        due = time.monotonic()
        for end in self._plan.minutes:
            first = self._place
            while self._place < len(posts) and posts[self._place].arrival < end:
                self._place += 1
            self._post(posts[first : self._place], first)
            self._tick(end)
            self.minutes += 1
            due += self._pace * (SLOWER if self.progress >= self.linger else 1.0)
            if self._stop.wait(max(0.0, due - time.monotonic())):
                return

    def _post(self, posts: list[Post], first: int) -> None:
        """Until all are acknowledged; what is sent twice is a duplicate like any other."""
        left = dict(enumerate(posts, first))
        while left and not self._stop.is_set():
            for number, post in left.copy().items():
                self._produce(number, post, left)
            self._producer.flush(self._settings.produce_timeout + 2)
            self.repeated += len(left)

    def _produce(self, number: int, post: Post, left: dict[int, Post]) -> None:
        record = {
            "request_id": UUID(int=number).hex,
            "source": post.network,
            "network": post.network,
            "arrival": post.arrival,
            "headers": {"content-type": "application/json"},
            "query": {"event": "up"} if post.network == "chirpstack" else {},
            "body": post.body,
        }
        try:
            self._producer.produce(
                topics.UPLINKS.name(self._settings.topic_prefix),
                self._wire.encode("Uplink", record),
                post.key.encode(),
                timestamp=post.arrival // 1000,
                on_delivery=lambda error, _: None if error else left.pop(number, None),
            )
        except KafkaException:
            self._producer = Producer(producer_options(self._settings))

    def _tick(self, end: int) -> None:
        while not self._stop.is_set():
            try:
                send_ticks(self._producer, self._settings, self._wire, end)
            except (Retry, KafkaException):
                self._producer = Producer(producer_options(self._settings))
            else:
                return
