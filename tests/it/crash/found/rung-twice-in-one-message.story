# A retry was due when the process started: it was requeued and rung for twice in one message. A start that may be repeated
# by the same process let both tasks begin: the mail left twice.
prompt
loose
publish shared
import R1 K1 10000 4
outside later
until 2026-01-12T09:00
leap 5
crash
live 600
