# A proposal was released on a weekend and left on Tuesday without an answer; a person found it in the server's log, and
# the gap to the next was counted from the weekend.
prompt
loose
publish shared review
import R1 K1 5000 4
outside answer-lost
live 16998
leap 4320
attend
live 967
