# The server says later, twice, and later never; a person sends it again.
prompt
loose
publish shared
import R1 K1 10000 4
import R2 K2 6000 4
outside later
outside fine
outside later
outside refused
until 2026-01-13T12:00
attend
until 2026-01-14T12:00
