"""What to tell whoever wrote a message that was refused: what happened, what was kept, and what to do next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from bandeja.channels.meta import faults
from bandeja.channels.meta.faults import Code
from bandeja.channels.sending import Fault

Sentences = Promise | str

BY_FAULT: Mapping[Fault, Sentences] = {
    Fault.TOKEN: _(
        "Meta no longer gives access to this account. The message is kept and goes out once an administrator "
        "connects the account again."
    ),
    Fault.WINDOW: _(
        "The time to answer freely is over, so the message was not sent. It stays here. Write again when the "
        "contact has written, or send a template where the channel has them."
    ),
    Fault.TAG: _(
        "Meta has not granted this app answers by people after 24 hours, so the message was not sent. It stays here. "
        "Wait until the contact writes, or ask an administrator to request the Human Agent feature."
    ),
    Fault.THROTTLED: _(
        "Meta asks us to send more slowly. The message is kept; if it has not gone out in a few minutes, send it "
        "again."
    ),
    Fault.TRANSIENT: _(
        "Meta has a problem of its own at the moment. The message is kept; if it has not gone out in a few minutes, "
        "send it again."
    ),
    Fault.RECIPIENT: _(
        "This contact cannot be reached on this channel, so the message was not delivered. It stays here. Try to "
        "reach them another way."
    ),
    Fault.CONTENT: _("The channel does not take this content. The message stays here; change it and send it again."),
    Fault.ACCOUNT: _(
        "Meta does not let this account send. The message stays here. An administrator must look at the account in "
        "Meta's business settings; then send it again."
    ),
}

BY_CODE: Mapping[Code, Sentences] = {
    (131047, None): _(
        "More than 24 hours have passed since the contact last wrote, so WhatsApp did not deliver the message. It "
        "stays here. Send a template; once the contact answers you can write freely."
    ),
    (10, 2018278): _(
        "More than 24 hours have passed since the contact last wrote, so Messenger did not take the message. It "
        "stays here. Write again once the contact has written."
    ),
    (10, 2534022): _(
        "More than 24 hours have passed since the contact last wrote, so Instagram did not take the message. It "
        "stays here. Write again once the contact has written."
    ),
    (131056, None): _(
        "Too many messages went to this contact in a short time. The message is kept; if it has not gone out in a "
        "few minutes, send it again."
    ),
    (131048, None): _(
        "WhatsApp limits this number because people blocked or reported it. The message is kept; send it again "
        "later, and write only to people who expect it."
    ),
    (131026, None): _(
        "WhatsApp could not deliver the message: the number may not be on WhatsApp, or its app is too old. The "
        "message stays here. Check the number or reach the contact another way."
    ),
    (131030, None): _(
        "This number is a test number, and the contact is not on its list of recipients. The message stays here. An "
        "administrator can add the contact to the list at Meta."
    ),
    (131049, None): _(
        "WhatsApp held the message back because this contact gets many marketing messages. It stays here. Do not "
        "repeat it today; wait until the contact writes."
    ),
    (130472, None): _(
        "WhatsApp held the message back because this contact is part of an experiment of Meta's with marketing "
        "messages. It stays here. Wait until the contact writes."
    ),
    (131050, None): _(
        "The contact asked WhatsApp for no marketing messages from you, so it was not delivered. It stays here. "
        "Write to them only when they write."
    ),
    (551, None): _(
        "This person is not available on Messenger: they may have blocked the page or left. The message stays here. "
        "Try to reach them another way."
    ),
    (131042, None): _(
        "WhatsApp did not send the message because of the account's payment method. It stays here. An administrator "
        "must set it right in Meta's billing settings; then send it again."
    ),
    (133010, None): _(
        "This number is not registered with the WhatsApp Cloud API. The message stays here. An administrator must "
        "register the number at Meta; then send it again."
    ),
    (368, None): _(
        "Meta has blocked this account for a while because of its policies. The message stays here. An administrator "
        "can see why in Meta's business settings."
    ),
    (131031, None): _(
        "Meta has locked this account because of its policies. The message stays here. An administrator can see why "
        "in Meta's business settings."
    ),
    (132000, None): _(
        "The template has other variables than those that were filled in. The message stays here. Choose the "
        "template again and fill in all of them."
    ),
    (132001, None): _(
        "The template does not exist in this language, or is not approved. The message stays here. Synchronise the "
        "templates and choose another."
    ),
    (132015, None): _(
        "WhatsApp has paused this template because of its low quality. The message stays here. Choose "
        "another template."
    ),
    (132016, None): _(
        "WhatsApp has disabled this template for good because of its low quality. The message stays here. Choose "
        "another template."
    ),
    (131053, None): _(
        "WhatsApp could not use the file. The message stays here. Save it in another format, such as JPEG, MP4 or "
        "PDF, and send it again."
    ),
    (131062, None): _(
        "This kind of message needs the contact's phone number, and WhatsApp does not show it. The message stays "
        "here. Send another kind of message, or ask the contact for the number."
    ),
}

BY_WORD: Mapping[str, Sentences] = {
    faults.WINDOW_CLOSED: BY_FAULT[Fault.WINDOW],
    faults.FILE_TOO_LARGE: _(
        "The file is too large: this channel takes at most %(details)s of its kind. Nothing was sent; the message "
        "stays here. Send a smaller file."
    ),
    faults.FILE_TYPE: _(
        "This channel does not take files of this type; it takes %(details)s. Nothing was sent; the message stays "
        "here. Save the file in another format and send it again."
    ),
    faults.KIND: _("This channel cannot send this kind of message. Nothing was sent; write it in another way."),
    faults.TEXT_TOO_LONG: _(
        "The text is too long: this channel takes at most %(details)s characters here. Nothing was sent; shorten it "
        "and send it again."
    ),
    faults.BUTTONS: _(
        "This channel takes at most %(details)s buttons. Nothing was sent; the message stays here. Take some "
        "away and send it again."
    ),
    faults.NO_ADDRESS: _(
        "The channel fetches files by a public address, and this installation has none for them. Nothing was sent. "
        "Ask an administrator to set the address people open."
    ),
    faults.VALUES_MISSING: _("The template lacks values for %(details)s. Nothing was sent; fill them in."),
    faults.TOKEN_ENDS: _(
        "Access to this account ends on %(details)s and could not be renewed. An administrator should connect it "
        "again before then."
    ),
    faults.NOT_AN_ID: _("That is not an id of Meta's: its ids are digits only."),
    faults.OTHER_WABA: _(
        "That number is not one of this WhatsApp business account. Check both ids in Meta's settings."
    ),
    faults.OTHER_APP: _(
        "This token was made for another app than the one chosen, so its deliveries would not come here. Choose that "
        "app, or make a token for this one."
    ),
    faults.NOT_LINKED: _(
        "No Instagram professional account is linked to this page. Link it in the page's settings at Meta, or "
        "connect it with Instagram's own login."
    ),
    faults.NOT_SUBSCRIBED: _(
        "Meta does not deliver this account's messages to us. We ask again every hour; if it lasts, an administrator "
        "should connect the account again with all permissions."
    ),
    faults.BLOCKED: _(
        "Meta has blocked this account from sending (%(details)s). Messages stay here. An administrator can see why "
        "in Meta's business settings."
    ),
    faults.NOT_REACHED: _("Meta could not be reached. We keep trying; nothing is lost."),
    faults.DISCONNECTED: _(
        "The account was disconnected before this message could leave, so it was not sent. It stays here. If it is "
        "still worth saying, send it again."
    ),
    faults.LATE: _("It waited until what it says was no longer so, and was not sent. It stays here."),
    faults.UNREADABLE: _(
        "This message could not be put into the channel's terms, so nothing was sent. It stays here. Write it again; "
        "if that fails too, tell whoever runs this installation."
    ),
    faults.UNREACHABLE: _(
        "We do not know where this contact can be reached on this channel, so nothing was sent. The message stays "
        "here. Send it again once the contact has written."
    ),
    faults.FILE_MISSING: _(
        "The file of this message (%(details)s) is not in our storage any more, so nothing was sent. The message "
        "stays here. Attach the file again."
    ),
    faults.UPLOAD_FAILED: _(
        "The file could not be handed over to the channel, though we tried several times. Nothing was sent; the "
        "message stays here. Send it again later, or attach the file anew."
    ),
}


def advice(error: Mapping[str, Any]) -> str:
    """Sentences for the agent, in the language in force.

    `error` is what is kept beside a message or an account: `Refused.told()`, or a webhook's `{"code", "text",
    "details"}`. What Meta said itself follows where our sentence is a general one about what was written.
    """
    word, details = str(error.get("text") or ""), str(error.get("details") or "")
    if word in BY_WORD:
        return str(BY_WORD[word]) % {"details": details}
    code, subcode = faults.whole(error.get("code")), faults.whole(error.get("subcode"))
    known = BY_CODE.get((code, subcode)) or BY_CODE.get((code, None))
    if known:
        return str(known)
    fault = faults.fault_of(error)
    said = details or word
    return f"{BY_FAULT[fault]} (Meta: {said})" if said and fault is Fault.CONTENT else str(BY_FAULT[fault])
