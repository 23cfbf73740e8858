"""The calendar: events and reminders."""

from __future__ import annotations

from typing import Any

from aa_tui.evals.worlds.function import (
    Arguments,
    RefusedError,
    State,
    clock,
    day,
    entry_of,
    folded,
    function,
    made_id,
    text,
    whole,
)

_DATE = "Date, YYYY-MM-DD"
_START = "Time of day, HH:MM (24 hours)"


def list_events(state: State, given: Arguments) -> Any:
    wanted = day(given["date"])
    found = [{"id": key, **event} for key, event in state["events"].items() if event["date"] == wanted]
    return {"events": sorted(found, key=lambda event: (event["start"], event["id"]))}


def find_events(state: State, given: Arguments) -> Any:
    wanted = folded(given["text"])
    found = [{"id": key, **event} for key, event in state["events"].items() if wanted in folded(event["title"])]
    return {"events": sorted(found, key=lambda event: (event["date"], event["start"], event["id"]))}


def create_event(state: State, given: Arguments) -> Any:
    event = {
        "title": given["title"],
        "date": day(given["date"]),
        "start": clock(given["start"]),
        "minutes": given["minutes"],
        "place": given.get("place", ""),
        "guests": [],
    }
    if not folded(given["title"]):
        raise RefusedError("The title is empty.")
    key = made_id(state, "e")
    state["events"][key] = event
    return {"created": key}


def move_event(state: State, given: Arguments) -> Any:
    event = entry_of(state, "events", given["event_id"], "event")
    event |= {"date": day(given["date"]), "start": clock(given["start"])}
    return {"moved": given["event_id"], "date": event["date"], "start": event["start"]}


def cancel_event(state: State, given: Arguments) -> Any:
    entry_of(state, "events", given["event_id"], "event")
    del state["events"][given["event_id"]]
    return {"cancelled": given["event_id"]}


def add_guest(state: State, given: Arguments) -> Any:
    event = entry_of(state, "events", given["event_id"], "event")
    address = given["email"].strip().casefold()
    if "@" not in address:
        raise RefusedError(f"{given['email'][:60]!r} is not a mail address.")
    if address in event["guests"]:
        raise RefusedError("This guest is on the list already.")
    event["guests"] = sorted([*event["guests"], address])
    return {"guests": event["guests"]}


def set_reminder(state: State, given: Arguments) -> Any:
    if not given["text"].strip():
        raise RefusedError("The reminder has no text.")
    reminder = {"text": given["text"], "date": day(given["date"]), "time": clock(given["time"])}
    key = made_id(state, "r")
    state["reminders"][key] = reminder
    return {"created": key}


_EVENT_ID = text("The event's id, such as e12")

FUNCTIONS = (
    function(list_events, "List the events in the calendar on one day.", date=text(_DATE)),
    function(find_events, "Find events in the calendar by a part of their title.", text=text("A part of the title")),
    function(
        create_event,
        "Put a new event into the calendar.",
        writes=True,
        optional=("place",),
        title=text("Title of the event"),
        date=text(_DATE),
        start=text(_START),
        minutes=whole("How long it lasts, in minutes"),
        place=text("Where it is"),
    ),
    function(
        move_event,
        "Move an event to another day or time.",
        writes=True,
        event_id=_EVENT_ID,
        date=text("The new date, YYYY-MM-DD"),
        start=text("The new time of day, HH:MM (24 hours)"),
    ),
    function(cancel_event, "Remove an event from the calendar.", writes=True, event_id=_EVENT_ID),
    function(
        add_guest,
        "Add a guest to an event.",
        writes=True,
        event_id=_EVENT_ID,
        email=text("The guest's mail address"),
    ),
    function(
        set_reminder,
        "Set a reminder for one time.",
        writes=True,
        text=text("What to be reminded of"),
        date=text(_DATE),
        time=text(_START),
    ),
)
