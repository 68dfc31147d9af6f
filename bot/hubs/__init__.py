"""Several hubs from one bot: choosing one in a conversation, routing to it, and labelling its cards."""
