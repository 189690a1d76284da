# The process died on Friday before it rang; what it had issued left on Saturday, when the next one started.
prompt
publish shared
import R1 K1 10000 8
bell lose
until 2026-01-16T09:00
leap 1680
crash
until 2026-01-20T12:00
