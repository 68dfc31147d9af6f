"""The controllers' queue: keys to reconcile now, and later by the sandbox's clock. Nothing is polled."""

import heapq
from datetime import datetime, timedelta
from itertools import count
from typing import Protocol

from sandbox.clock import Clock


class Worker(Protocol):
    """A reconciler of single objects."""

    def reconcile(self, namespace: str, name: str) -> None:
        """Reconcile the object of that name, which may be gone."""


Task = tuple[Worker, str, str]


class Agenda:
    """A queue of tasks to do now, each once, in their order, and of tasks with a time of their own."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._now: dict[Task, None] = {}
        self._heap: list[tuple[datetime, int, Task]] = []
        self._appointed: dict[Task, datetime] = {}
        self._order = count()

    def add(self, task: Task) -> None:
        """Do it in the next round."""
        self._now[task] = None

    def add_later(self, task: Task, seconds: float) -> None:
        """Do it after so many of the sandbox's seconds. Of several appointments for a task the earliest stands."""
        due = self._clock.now() + timedelta(seconds=seconds)
        if task not in self._appointed or due < self._appointed[task]:
            self._appointed[task] = due
            heapq.heappush(self._heap, (due, next(self._order), task))

    def take(self) -> list[Task]:
        """Remove and return all tasks to do now."""
        now = self._clock.now()
        while self._heap and self._heap[0][0] <= now:
            self._now[self._pop()] = None
        tasks, self._now = list(self._now), {}
        return tasks

    @property
    def next_due(self) -> datetime | None:
        """When the next appointment is."""
        while self._heap and self._is_void(self._heap[0]):
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def _pop(self) -> Task:
        due, _, task = heapq.heappop(self._heap)
        if self._appointed.get(task) == due:
            del self._appointed[task]
        return task

    def _is_void(self, entry: tuple[datetime, int, Task]) -> bool:
        due, _, task = entry
        return self._appointed.get(task) != due
