"""Weather, cities and distances, as the state's tables have them."""

from __future__ import annotations

from typing import Any

from aa_tui.evals.worlds.function import Arguments, RefusedError, State, day, folded, function, matching, text


def get_weather(state: State, given: Arguments) -> Any:
    city, table = matching(state, "weather", given["city"], "forecast for")
    date = day(given["date"])
    if date not in table:
        raise RefusedError(f"There is no forecast for {city} on {date}.")
    return {"city": city, "date": date, **table[date]}


def get_city(state: State, given: Arguments) -> Any:
    city, facts = matching(state, "cities", given["city"], "city")
    return {"city": city, **facts}


def get_distance(state: State, given: Arguments) -> Any:
    ends = {folded(given["from_city"]), folded(given["to_city"])}
    for road, length in state["roads"].items():
        if {folded(city) for city in road.split(" - ")} == ends:
            return {"distance_km": length}
    raise RefusedError("No road between these two cities is known.")


FUNCTIONS = (
    function(
        get_weather,
        "Get the weather forecast of a city for one day: temperatures in degrees Celsius, rain in mm, wind in km/h.",
        city=text("The city"),
        date=text("Date, YYYY-MM-DD"),
    ),
    function(
        get_city, "Get country, number of inhabitants and height above the sea (m) of a city.", city=text("The city")
    ),
    function(
        get_distance,
        "Get the distance by road between two cities, in km.",
        from_city=text("Where the way begins"),
        to_city=text("Where it ends"),
    ),
)
