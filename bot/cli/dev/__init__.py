"""What `jhub-bot demo` and `jhub-bot try` need: a sandbox, a chat, and faults to inject."""
