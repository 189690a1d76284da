# A letter left late in its slot, and the next at the beginning of its own: closer than the throttle allows.
throttle 3600
prompt
loose
publish shared post
import R4 K1 5000 4
live 10080
strike 40 error-after
outside later
live 1080
