"""Addresses of the inbox: nouns; the method is the verb."""

from django.urls import path

from bandeja.inbox.views import bulk, extras, owner, pages, palette, presence, sending, suggestions, verbs

app_name = "inbox"
urlpatterns = [
    path("inbox", pages.inbox, name="inbox"),
    path("inbox/list", pages.rows, name="list"),
    path("inbox/palette", palette.palette, name="palette"),
    path("inbox/closures", bulk.closures, name="closures"),
    path("inbox/owner", bulk.owner, name="bulk_owner"),
    path("inbox/unread", bulk.unread, name="bulk_unread"),
    path("inbox/<int:conversation_id>", pages.thread, name="thread"),
    path("inbox/<int:conversation_id>/earlier", pages.earlier, name="earlier"),
    path("inbox/<int:conversation_id>/messages", sending.messages, name="messages"),
    path("inbox/<int:conversation_id>/messages/<int:message_id>/again", sending.again, name="again"),
    path("inbox/<int:conversation_id>/files", pages.files, name="files"),
    path("inbox/<int:conversation_id>/files/<int:attachment_id>", verbs.file, name="file"),
    path("inbox/<int:conversation_id>/replies", suggestions.replies, name="replies"),
    path("inbox/<int:conversation_id>/people", suggestions.people, name="people"),
    path("inbox/<int:conversation_id>/buttons", extras.buttons, name="buttons"),
    path("inbox/<int:conversation_id>/place", extras.place, name="place"),
    path("inbox/<int:conversation_id>/templates", sending.templates, name="templates"),
    path("inbox/<int:conversation_id>/templates/<int:template_id>", sending.template, name="template"),
    path("inbox/<int:conversation_id>/templates/<int:template_id>/preview", sending.preview, name="preview"),
    path("inbox/<int:conversation_id>/closure", verbs.closure, name="closure"),
    path("inbox/<int:conversation_id>/owner", owner.owner, name="owner"),
    path("inbox/<int:conversation_id>/presence", presence.presence, name="presence"),
    path("inbox/<int:conversation_id>/doubles/<int:suggestion_id>", verbs.double, name="double"),
    path("inbox/<int:conversation_id>/unread", verbs.unread, name="unread"),
]
