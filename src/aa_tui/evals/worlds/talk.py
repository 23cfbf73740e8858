"""The conversation about an item with a world: calls are run, results come back, the user says what is scripted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from aa_tui.engine.calling import Call, Tool
from aa_tui.engine.chat import Message
from aa_tui.evals.calls.reading import read
from aa_tui.evals.conversation.turns import Reply, Said, spoken
from aa_tui.evals.items import Item, Pack, PackError
from aa_tui.evals.prompts import messages
from aa_tui.evals.worlds.setting import setting_of
from aa_tui.evals.worlds.world import Done, World


def talk(pack: Pack, item: Item, form: str) -> WorldTalk:
    """The conversation about an item, whose calls are written in `form`. Raises PackError where its world is broken."""
    return WorldTalk(pack, item, form)


class WorldTalk:
    """It ends with a turn without calls when the user has nothing more to say, with a call that cannot be read where
    there is no other, and after the item's most turns."""

    def __init__(self, pack: Pack, item: Item, form: str) -> None:
        self._setting = setting_of(item)
        self._world = self._setting.new_world()
        self._form = form
        self._n_turns = self._n_calls = 0
        self._to_say = list(self._setting.turns)
        asked = messages(pack, item)
        system = [Message("system", self._setting.system)] if self._setting.system else []
        self._messages = [*asked[:-1], *system, *self._past(item), asked[-1]]

    @property
    def tools(self) -> tuple[Tool, ...]:
        """The functions on offer; always the same."""
        return self._world.tools

    @property
    def messages(self) -> tuple[Message, ...]:
        """All that the model is to see now."""
        return tuple(self._messages)

    def hear(self, said: Said) -> Reply:
        """Read the turn's calls and run them."""
        calls, unread, text = self._read(said)
        self._n_turns += 1
        replies = [Message("assistant", text, calls=calls)]
        replies += results(calls, self._world.turn(calls))
        says_more = not calls and not unread and bool(self._to_say)
        is_capped = self._n_turns >= self._setting.most_turns and (bool(calls) or says_more)
        if says_more and not is_capped:
            replies.append(Message("user", self._to_say.pop(0)))
        self._messages += replies
        is_over = is_capped or not (calls or says_more)
        return Reply(calls, unread, tuple(replies), is_over=is_over, is_capped=is_capped)

    def _read(self, said: Said) -> tuple[tuple[Call, ...], tuple[str, ...], str]:
        """The calls of a turn, each with an id; what could not be read; the text beside them."""
        if said.calls is not None:
            return self._with_ids(said.calls), (), said.answer
        found = read(spoken(said), self._form, self.tools)
        text = said.answer if not found.calls and not found.unread else found.text
        return self._with_ids(found.calls), found.unread, text

    def _with_ids(self, calls: Sequence[Call]) -> tuple[Call, ...]:
        named = []
        for call in calls:
            self._n_calls += 1
            named.append(replace(call, id=call.id or f"call{self._n_calls:05d}"))
        return tuple(named)

    def _past(self, item: Item) -> list[Message]:
        """The exchanges before the question, their calls run in a world of their own: they change nothing."""
        world = World(self._setting.world, self._setting.tools)
        found: list[Message] = []
        for past in self._setting.history:
            calls = self._with_ids([one.call() for one in past.calls])
            done = world.turn(calls)
            if any(one.writes for one in done):
                raise PackError(f"Item {item.id}: its history has calls that change the world.")
            found += [Message("user", past.user), Message("assistant", "", calls=calls), *results(calls, done)]
            found.append(Message("assistant", past.said))
        return found


def results(calls: Sequence[Call], done: Sequence[Done]) -> list[Message]:
    """What calls brought, as the model is told it: a message each, in their order."""
    return [Message("tool", one.result, name=call.name, call_id=call.id) for call, one in zip(calls, done, strict=True)]
