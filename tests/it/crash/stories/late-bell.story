# The bell of a throttled mail comes with the next one's; a letter beside a mail waits for a slot of its own.
throttle 600
prompt
publish shared
import R1 K1 10000 4
import R2 K2 10000 4
publish shared both
import R3 K3 10000 4
bell late
until 2026-01-12T12:00
