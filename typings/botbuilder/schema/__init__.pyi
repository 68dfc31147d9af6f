# botbuilder-schema 4.17.1, as far as bot.teams and its tests use it; `make lint` holds it against the package.
from typing import Any

from msrest.serialization import Model

class ChannelAccount(Model):
    id: str | None
    name: str | None
    def __init__(
        self,
        *,
        id: str | None = None,
        name: str | None = None,
        aad_object_id: Any = None,
        role: Any = None,
        properties: Any = None,
        **kwargs: Any,
    ) -> None: ...

class ConversationAccount(Model):
    id: str | None
    tenant_id: str | None
    def __init__(
        self,
        *,
        is_group: Any = None,
        conversation_type: Any = None,
        id: str | None = None,
        name: Any = None,
        aad_object_id: Any = None,
        role: Any = None,
        tenant_id: str | None = None,
        properties: Any = None,
        **kwargs: Any,
    ) -> None: ...

class ResourceResponse(Model):
    id: str | None
    def __init__(self, *, id: str | None = None, **kwargs: Any) -> None: ...

class InvokeResponse(Model):
    status: int
    body: Any
    def __init__(self, *, status: int | None = None, body: Any = None, **kwargs: Any) -> None: ...

class ConversationReference(Model):
    activity_id: str
    user: ChannelAccount | None
    bot: ChannelAccount | None
    conversation: ConversationAccount | None
    service_url: str | None
    def __init__(
        self,
        *,
        activity_id: str | None = None,
        user: ChannelAccount | None = None,
        bot: ChannelAccount | None = None,
        conversation: ConversationAccount | None = None,
        channel_id: Any = None,
        locale: Any = None,
        service_url: str | None = None,
        **kwargs: Any,
    ) -> None: ...

class Activity(Model):
    type: str
    id: str
    text: str | None
    name: str | None
    value: Any
    channel_id: str | None
    delivery_mode: str | None
    def __init__(
        self,
        *,
        type: str | None = None,
        id: str | None = None,
        timestamp: Any = None,
        local_timestamp: Any = None,
        local_timezone: Any = None,
        service_url: Any = None,
        channel_id: str | None = None,
        from_property: Any = None,
        conversation: Any = None,
        recipient: Any = None,
        text_format: Any = None,
        attachment_layout: Any = None,
        members_added: Any = None,
        members_removed: Any = None,
        reactions_added: Any = None,
        reactions_removed: Any = None,
        topic_name: Any = None,
        history_disclosed: Any = None,
        locale: Any = None,
        text: str | None = None,
        speak: Any = None,
        input_hint: Any = None,
        summary: Any = None,
        suggested_actions: Any = None,
        attachments: Any = None,
        entities: Any = None,
        channel_data: Any = None,
        action: Any = None,
        reply_to_id: Any = None,
        label: Any = None,
        value_type: Any = None,
        value: Any = None,
        name: str | None = None,
        relates_to: Any = None,
        code: Any = None,
        expiration: Any = None,
        importance: Any = None,
        delivery_mode: str | None = None,
        listen_for: Any = None,
        text_highlights: Any = None,
        semantic_action: Any = None,
        caller_id: Any = None,
        **kwargs: Any,
    ) -> None: ...
