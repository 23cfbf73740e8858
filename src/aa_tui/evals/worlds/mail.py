"""Contacts and mail."""

from __future__ import annotations

from typing import Any

from aa_tui.evals.worlds.function import Arguments, RefusedError, State, entry_of, folded, function, made_id, text


def find_contact(state: State, given: Arguments) -> Any:
    wanted = folded(given["name"])
    found = [{"name": name, **contact} for name, contact in state["contacts"].items() if wanted in folded(name)]
    return {"contacts": sorted(found, key=lambda contact: str(contact["name"]))}


def list_mails(state: State, given: Arguments) -> Any:
    wanted = folded(given.get("sender", ""))
    return {
        "mails": [
            {"mail_id": key, "from": mail["from"], "subject": mail["subject"], "date": mail["date"]}
            for key, mail in state["mails"].items()
            if wanted in folded(mail["from"])
        ]
    }


def read_mail(state: State, given: Arguments) -> Any:
    return {"mail_id": given["mail_id"], **entry_of(state, "mails", given["mail_id"], "mail")}


def send_mail(state: State, given: Arguments) -> Any:
    address = given["to"].strip().casefold()
    if "@" not in address or " " in address or "," in address:
        raise RefusedError(f"{given['to'][:60]!r} is not a mail address.")
    if not given["text"].strip():
        raise RefusedError("The mail has no text.")
    key = made_id(state, "s")
    state["sent"][key] = {"to": address, "subject": given["subject"], "text": given["text"]}
    return {"sent": key}


def delete_mail(state: State, given: Arguments) -> Any:
    entry_of(state, "mails", given["mail_id"], "mail")
    del state["mails"][given["mail_id"]]
    return {"deleted": given["mail_id"]}


_MAIL_ID = text("The mail's id, such as m12")

FUNCTIONS = (
    function(
        find_contact,
        "Look up people in the address book by a part of their name; gives mail address, phone and city.",
        name=text("A part of the name"),
    ),
    function(
        list_mails,
        "List the mails in the inbox with sender, subject and date.",
        optional=("sender",),
        sender=text("A part of the sender's name; leave it out for all"),
    ),
    function(read_mail, "Read one mail of the inbox.", mail_id=_MAIL_ID),
    function(
        send_mail,
        "Send a mail to one address.",
        writes=True,
        to=text("The mail address"),
        subject=text("The subject"),
        text=text("The text of the mail"),
    ),
    function(delete_mail, "Delete one mail of the inbox.", writes=True, mail_id=_MAIL_ID),
)
