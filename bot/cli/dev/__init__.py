"""Development tools of `jhub-bot demo` and `jhub-bot try`: a sandbox, a chat, and faults to inject."""
