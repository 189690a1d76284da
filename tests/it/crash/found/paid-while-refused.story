# A mail was refused for good, and its invoice part-paid before the letter that follows was printed: the new mail left in the
# slot in which the first had been tried.
throttle 3600
prompt
loose
publish single then
import R5 F1 10000 4
live 1024
live 1440
during act pay R5 5000
live 8640
