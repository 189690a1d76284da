# Everything is held back while a step is in hand, the owner chooses, an address is entered; then it goes on.
prompt
loose
publish single
import R1 K1 10000 4
import R2 K2 5000 4
during prepare sending off
until 2026-01-12T12:00
address K1 dunning@k1.example
pay R2 5000
until 2026-01-14T12:00
choose
sending on
until 2026-01-16T12:00
